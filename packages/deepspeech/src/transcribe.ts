/** `deepspeech transcribe`. */
import { SUPPORTED_FORMATS } from "@deepspeech-ts/recognizer/audio";
import {
  INTERRUPTED_EXIT_CODE,
  listenForInterrupt,
  missingArgumentHint,
  parseWhole,
  usageError,
} from "@deepspeech-ts/server/command-line";
import { outputFormats, withoutUndefined } from "@deepspeech-ts/speech";
import { trainConfigSchema } from "@deepspeech-ts/toolkit/internal/training/config.js";
import type { Command } from "commander";
import type { z } from "zod";
import { isBundleFile, type OpenBundle, openRecognizer } from "./bundle-recognizer.js";
import { addDecodingFlags, givenDecoding, givenDecodingAlone } from "./decoding-flags.js";
import { chooseModel, defaultModel } from "./default-model.js";
import { addFlags, givenSettings } from "./flags.js";
import { recordingsProgress } from "./recordings-progress.js";
import { resolveConfig } from "./resolve-config.js";
import { trainSettings } from "./train-flags.js";
import { bundleTranscriber, checkpointTranscriber, type Transcriber } from "./transcribe-back-ends.js";
import { findRecordings, nameOf, refuseTerminal, STANDARD_INPUT } from "./transcribe-inputs.js";
import { addOutputFlags, chooseWriter, type OutputFlags, settleOutput } from "./transcribe-outputs.js";
import { transcribeStream } from "./transcribe-stream.js";

const HELP = `
${SUPPORTED_FORMATS}, at any sample rate. Folders are searched for them.
The text of one file is printed by itself; of several, one line each: path, tab and text. A file that cannot be read does
not stop the others: it is reported on stderr at the end, and the exit code is 1.

A bundle needs no libtorch, takes recordings of any length, and decodes as it was exported to; flags go before that.
A checkpoint processes each recording in one piece, as evaluate does, without speech detection: in noise, music and silence
it may find words where a bundle finds none.

If the first argument is not a model, all are recordings, and the English model transcribes them
(@deepspeech-ts/model-english).

Examples:
  $ npx deepspeech-ts transcribe recording.wav
  $ npx deepspeech-ts transcribe model.dsb recording.wav
  $ npx deepspeech-ts transcribe interviews/ "calls/**/*.{mp3,m4a}" --jobs 8 > transcripts.tsv
  $ npx deepspeech-ts transcribe model.dsb interviews/ --format txt,srt,json --output transcripts/
  $ npx deepspeech-ts transcribe talk.mp3 --hot-words "ada lovelace" --format srt > talk.srt
  $ curl -s https://example.org/talk.mp3 | npx deepspeech-ts transcribe -
  $ ffmpeg -i talk.mkv -f s16le -ac 1 -ar 16000 - | npx deepspeech-ts transcribe - --stream
  $ npx deepspeech-ts transcribe runs/deepspeech/version_0 recording.wav --lm english.lm`;

const DEFAULT_JOBS = 4;
const LEAST_SAMPLE_RATE = 8000;

/** What transcription shares with training, by the same names and defaults. */
const schema = trainConfigSchema.pick({ device: true, threads: true });
const settings = trainSettings.filter(({ key }) => Object.hasOwn(schema.shape, key));

interface TranscribeFlags extends OutputFlags {
  jobs?: number;
  stream?: true;
  sampleRate?: number;
}

