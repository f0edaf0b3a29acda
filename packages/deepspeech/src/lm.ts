/** `deepspeech lm build | tune`. */

import { errorMessage, requireWritable, writeFileAtomically } from "@deepspeech-ts/recognizer/system";
import { listenForInterrupt, nothingWritten, parseWhole, usageError } from "@deepspeech-ts/server/command-line";
import {
  type Alphabet,
  alphabetOf,
  englishAlphabet,
  LARGEST_BEAM,
  type TagTreatment,
  withoutUndefined,
} from "@deepspeech-ts/speech";
import { checkpointFile } from "@deepspeech-ts/toolkit/internal/acoustic-model/index.js";
import { runTuning, type TuningEvent } from "@deepspeech-ts/toolkit/internal/evaluation/run-tuning.js";
import { atEdge } from "@deepspeech-ts/toolkit/internal/evaluation/tune.js";
import {
  buildLanguageModel,
  isArpaName,
  type LanguageModelSummary,
} from "@deepspeech-ts/toolkit/internal/language-model/build.js";
import { type Command, Option } from "commander";
import { confidenceLine } from "./confidence-line.js";
import { addFlags, givenSettings } from "./flags.js";
import { formatCount, formatPlural, formatRate } from "./format.js";
import { resolveConfig } from "./resolve-config.js";
import { settingsOf } from "./settings.js";
import { refuseIdleSoundTags, transcriptsSchema } from "./transcript-flags.js";

const BUILD_HELP = `
The text is plain or gzip, one sentence a line. It is brought to the model's letters as transcripts are (capitals,
punctuation, numbers as words), and what was changed is told; sentences with other characters are left out. The output is
binary, or ARPA where its name ends in .arpa or .arpa.gz.

Examples:
  $ npx deepspeech-ts lm build my/sentences.txt --output my/words.lm
  $ npx deepspeech-ts lm build books.txt.gz --order 4 --prune 0 0 1 --output books.arpa.gz
  $ npx deepspeech-ts lm build books.txt.gz --order 3 --max-megabytes 25 --output books.lm`;

const TUNE_HELP = `
The result is a file of decoding settings: deepspeech evaluate and transcribe take it with --decoding.

Examples:
  $ npx deepspeech-ts lm tune runs/my-voice/version_0 my/dev.jsonl --lm my/words.lm --output my/decoding.json`;

const transcriptSettings = settingsOf(transcriptsSchema);

export function configure(command: Command): void {
  command
    .command("build")
    .description("estimate an n-gram language model from text")
    .argument("<text...>", "text files, plain or gzip")
    .requiredOption("--output <file>", "the file to write")
    .option("--order <n>", "the longest n-gram, 1 to 6", parseWhole("--order", 1, 6), 4)
    .option("--prune <count...>", "for each order from 1, the largest count to leave out", [])
    .option("--max-megabytes <n>", "prune the least relevant n-grams until the binary model is no larger")
    .option("--bits <n>", "of a binary model, for each probability: 8, 16 or 32", parseWhole("--bits", 0), 8)
    .option("--alphabet <letters>", "what the model writes, the space aside (default: ' and a to z)")
    .option("--no-normalise", "do not normalise the text")
    .option(
      "--normaliser <module>",
      "module with your own normaliser (.ts or .js), which runs first: see docs/training.md",
    )
    .addOption(
      new Option(
        "--sound-tags <treatment>",
        "tags for sounds, such as [laughter]: drop them, or refuse their sentences",
      ).choices(["drop", "refuse"]),
    )
    .option("--memory <gigabytes>", "memory for n-grams while they are counted; more goes through temporary files", "1")
    .addHelpText("after", BUILD_HELP)
    .action(build);
  const tuning = command
    .command("tune")
    .description("tune the language model weight and the word score on development data")
    .argument("<checkpoint>", "a run's folder, or a .safetensors file")
    .argument("<data...>", "folders in LibriSpeech's layout, or manifests")
    .requiredOption("--lm <file>", "the language model")
    .requiredOption("--output <file>", "the file of decoding settings to write")
    .option(
      "--beam-size <n>",
      "prefixes kept in each trial, and by decoding with the result",
      parseWhole("--beam-size", 1, LARGEST_BEAM),
      100,
    )
    .addHelpText("after", TUNE_HELP)
    .action(tune);
  addFlags(tuning, transcriptSettings, []);
}

interface BuildFlags {
  output: string;
  order: number;
  prune: string[];
  maxMegabytes?: string;
  bits: number;
  memory: string;
  alphabet?: string;
  normalise: boolean;
  normaliser?: string;
  soundTags?: TagTreatment;
}

