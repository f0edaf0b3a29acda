/** `deepspeech align`. */
import type { AudioInput } from "@deepspeech-ts/recognizer";
import {
  excessMessage,
  INTERRUPTED_EXIT_CODE,
  listenForInterrupt,
  MOST_THREADS,
  parseNumber,
  parseWhole,
  usageError,
} from "@deepspeech-ts/server/command-line";
import { type OutputFormat, outputFormats, withoutUndefined } from "@deepspeech-ts/speech";
import { loadWaveform } from "@deepspeech-ts/toolkit/internal/data/audio/waveform.js";
import type { Command } from "commander";
import { complaintOfText, findPairs, lowScore, NOTHING_TO_ALIGN, type Pair, type PartOfFile } from "./align-pairs.js";
import { complaintOf, type OpenBundle, openRecognizer } from "./bundle-recognizer.js";
import { chooseModel, defaultModel } from "./default-model.js";
import { workInOrder } from "./in-order.js";
import { recordingsProgress } from "./recordings-progress.js";
import { nameOf } from "./transcribe-inputs.js";
import { addOutputFlags, chooseWriter, type OutputFlags, type SpokenText, settleOutput } from "./transcribe-outputs.js";

const HELP = `
Finds the times of each word of a known text: subtitles for a script, segments for a corpus. Texts are normalised to the
model's alphabet for the alignment (numbers spelled out, accents removed), and printed as they were written. --json includes
a score, the log-probability of the alignment per frame: 0 is perfect, and mismatching texts score far below the others, so
that --min-score finds them. How far depends on the model: with the English one, -1.8 is a good line.

What cannot be aligned does not stop the rest: it is reported on stderr at the end, and the exit code is 1.

Examples:
  $ npx deepspeech-ts align talk.mp3 talk.txt > talk.ctm
  $ npx deepspeech-ts align model.dsb talk.mp3 talk.txt --format srt,vtt --output subtitles/
  $ npx deepspeech-ts align model.dsb clip.wav --text "turn the lights on" --format json
  $ npx deepspeech-ts align model.dsb --manifest corpus.jsonl --jobs 8 > corpus.ctm
  $ npx deepspeech-ts align --manifest corpus.jsonl --min-score -1.8 --json > scores.jsonl`;

const DEFAULT_JOBS = 4;
/** The text is known; what is asked is when. */
const formats: readonly OutputFormat[] = outputFormats.filter((format) => format !== "txt");

interface AlignFlags extends OutputFlags {
  text?: string;
  manifest?: string;
  minScore?: number;
  jobs: number;
  threads?: number;
}

export function configure(command: Command): void {
  command
    .usage("[options] [bundle] [recording] [text]")
    .argument(
      "[words...]",
      "a recording (- for standard input) and a file with its text. The bundle may come before them " +
        "(.dsb, see export; default: the English model)",
    )
    .option("--text <words>", "what is said in it")
    .option(
      "--manifest <corpus>",
      "recordings and texts: a manifest, a packed corpus, or a folder in LibriSpeech's layout",
    );
  addOutputFlags(command, { formats, standard: "ctm", jsonHelp: "file, text, score and words, or file and error" });
  command
    .option(
      "--min-score <number>",
      "texts with a lower score are errors (default: none)",
      parseNumber("--min-score", -1000),
    )
    .option("--jobs <n>", "recordings processed at a time", parseWhole("--jobs", 1), DEFAULT_JOBS)
    .option(
      "--threads <n>",
      "threads for one operator (default: the number of cores)",
      parseWhole("--threads", 1, MOST_THREADS),
    )
    .addHelpText("after", HELP)
    .action(align);
}

async function align(all: string[], given: AlignFlags, command: Command): Promise<void> {
  const flags = settleOutput(given, formats);
  if (all.length === 0 && flags.manifest === undefined) throw usageError(NOTHING_TO_ALIGN);
  const { model, words } = chooseModel(all, command);
  const [recording, textFile, ...excess] = words;
  if (excess.length > 0) throw usageError(excessMessage(command, excess));
  const { text, manifest, jobs, threads, minScore = Number.NEGATIVE_INFINITY } = flags;
  const pairs = await findPairs({ recording, textFile, text, manifest });
  if (flags.beside && pairs.some(({ recording }) => isPart(recording))) {
    throw usageError(
      "--beside needs recordings that are files; parts of files, as of a packed corpus, are not, so give --output",
    );
  }
  const files = pairs.map((pair) => nameOf(pair.recording));
  const write = chooseWriter(flags, { standard: "ctm", files, isAlone: manifest === undefined });
  using interruption = listenForInterrupt(() => {});
  const { signal } = interruption;
  await using bundle = await openRecognizer(model ?? (await defaultModel()), {}, withoutUndefined({ threads }));
  const progress = recordingsProgress("aligning", pairs.length, write);
  try {
    const options = { jobs, signal, onResult: progress.take };
    await workInOrder(pairs, options, (pair) => alignPair(pair, bundle, { minScore, signal }));
  } finally {
    if (progress.end()) process.exitCode = 1;
  }
  if (signal.aborted) process.exitCode = INTERRUPTED_EXIT_CODE;
}

type Alignment = SpokenText | { file: string; error: string };

/** Undefined where it was aborted. */
async function alignPair(
  pair: Pair,
  { recognizer }: OpenBundle,
  { minScore, signal }: { minScore: number; signal: AbortSignal },
): Promise<Alignment | undefined> {
  const file = nameOf(pair.recording);
  const complaint = complaintOfText(pair, recognizer.header.alphabet);
  if (complaint !== undefined) return { file, error: complaint };
  try {
    const { input, ...rate } = await soundOf(pair.recording);
    const options = { fileName: file, signal, ...rate };
    const { text, timedWords, score, durationSeconds } = await recognizer.align(input, pair.text, options);
    if (score < minScore) return { file, error: `${file}: ${lowScore(score, minScore)}` };
    return {
      file,
      text,
      score: rounded(score),
      durationSeconds,
      timedWords,
      ...(pair.id !== undefined && { id: pair.id }),
    };
  } catch (error) {
    if (signal.aborted) return undefined;
    return { file, error: complaintOf(file, error) };
  }
}

function isPart(recording: Pair["recording"]): recording is PartOfFile {
  return typeof recording === "object" && "audioPath" in recording;
}

async function soundOf(recording: Pair["recording"]): Promise<{ input: AudioInput; sampleRate?: number }> {
  if (typeof recording === "string") return { input: recording };
  if (!isPart(recording)) return { input: recording.bytes };
  const { samples, sampleRate } = await loadWaveform(recording.audioPath);
  return { input: samples, sampleRate };
}

function rounded(score: number): number {
  return Math.round(score * 1e4) / 1e4;
}