export function configure(command: Command): void {
  command
    .usage("[options] [model] <audio...>")
    .argument(
      "<audio...>",
      "recordings, folders of them, quoted patterns; - for standard input. The model may come before them: a bundle (.dsb, " +
        "see export), a run's folder or a .safetensors file (default: the English model)",
    );
  const jsonHelp = "file, text and durationSeconds, or file and error";
  addOutputFlags(command, { formats: outputFormats, standard: "txt", jsonHelp });
  command
    .option(
      "--jobs <n>",
      `recordings that a bundle processes at a time (default: ${DEFAULT_JOBS})`,
      parseWhole("--jobs", 1),
    )
    .option("--stream", "live: standard input is 16-bit samples of one channel, and text is printed as it is spoken")
    .option(
      "--sample-rate <n>",
      "samples a second of --stream (default: the model's)",
      parseWhole("--sample-rate", LEAST_SAMPLE_RATE),
    );
  addFlags(command, settings, []);
  addDecodingFlags(command, "by default greedy, or as the bundle has it");
  command.addHelpText("after", HELP).action(async (all: string[], given: TranscribeFlags) => {
    const flags = settleOutput(given, outputFormats);
    const config = resolveConfig(schema, { flags: givenSettings(command, settings) });
    const { model, words } = chooseModel(all, command);
    if (words.length === 0) throw usageError(`missing required argument 'audio'${missingArgumentHint(command)}`);
    const isBundle = model === undefined || isBundleFile(model);
    refuseFlagsOf(command, isBundle ? CHECKPOINT_FLAGS : BUNDLE_FLAGS);
    using interruption = listenForInterrupt(() => {});
    const call = { command, model, isBundle, words, flags, config, signal: interruption.signal };
    await (flags.stream ? runStream(call) : runRecordings(call));
    if (interruption.signal.aborted) process.exitCode = INTERRUPTED_EXIT_CODE;
  });
}

interface Call {
  command: Command;
  /** Undefined for the English model. */
  model: string | undefined;
  isBundle: boolean;
  words: readonly string[];
  flags: TranscribeFlags;
  config: z.output<typeof schema>;
  signal: AbortSignal;
}

const CHECKPOINT_FLAGS = { device: "--device needs a checkpoint; a bundle runs on the processor" };
const BUNDLE_FLAGS = {
  jobs: "--jobs needs a bundle; a checkpoint processes one recording at a time. `deepspeech export` makes a bundle",
  stream: "--stream needs a bundle; `deepspeech export` makes one of a checkpoint",
};

function refuseFlagsOf(command: Command, refused: Readonly<Record<string, string>>): void {
  for (const [name, message] of Object.entries(refused)) {
    if (command.getOptionValueSource(name) === "cli") throw usageError(message);
  }
}

async function runRecordings(call: Call): Promise<void> {
  const { words, flags, signal } = call;
  if (flags.sampleRate !== undefined) throw usageError("--sample-rate has no effect without --stream");
  const recordings = await findRecordings(words);
  const files = recordings.map(nameOf);
  const isAlone = files.length === 1 && (files[0] === words[0] || words[0] === STANDARD_INPUT);
  const write = chooseWriter(flags, { standard: "txt", files, isAlone });
  await using transcriber = await openTranscriber(call);
  const progress = recordingsProgress("transcribing", files.length, write);
  try {
    await transcriber.transcribe(recordings, { onResult: progress.take, onHeard: progress.hear, signal });
  } finally {
    if (progress.end()) process.exitCode = 1;
  }
}

async function openTranscriber({ command, model, isBundle, flags, config }: Call): Promise<Transcriber> {
  const wordTimes = flags.format?.some((format) => format !== "txt") ?? false;
  if (model !== undefined && !isBundle) {
    const decoding = await givenDecoding(command);
    return checkpointTranscriber({ checkpoint: model, ...withoutUndefined(config), decoding, wordTimes });
  }
  const { jobs = DEFAULT_JOBS } = flags;
  return bundleTranscriber(await openBundle({ command, model, config }), { wordTimes, jobs });
}

async function openBundle({ command, model, config }: Pick<Call, "command" | "model" | "config">): Promise<OpenBundle> {
  const given = await givenDecodingAlone(command);
  return openRecognizer(model ?? (await defaultModel()), given, withoutUndefined({ threads: config.threads }));
}

async function runStream({ command, model, words, flags, config, signal }: Call): Promise<void> {
  if (words.length !== 1 || words[0] !== STANDARD_INPUT) {
    throw usageError("--stream reads standard input; give - as the one recording");
  }
  const { json, format, output, outputFile, beside, sampleRate } = flags;
  if ((output ?? outputFile) !== undefined || beside || format) {
    throw usageError("--stream prints lines; leave out --format, --output and --beside");
  }
  refuseTerminal();
  await using bundle = await openBundle({ command, model, config });
  await transcribeStream(bundle, { json: json ?? false, signal, ...withoutUndefined({ sampleRate }) });
}
