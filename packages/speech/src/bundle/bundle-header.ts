/** What a bundle says of itself. It is stored as JSON; everything a recogniser must know before it opens the graph. */
import type { ConfidenceCalibration } from "../decoding/confidence.js";
import { phoneAlphabet } from "../pronunciation/phones.js";
import type { Alphabet } from "../text/alphabet.js";

export const BUNDLE_FORMAT = "deepspeech-ts bundle";
/**
 * Of what earlier releases do not know: a model that writes phones is 3, a graph for steps 2. Other bundles stay as they were,
 * version 1.
 */
export const BUNDLE_VERSION = 3;
export const BUNDLE_VERSIONS = [1, 2, BUNDLE_VERSION] as const;

/** The precisions that a bundle may have. */
export const BUNDLE_PRECISIONS = ["fp32", "fp16", "int8", "web"] as const;
/** How the graph's large weights are stored; those of "web" in 8 bits, to become 32 when the graph is opened. */
export type BundlePrecision = (typeof BUNDLE_PRECISIONS)[number];

export const BUNDLE_SECTIONS = ["model.onnx", "step.onnx", "language-model.bin", "pronunciations.txt"] as const;
/** The name of a section that a bundle may have. */
export type BundleSectionName = (typeof BUNDLE_SECTIONS)[number];

/** Where a section is in the file, and by what it is known to be whole. */
export interface BundleSection {
  readonly name: BundleSectionName;
  /** Bytes from the beginning of the first section; a multiple of 64. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/**
 * How to decode unless the user says otherwise. Absent numbers have the beam search's own defaults; with none of them,
 * no hot words and no language model among the sections, decoding is greedy.
 */
export interface DecodingSettings {
  readonly beamSize?: number;
  /** Weight of the bundled language model. */
  readonly lmWeight?: number;
  readonly wordScore?: number;
  readonly unknownWordScore?: number;
  /** Mends word confidences: see `fitConfidence`. */
  readonly confidenceCalibration?: ConfidenceCalibration;
  /** Phrases to favour. */
  readonly hotWords: readonly string[];
  /** Added to the score for each whole occurrence of a hot word. */
  readonly hotWordWeight: number;
}

/** Whether its model writes phones beside its letters; the section pronunciations.txt says which words they make. */
export function writesPhones({ model }: Pick<BundleHeader, "model">): boolean {
  return Number(model.numPhones ?? 0) > 0;
}

/** Log-probabilities in each frame of the graph's output: of the alphabet's tokens, and behind them of phones, if there are any. */
export function outputWidth(header: Pick<BundleHeader, "alphabet" | "model">): number {
  const { length } = header.alphabet.tokens;
  return writesPhones(header) ? length + phoneAlphabet.tokens.length : length;
}

/** The places of blanks among them: the alphabet's, and the phones'. */
export function outputBlanks(header: Pick<BundleHeader, "alphabet" | "model">): readonly number[] {
  const { tokens, blankId } = header.alphabet;
  return writesPhones(header) ? [blankId, tokens.length + phoneAlphabet.blankId] : [blankId];
}

/** Whether nothing is asked for that only a search gives, so that each frame's likeliest token will do. */
export function isGreedy(
  { beamSize, hotWords }: { beamSize?: number | undefined; hotWords: readonly unknown[] },
  hasLanguageModel: boolean,
): boolean {
  return !hasLanguageModel && beamSize === undefined && hotWords.length === 0;
}

/** Error rates that were measured when the bundle was made. */
export interface BundleRates {
  /** Shares, not percentages. */
  readonly wer: number;
  readonly cer: number;
}

/** How the model came to be, as far as its checkpoint tells. */
export interface TrainingFacts {
  /** When the bundle was made, in ISO 8601. */
  readonly exportedAt: string;
  /** The version of this project that made it. */
  readonly projectVersion: string;
  readonly numParameters: number;
  /** Names of the training corpora. */
  readonly corpora: readonly string[];
  /** What others may do with the model, such as "CC-BY-4.0"; its maker's word. */
  readonly license?: string;
  readonly epochs?: number;
  /** Updates of the weights. */
  readonly steps?: number;
  /** Greedy error rates on the development set, as training measured them. */
  readonly dev?: BundleRates;
  /** Error rates of this very bundle, with its decoding settings. */
  readonly evaluation?: BundleRates & {
    /** Names of the corpora. */
    readonly corpora: readonly string[];
    readonly numUtterances: number;
    readonly audioSeconds: number;
  };
}

/** Of a model that hears sound as it comes: what its steps take and give; see docs/export.md. */
export interface StreamingFacts {
  /** Samples of a window, and from one to the next. */
  readonly windowSamples: number;
  readonly hopSamples: number;
  /** Windows for each frame of the log-probabilities. */
  readonly stride: number;
  /** Frames by which a step's answers lie behind what it was given. */
  readonly delayFrames: number;
  /** Numbers that one step hands to the next. */
  readonly stateSize: number;
}

/** All that a bundle says of itself. */
export interface BundleHeader {
  readonly format: typeof BUNDLE_FORMAT;
  readonly version: (typeof BUNDLE_VERSIONS)[number];
  readonly alphabet: Alphabet;
  /** Samples a second of the graph's waveforms. */
  readonly sampleRate: number;
  /** The shortest waveform that the graph takes. */
  readonly minSamples: number;
  /** Seconds of audio from one frame of the log-probabilities to the next. */
  readonly frameSeconds: number;
  /** The model's dimensions, for people and for fine-tuning. */
  readonly model: Readonly<Record<string, number | string>>;
  /** How waveforms become features, for people and for fine-tuning: the graph computes them. */
  readonly features: Readonly<Record<string, number | string>>;
  /** How step.onnx is run; absent where there is none. */
  readonly streaming?: StreamingFacts;
  readonly precision: BundlePrecision;
  readonly decoding: DecodingSettings;
  readonly training: TrainingFacts;
  readonly sections: readonly BundleSection[];
}
