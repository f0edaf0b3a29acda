/**
 * From transcripts to training targets, with everything that cannot be trained on named and left out beforehand.
 *
 * One utterance whose transcript is longer than its audio has an infinite CTC loss, and one infinite loss spoils a
 * model; one unknown character stops a run after hours. Both are cheap to find before the first step.
 */
import { errorMessage, UserError } from "@deepspeech-ts/recognizer/system";
import {
  type Alphabet,
  encodeText,
  minimumFrames,
  NormalisationReport,
  type NormalisedText,
  normaliseToAlphabet,
  printable,
  type TagTreatment,
  unknownCharacters,
} from "@deepspeech-ts/speech";
import type { Normaliser } from "./normaliser.js";
import type { Utterance } from "./types.js";

/** How a transcript becomes what is trained on. */
export interface TranscriptOptions {
  alphabet: Alphabet;
  /** Bring transcripts to the alphabet first; otherwise they are taken as they stand. */
  normalise: boolean;
  /** Of one's own: it goes before, whether `normalise` follows or not. Default: none. */
  normaliser?: Normaliser | undefined;
  /** Whether "[laughter]" and other tags for sounds are dropped, or their utterances left out. Default "drop". */
  soundTags?: TagTreatment | undefined;
}

/** What an utterance must be to be of use. */
export interface PrepareOptions extends TranscriptOptions {
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

/** Why an utterance cannot be trained on, for programs to tell apart. */
export type UnusableKind = "too-short" | "too-long" | "refused" | "odd-characters" | "no-words" | "too-few-frames";

/** Why an utterance cannot be trained on, for programs and for people. */
export interface Unusable {
  readonly kind: UnusableKind;
  readonly reason: string;
}

/** A corpus whose transcripts the model can write, and what was left out of it. */
export interface PreparedCorpus {
  readonly utterances: PreparedUtterance[];
  readonly leftOut: (LeftOutUtterance & Unusable)[];
  /** What the normaliser changed and refused. */
  readonly report: NormalisationReport;
}

/** Turns transcripts into targets and leaves out, with its reason, every utterance that cannot be trained on. */
export function prepareUtterances(utterances: readonly Utterance[], options: PrepareOptions): PreparedCorpus {
  const corpus: PreparedCorpus = { utterances: [], leftOut: [], report: new NormalisationReport() };
  checkOptions(options);
  for (const utterance of utterances) {
    const prepared = prepareUtterance(utterance, options, corpus.report);
    if ("kind" in prepared) corpus.leftOut.push({ utterance, ...prepared });
    else corpus.utterances.push(prepared);
  }
  return corpus;
}

/** A transcript as it is spoken, with what was changed and refused; or why a normaliser of one's own gives none. */
export function normaliseTranscript(written: string, options: TranscriptOptions): NormalisedText | string {
  const { alphabet, normalise, normaliser, soundTags } = options;
  let text: unknown = written;
  try {
    text = normaliser ? normaliser(written) : written;
  } catch (error) {
    return `the normaliser failed: ${printable(errorMessage(error))}`;
  }
  if (text === null || text === undefined) return "the normaliser cannot tell how it is spoken";
  if (typeof text !== "string") return `the normaliser gave ${kindOf(text)}, expected a text or null`;
  return normalise ? normaliseToAlphabet(text, alphabet, { tags: soundTags }) : { text, changes: [], refused: [] };
}

function kindOf(value: unknown): string {
  if (value instanceof Promise) return "a promise";
  return `${/^[aeiou]/.test(typeof value) ? "an" : "a"} ${typeof value}`;
}

/**
 * The prepared utterance, or why it must be left out: training and what is checked beforehand both ask here.
 * @param report takes what the normaliser changed and refused. Default: nobody asks.
 */
export function prepareUtterance(
  utterance: Utterance,
  options: PrepareOptions,
  report?: NormalisationReport,
): PreparedUtterance | Unusable {
  const unusable = checkDuration(utterance.durationSeconds, options);
  if (unusable) return unusable;
  const { alphabet } = options;
  const spoken = normaliseTranscript(utterance.text, options);
  if (typeof spoken === "string") return { kind: "odd-characters", reason: spoken };
  if (options.normalise) report?.add(utterance.id, spoken);
  if (spoken.refused.length > 0) return oddCharacters("cannot be spelt out", spoken.refused);
  const targetText = spoken.text;
  if (targetText.trim() === "" && !options.keepsWordless) return { kind: "no-words", reason: "has no words" };
  const unknown = unknownCharacters(targetText, alphabet);
  if (unknown.length > 0) return oddCharacters("not in the alphabet", unknown);
  const targets = encodeText(targetText, alphabet);
  return checkFrames(utterance.durationSeconds, targets, options) ?? { ...utterance, targetText, targets };
}

function checkDuration(seconds: number, options: PrepareOptions): Unusable | undefined {
  const { minDurationSeconds = 0, maxDurationSeconds = Number.POSITIVE_INFINITY } = options;
  const lasts = `lasts ${seconds.toFixed(2)} s`;
  if (seconds < minDurationSeconds) {
    return { kind: "too-short", reason: `${lasts}, under the ${minDurationSeconds} s allowed` };
  }
  if (seconds > maxDurationSeconds) {
    return { kind: "too-long", reason: `${lasts}, over the ${maxDurationSeconds} s allowed` };
  }
  const reason = options.refuse?.(seconds);
  return reason ? { kind: "refused", reason } : undefined;
}

function checkFrames(seconds: number, targets: readonly number[], options: PrepareOptions): Unusable | undefined {
  if (!options.framesOf) return undefined;
  const fastest = Math.max(...(options.speedFactors ?? [1]));
  const frames = options.framesOf(seconds / fastest);
  const needed = minimumFrames(targets);
  if (frames >= needed) return undefined;
  const speed = fastest === 1 ? "" : ` at ${fastest} times its speed`;
  return {
    kind: "too-few-frames",
    reason: `the transcript needs ${needed} frames, and ${seconds.toFixed(2)} s of audio${speed} give ${frames}`,
  };
}

function oddCharacters(problem: string, located: readonly { character: string }[]): Unusable {
  const characters = [...new Set(located.map(({ character }) => JSON.stringify(character)))].join(", ");
  return { kind: "odd-characters", reason: `${problem}: ${characters}` };
}

function checkOptions({ minDurationSeconds = 0, maxDurationSeconds = Number.POSITIVE_INFINITY }: PrepareOptions): void {
  if (minDurationSeconds <= maxDurationSeconds) return;
  throw new UserError(
    `minDurationSeconds is ${minDurationSeconds}, above maxDurationSeconds, ${maxDurationSeconds}; no utterance would be left.`,
  );
}
