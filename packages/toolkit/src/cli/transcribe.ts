/** `deepspeech transcribe`. */

import { mkdirSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { extname, join, parse } from "node:path";
import { AUDIO_EXTENSIONS, SUPPORTED_FORMATS } from "@deepspeech-ts/recognizer/audio";
import { formatTranscript, type OutputFormat, outputFormats } from "@deepspeech-ts/speech";
import { type Command, Option } from "commander";
import { UserError } from "../errors.js";
import { runTranscription, type TranscriptionResult } from "../evaluation/run-transcription.js";
import { explainReadError, writeFileAtomicallySync } from "../files.js";
import { trainConfigSchema } from "../training/config.js";
import { addDecodingFlags, givenDecoding } from "./decoding-flags.js";
import { addFlags, givenSettings } from "./flags.js";
import { INTERRUPTED_EXIT_CODE, listenForInterrupt } from "./interrupt.js";
import { resolveConfig, withoutUndefined } from "./resolve-config.js";
import { trainSettings } from "./train-flags.js";
import { usageError } from "./usage-error.js";

const HELP = `
${SUPPORTED_FORMATS}, at any sample rate. Folders are searched for them.
The text of one file is printed alone; that of several as lines of path, tab and text. A file that cannot be read is
reported on stderr, the others go on, and the exit code is 1.

Examples:
  $ npx deepspeech transcribe runs/deepspeech/version_0 recording.wav
  $ npx deepspeech transcribe runs/deepspeech/version_0 interviews/ note.mp3 > transcripts.tsv
  $ npx deepspeech transcribe runs/deepspeech/version_0 interviews/ --json > transcripts.jsonl
  $ npx deepspeech transcribe runs/deepspeech/version_0 talk.mp3 --lm english.lm --format srt > talk.srt
  $ npx deepspeech transcribe runs/deepspeech/version_0 interviews/ --format vtt --output subtitles/`;

/** What transcription shares with training, by the same names and defaults. */
const schema = trainConfigSchema.pick({ device: true, threads: true, workers: true });
const settings = trainSettings.filter(({ key }) => Object.hasOwn(schema.shape, key));

export function configure(command: Command): void {
  command
    .argument("<checkpoint>", "a run's folder, or a .safetensors file")
    .argument("<audio...>", "recordings, or folders of them")
    .option("--json", "print a JSON object a line: file, text and durationSeconds, or file and error")
    .addOption(new Option("--format <name>", "what to write").choices(outputFormats).default("txt"))
    .option("--output <folder>", "write a file for each recording there, named after it, instead of printing");
  addFlags(command, settings, []);
  addDecodingFlags(command);
  command.addHelpText("after", HELP).action(async (checkpoint: string, paths: string[], flags: TranscribeFlags) => {
    const recognition = withoutUndefined(resolveConfig(schema, { flags: givenSettings(command, settings) }));
    const files = (await Promise.all(paths.map(findAudio))).flat();
    const write = chooseWriter(flags, files, files.length === 1 && files[0] === paths[0]);
    using interruption = listenForInterrupt(() => {});
    let numFailed = 0;
    const onResult = (result: TranscriptionResult) => {
      if ("error" in result) numFailed += 1;
      write(result);
    };
    const decoding = await givenDecoding(command);
    const wordTimes = flags.format !== "txt";
    const request = { checkpoint, files, ...recognition, decoding, wordTimes };
    await runTranscription({ ...request, onResult, signal: interruption.signal });
    if (numFailed > 0) process.exitCode = 1;
    if (interruption.signal.aborted) process.exitCode = INTERRUPTED_EXIT_CODE;
  });
}

interface TranscribeFlags {
  json?: true;
  format: OutputFormat;
  output?: string;
}

type Writer = (result: TranscriptionResult) => void;

/** @throws UserError (exit 2) for flags that do not go together */
function chooseWriter({ json, format, output }: TranscribeFlags, files: readonly string[], isOneFile: boolean): Writer {
  if (json && (format !== "txt" || output !== undefined))
    throw usageError("--json prints lines of its own; leave out --format and --output");
  if (output !== undefined) return folderWriter(output, format, files);
  if (json) return printJson;
  if (format === "txt") return isOneFile ? printText : printLine;
  if (!isOneFile && (format === "srt" || format === "vtt" || format === "json")) {
    throw usageError(`--format ${format} is one document a recording; give --output <folder> for several`);
  }
  return (result) => {
    if ("error" in result) printFailure(result.error);
    else process.stdout.write(formatted(result, format));
  };
}

function folderWriter(folder: string, format: OutputFormat, files: readonly string[]): Writer {
  const names = files.map((file) => parse(file).name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw usageError(`two recordings are called "${twice}", so their files in ${folder} would be one`);
  mkdirSync(folder, { recursive: true });
  return (result) => {
    if ("error" in result) return printFailure(result.error);
    const path = join(folder, `${parse(result.file).name}.${format}`);
    writeFileAtomicallySync(path, [new TextEncoder().encode(formatted(result, format))]);
    process.stdout.write(`${path}\n`);
  };
}

function formatted(result: Exclude<TranscriptionResult, { error: string }>, format: OutputFormat): string {
  const { file, text, durationSeconds, timedWords = [] } = result;
  const id = parse(file).name.replaceAll(/\s+/g, "_");
  return formatTranscript({ id, text, durationSeconds, timedWords }, format);
}

/** The audio files that an argument stands for: itself, or those below it in the order of their paths. */
async function findAudio(path: string): Promise<string[]> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  // A file that is missing is reported like any that cannot be read, when its turn comes.
  if (!isFolder) return [path];
  const names = await readdir(path, { recursive: true }).catch((error) =>
    Promise.reject(explainReadError(path, error)),
  );
  const files = names.filter((name) => AUDIO_EXTENSIONS.has(extname(name).toLowerCase())).sort();
  if (files.length > 0) return files.map((name) => join(path, name));
  throw new UserError(`${path}: no audio below this folder; expected ${SUPPORTED_FORMATS}`, { code: "bad-audio" });
}

function printText(result: TranscriptionResult): void {
  if ("error" in result) printFailure(result.error);
  else process.stdout.write(`${result.text}\n`);
}

function printLine(result: TranscriptionResult): void {
  if ("error" in result) printFailure(result.error);
  else process.stdout.write(`${result.file}\t${result.text}\n`);
}

function printJson(result: TranscriptionResult): void {
  if ("error" in result) printFailure(result.error);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** The engine's errors name their file. */
function printFailure(error: string): void {
  process.stderr.write(`deepspeech: ${error}\n`);
}
