/**
 * From transcripts to training targets, with everything that cannot be trained on named and left out beforehand.
 *
 * One utterance whose transcript is longer than its audio has an infinite CTC loss, and one infinite loss spoils a
 * model; one unknown character stops a run after hours. Both are cheap to find before the first step.
 */
import {
  type Alphabet,
  encodeText,
  minimumFrames,
  NormalisationReport,
  normaliseToAlphabet,
  unknownCharacters,
} from "@deepspeech-ts/speech";
import { UserError } from "../errors.js";
import type { Utterance } from "./types.js";

export interface PrepareOptions {
  alphabet: Alphabet;
  /** Bring transcripts to the alphabet first; otherwise they are taken as they stand. */
  normalise: boolean;
  /** How many frames of output the model gives for a length of audio. Default: CTC's need for frames is not checked. */
  framesOf?: (durationSeconds: number) => number;
  /** Factors of speed perturbation: a sped-up utterance must still fit its transcript. Default [1]. */
  speedFactors?: readonly number[];
  /** Leave out what is shorter. Default 0. */
  minDurationSeconds?: number;
  /** Leave out what is longer. Default: no limit. */
  maxDurationSeconds?: number;
  /** Why an utterance of this length must be left out; undefined where it need not. Default: none must. */
  refuse?: (durationSeconds: number) => string | undefined;
  /** Keep what is no speech, with a transcript that holds nothing: false alarms are measured on it. Default: false. */
  keepsWordless?: boolean;
}

/** An utterance that can be trained on. */
export interface PreparedUtterance extends Utterance {
  /** The transcript as the model is to write it. */
  readonly targetText: string;
  /** Its token ids. */
  readonly targets: readonly number[];
}

export interface LeftOutUtterance {
  readonly utterance: Utterance;
  readonly reason: string;
}

export interface PreparedCorpus {
  readonly utterances: PreparedUtterance[];
  readonly leftOut: LeftOutUtterance[];
  /** What the normaliser changed and refused. */
  readonly report: NormalisationReport;
}

/** Turns transcripts into targets and leaves out, with its reason, every utterance that cannot be trained on. */
export function prepareUtterances(utterances: readonly Utterance[], options: PrepareOptions): PreparedCorpus {
  const corpus: PreparedCorpus = { utterances: [], leftOut: [], report: new NormalisationReport() };
  checkOptions(options);
  for (const utterance of utterances) {
    const prepared = prepareUtterance(utterance, options, corpus.report);
    if (typeof prepared === "string") corpus.leftOut.push({ utterance, reason: prepared });
    else corpus.utterances.push(prepared);
  }
  return corpus;
}

/** The prepared utterance, or the reason to leave it out. */
function prepareUtterance(
  utterance: Utterance,
  options: PrepareOptions,
  report: NormalisationReport,
): PreparedUtterance | string {
  const seconds = utterance.durationSeconds;
  const durationReason = checkDuration(seconds, options) ?? options.refuse?.(seconds);
  if (durationReason) return durationReason;
  const { alphabet } = options;
  let targetText = utterance.text;
  if (options.normalise) {
    const normalised = normaliseToAlphabet(utterance.text, alphabet);
    report.add(utterance.id, normalised);
    if (normalised.refused.length > 0) return `cannot be spelt out: ${quoteCharacters(normalised.refused)}`;
    targetText = normalised.text;
  }
  if (targetText.trim() === "" && !options.keepsWordless) return "has no words";
  const unknown = unknownCharacters(targetText, alphabet);
  if (unknown.length > 0) return `not in the alphabet: ${quoteCharacters(unknown)}`;
  const targets = encodeText(targetText, alphabet);
  return checkFrames(utterance.durationSeconds, targets, options) ?? { ...utterance, targetText, targets };
}

function checkDuration(seconds: number, options: PrepareOptions): string | undefined {
  const { minDurationSeconds = 0, maxDurationSeconds = Number.POSITIVE_INFINITY } = options;
  if (seconds < minDurationSeconds) return `lasts ${seconds.toFixed(2)} s, under the ${minDurationSeconds} s allowed`;
  if (seconds > maxDurationSeconds) return `lasts ${seconds.toFixed(2)} s, over the ${maxDurationSeconds} s allowed`;
  return undefined;
}

function checkFrames(seconds: number, targets: readonly number[], options: PrepareOptions): string | undefined {
  if (!options.framesOf) return undefined;
  const fastest = Math.max(...(options.speedFactors ?? [1]));
  const frames = options.framesOf(seconds / fastest);
  const needed = minimumFrames(targets);
  if (frames >= needed) return undefined;
  const speed = fastest === 1 ? "" : ` at ${fastest} times its speed`;
  return `the transcript needs ${needed} frames, and ${seconds.toFixed(2)} s of audio${speed} give ${frames}`;
}

function quoteCharacters(located: readonly { character: string }[]): string {
  return [...new Set(located.map(({ character }) => JSON.stringify(character)))].join(", ");
}

function checkOptions({ minDurationSeconds = 0, maxDurationSeconds = Number.POSITIVE_INFINITY }: PrepareOptions): void {
  if (minDurationSeconds <= maxDurationSeconds) return;
  throw new UserError(
    `minDurationSeconds is ${minDurationSeconds}, above maxDurationSeconds, ${maxDurationSeconds}; no utterance would be left.`,
  );
}
