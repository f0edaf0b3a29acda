/** `deepspeech data`: its commands, each in a file of its own. None of them needs libtorch. */
import type { Command } from "commander";
import { configure as configureCheck } from "./data-check.js";
import { configure as configureDownload } from "./data-download.js";
import { configure as configureImport } from "./data-import.js";
import { configure as configurePack } from "./data-pack.js";
import { configure as configureSplice } from "./data-splice.js";
import { configure as configureStats } from "./data-stats.js";

const HELP = `
Examples:
  $ npx deepspeech-ts data download librispeech --subset train-clean-5 dev-clean-2
  $ npx deepspeech-ts data import common-voice cv/en/train.tsv --to my/train.jsonl
  $ npx deepspeech-ts data check my/train.jsonl --held-out my/test.jsonl --fix my/clean.jsonl
  $ npx deepspeech-ts data stats data/LibriSpeech/dev-clean
  $ npx deepspeech-ts data pack data/LibriSpeech/train-clean-100 --to packed/train-clean-100
  $ npx deepspeech-ts data splice my/train.jsonl --to my/spliced

\`deepspeech data <command> --help\` shows a command's flags and examples.`;

export function configure(command: Command): void {
  configureDownload(command.command("download").description("download LibriSpeech or Mini LibriSpeech"));
  configureImport(command.command("import").description("write a manifest for a corpus in another format"));
  configureCheck(command.command("check").description("find data that would harm training, and leave it out"));
  configureStats(command.command("stats").description("show hours, speakers and lengths"));
  configurePack(command.command("pack").description("pack a corpus into a few large files, for fast reading"));
  configureSplice(command.command("splice").description("make new utterances of a corpus's words and voices"));
  command.addHelpText("after", HELP);
}
