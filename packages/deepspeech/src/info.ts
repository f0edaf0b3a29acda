/** `deepspeech info`. */
import { closeSync, openSync, readSync } from "node:fs";
import { UserError, whatItIs } from "@deepspeech-ts/recognizer/system";
import { isArpaName } from "@deepspeech-ts/toolkit/internal/language-model/build.js";
import { isLanguageModel } from "@deepspeech-ts/toolkit/internal/language-model/load.js";
import type { Command } from "commander";
import { bundleFacts } from "./info-bundle.js";
import { type Facts, factLines } from "./info-facts.js";
import { languageModelFacts } from "./info-language-model.js";

const HELP = `
For a run's folder, its best checkpoint is shown, or its last if none was evaluated yet. Checkpoints need libtorch; bundles
and language models do not. For corpora, see "deepspeech data stats".

Examples:
  $ npx deepspeech-ts info model.dsb
  $ npx deepspeech-ts info runs/deepspeech/version_0
  $ npx deepspeech-ts info words.lm --json`;

export function configure(command: Command): void {
  command
    .argument("<path>", "a bundle, a run's folder, a checkpoint or a language model")
    .option("--json", "print all that it says of itself as JSON")
    .addHelpText("after", HELP)
    .action(async (path: string, { json }: { json?: true }) => {
      const facts = await factsOf(path);
      process.stdout.write(json ? `${JSON.stringify(facts.json, null, 2)}\n` : factLines(facts));
    });
}

/** @throws UserError for what is none of these things, RecognizerError for a damaged bundle */
async function factsOf(path: string): Promise<Facts> {
  const kind = whatItIs(path);
  if (kind === "bundle") return bundleFacts(path);
  if (kind === "run") return (await import("./info-checkpoint.js")).runFacts(path);
  if (kind !== "file") throw refuse(path, REFUSALS[kind]);
  const start = firstBytes(path);
  if (isSafetensors(start)) return (await import("./info-checkpoint.js")).checkpointFacts(path);
  if (isArchive(start)) throw refuse(path, IS_ARCHIVE);
  // One that is named so is told what it lacks.
  if (isArpaName(path) || /\.lm$/i.test(path) || (await isLanguageModel(path))) return languageModelFacts(path);
  throw refuse(path, IS_UNKNOWN);
}

const KNOWN = "a bundle, a run's folder, a checkpoint or a language model";
const IS_UNKNOWN = `is not ${KNOWN}; "deepspeech data stats" describes lists of recordings`;
const IS_ARCHIVE = 'is an archive; if PyTorch wrote it, "deepspeech import" makes a checkpoint of it';
const REFUSALS = {
  recording: `is a recording; give ${KNOWN}`,
  folder: `is no run's folder; give ${KNOWN}`,
  pipe: "is no file, and is read in several places; give its path",
  missing: "no such file or folder; check the path",
};

function refuse(path: string, what: string): UserError {
  return new UserError(`${path}: ${what}.`, { code: what === REFUSALS.missing ? "file-not-found" : "bad-argument" });
}

function firstBytes(path: string): Uint8Array {
  const file = openSync(path, "r");
  try {
    const bytes = new Uint8Array(9);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

/** The length of a JSON header in eight bytes, then that header. */
function isSafetensors(start: Uint8Array): boolean {
  return start[8] === "{".charCodeAt(0) && start[7] === 0;
}

function isArchive(start: Uint8Array): boolean {
  return start[0] === "P".charCodeAt(0) && start[1] === "K".charCodeAt(0);
}