async function build(input: string[], flags: BuildFlags, command: Command): Promise<void> {
  const { output, order, prune, maxMegabytes, bits, memory } = flags;
  if (bits !== 8 && bits !== 16 && bits !== 32) throw usageError(`--bits must be 8, 16 or 32, not ${bits}`);
  const memoryBytes = Number(memory) * 2 ** 30;
  if (!(memoryBytes > 0)) throw usageError(`--memory must be a number above 0, not "${memory}"`);
  const maxBytes = maxMegabytes === undefined ? undefined : Number(maxMegabytes) * 1e6;
  if (maxBytes !== undefined && !(maxBytes > 0)) {
    throw usageError(`--max-megabytes must be a number above 0, not "${maxMegabytes}"`);
  }
  if (command.getOptionValueSource("bits") === "cli" && isArpaName(output) && maxBytes === undefined) {
    throw usageError("--bits has no effect on an ARPA file, whose numbers are exact; leave it out");
  }
  if (flags.alphabet !== undefined && !flags.normalise) {
    throw usageError("--alphabet has no effect with --no-normalise; leave one of them out");
  }
  requireWritable(output, input);
  refuseIdleSoundTags(flags);
  const { normaliser, soundTags } = flags;
  const letters = flags.alphabet === undefined ? englishAlphabet : parseAlphabet(flags.alphabet);
  using interruption = listenForInterrupt(() => {});
  const summary = await buildLanguageModel({
    ...{ input, output, order, quantisationBits: bits, memoryBytes, maxBytes, signal: interruption.signal },
    ...(flags.normalise && { alphabet: letters }),
    ...{ normaliser, soundTags },
    prune: prune.flatMap((part) => part.split(",")).map(parseWhole("--prune", 0)),
  });
  process.stdout.write(`${buildLines(output, summary).join("\n")}\n`);
}

/** Tags are dropped or refused as a part of normalising. */
function parseAlphabet(letters: string): Alphabet {
  try {
    return alphabetOf(letters);
  } catch (error) {
    throw usageError(`--alphabet: ${errorMessage(error)}`);
  }
}

/** What was built, and a warning where the text was too small for its discounts. */
export function buildLines(output: string, summary: LanguageModelSummary): string[] {
  const { counts, discounts, numWords, numSentences, normalisation, outputBytes } = summary;
  const guessed = discounts.flatMap(({ fallback }, i) => (fallback ? [i + 1] : []));
  return [
    ...(normalisation === "" ? [] : normalisation.split("\n")),
    `${formatPlural(numSentences, "sentence")}, ${formatPlural(numWords, "word")}`,
    ...counts.map((count, i) => `${i + 1}-grams  ${formatCount(count)}`),
    ...(guessed.length > 0
      ? [`The text is small: discounts of order ${guessed.join(", ")} are customary values.`]
      : []),
    `Saved in ${output}: ${(outputBytes / 1e6).toFixed(1)} MB`,
  ];
}

interface TuneFlags {
  lm: string;
  output: string;
  beamSize: number;
}

async function tune(checkpoint: string, data: string[], flags: TuneFlags, command: Command): Promise<void> {
  const { lm, output, beamSize } = flags;
  const transcripts = resolveConfig(transcriptsSchema, { flags: givenSettings(command, transcriptSettings) });
  refuseIdleSoundTags(transcripts);
  requireWritable(output, [checkpointFile(checkpoint), ...data, lm]);
  using interruption = listenForInterrupt(() => {});
  let result: Extract<TuningEvent, { kind: "best" }> | undefined;
  const onEvent = (event: TuningEvent) => {
    if (event.kind === "best") result = event;
    if (event.kind === "leftOut")
      for (const { id, reason } of event.leftOut) process.stdout.write(`left out ${id}: ${reason}\n`);
    if (event.kind === "trial") process.stdout.write(`${trialLine(event.trial)}\n`);
  };
  const request = { checkpoint, data, lm, beamSize, ...withoutUndefined(transcripts) };
  await runTuning(request, { onEvent, signal: interruption.signal });
  // The best of the trials so far need be nowhere near the best.
  if (interruption.signal.aborted) throw nothingWritten();
  const { best, greedy, confidence } = result!;
  const { rates: _, ...scores } = best;
  const confidenceCalibration = confidence.calibration.map((value) => Number(value.toFixed(3)));
  const decoding = { lm, beamSize, ...scores, confidenceCalibration };
  await writeFileAtomically(output, `${JSON.stringify(decoding, null, 2)}\n`);
  const lines = [
    `greedy  ${formatRate(greedy.wer)} WER`,
    `best    ${trialLine(best)}`,
    ...atEdge(best).map((edge) => `The best ${edge} is at the edge of what was tried; better ones may lie beyond`),
    confidenceLine(confidence),
    `Saved in ${output}`,
  ];
  process.stdout.write(`\n${lines.join("\n")}\n`);
}

function trialLine({
  lmWeight,
  wordScore,
  unknownWordScore,
  rates,
}: {
  lmWeight: number;
  wordScore: number;
  unknownWordScore?: number;
  rates: { wer: number; cer: number };
}): string {
  const unknown = unknownWordScore === undefined ? "" : `  unknownWordScore ${unknownWordScore}`;
  return `lmWeight ${lmWeight.toFixed(2)}  wordScore ${wordScore.toFixed(2)}${unknown}  WER ${formatRate(rates.wer)}  CER ${formatRate(rates.cer)}`;
}
