/** Reads corpora and prepares them for a model: what it can be trained on, and what it is measured on. */
import { createHash } from "node:crypto";
import { UserError } from "@deepspeech-ts/recognizer/system";
import type { Alphabet, TagTreatment } from "@deepspeech-ts/speech";
import { loadCorpora } from "../data/load-corpora.js";
import { loadNormaliser } from "../data/normaliser.js";
import { type PreparedUtterance, type PrepareOptions, prepareUtterances } from "../data/prepare.js";
import type { LeftOut, Utterance } from "../data/types.js";
import { type FeatureConfig, numFrames } from "./feature-config.js";
import { tooLongForMemory } from "./memory.js";
import { type ModelConfig, outputFrames } from "./model-config.js";

/** What a corpus is, for a run's log. */
export interface CorpusFacts {
  numUtterances: number;
  audioSeconds: number;
  /** Utterances that cannot be used, and why. */
  leftOut: LeftOut[];
  /** What the normaliser changed, as text for people; "" when nothing. */
  normalisation: string;
  /** SHA-256 of the usable utterances' ids, durations and texts, in their order. */
  digest: string;
}

/** A corpus that a model can be trained or measured on. */
export interface ModelCorpus {
  utterances: PreparedUtterance[];
  facts: CorpusFacts;
}

/** How transcripts become what a model can write. */
export interface Transcripts {
  /** Bring transcripts to the alphabet first. */
  normalise: boolean;
  /** The module of a normaliser of one's own, which goes before. Default: none. */
  normaliser?: string | undefined;
  /** What becomes of tags for sounds. Default "drop". */
  soundTags?: TagTreatment | undefined;
}

interface CorpusOptions extends Transcripts {
  alphabet: Alphabet;
  features: FeatureConfig;
}

/** How a corpus to measure on is loaded. */
export interface HeldOutOptions extends CorpusOptions {
  /** Leave out what the machine has no memory to recognise with this model. Default: nothing. */
  recognisedBy?: ModelConfig;
}

/** How a corpus to train on is loaded. */
export interface TrainingCorpusOptions extends CorpusOptions {
  model: { timeStride: number };
  minDurationSeconds: number;
  maxDurationSeconds: number;
  speedFactors: readonly number[];
  /** Default: [1]. */
  tempoFactors?: readonly number[];
}

/**
 * What can be trained on: of bearable length, and with frames enough for CTC at every speed it will be played at.
 *
 * @param sources folders in LibriSpeech's layout, or manifests
 * @throws UserError where a source cannot be read, or nothing usable is in it
 */
export function loadTrainingCorpus(sources: readonly string[], options: TrainingCorpusOptions): Promise<ModelCorpus> {
  return loadCorpus(sources, { ...trainingPreparation(options), normaliser: options.normaliser });
}

/** How utterances are prepared to be trained on, but for a normaliser of one's own, which has to be loaded first. */
export function trainingPreparation(options: TrainingCorpusOptions): Omit<PrepareOptions, "normaliser"> {
  const { features, model, speedFactors, tempoFactors = [1] } = options;
  const { alphabet, normalise, soundTags, minDurationSeconds, maxDurationSeconds } = options;
  const fastest = Math.max(...speedFactors) * Math.max(...tempoFactors);
  return {
    ...{ alphabet, normalise, soundTags, maxDurationSeconds },
    speedFactors: [fastest],
    minDurationSeconds: Math.max(minDurationSeconds, shortestSeconds(features) * fastest),
    framesOf: (seconds) => outputFrames(numFrames(Math.floor(seconds * features.sampleRate), features), model),
  };
}

/**
 * What is measured on keeps its long utterances, and those that CTC could not be trained on: they count as errors. It keeps
 * recordings without words too, on which whatever is heard is a false alarm.
 */
export function loadHeldOutCorpus(sources: readonly string[], options: HeldOutOptions): Promise<ModelCorpus> {
  // By name: a training's options, which may be passed whole, would leave out what counts here.
  const { features, recognisedBy: model, alphabet, normalise, normaliser, soundTags } = options;
  const refuse = (seconds: number) => model && tooLongForMemory(seconds, { model, features });
  const minDurationSeconds = shortestSeconds(features);
  const transcripts = { alphabet, normalise, normaliser, soundTags };
  return loadCorpus(sources, { ...transcripts, minDurationSeconds, refuse, keepsWordless: true });
}

/** What is told of a training in its checkpoint. */
interface Trained {
  training?: unknown;
}

/** How transcripts were made in a checkpoint's training, unless `given` says otherwise; by the defaults where nobody knows. */
export function transcriptsOfRun({ training }: Trained, given: Partial<Transcripts> = {}): Transcripts {
  const { config } = (training ?? {}) as { config?: Record<keyof Transcripts, unknown> };
  const { normalise, normaliser, soundTags } = config ?? {};
  return {
    normalise: given.normalise ?? normalise !== false,
    normaliser: given.normaliser ?? (typeof normaliser === "string" ? normaliser : undefined),
    soundTags: given.soundTags ?? (soundTags === "refuse" ? "refuse" : "drop"),
  };
}

/** Features reflect half a window at each end. */
function shortestSeconds({ fftSamples, sampleRate }: FeatureConfig): number {
  return (fftSamples / 2 + 2) / sampleRate;
}

async function loadCorpus(
  sources: readonly string[],
  { normaliser, ...options }: Omit<PrepareOptions, "normaliser"> & { normaliser?: string | undefined },
): Promise<ModelCorpus> {
  const { utterances: found, leftOut } = await loadCorpora(sources);
  const { utterances, report, ...prepared } = prepareUtterances(found, {
    ...options,
    ...(normaliser !== undefined && { normaliser: await loadNormaliser(normaliser) }),
  });
  for (const { utterance, reason } of prepared.leftOut) leftOut.push({ id: utterance.id, reason });
  if (utterances.length === 0) {
    const why = leftOut[0] ? `; the first of ${leftOut.length} left out: ${leftOut[0].id}: ${leftOut[0].reason}` : "";
    throw new UserError(`${sources.join(", ")}: holds no usable utterance${why}.`, { code: "bad-corpus" });
  }
  const audioSeconds = utterances.reduce((total, { durationSeconds }) => total + durationSeconds, 0);
  const { numChanged, numRefused } = report.summary();
  const normalisation = numChanged + numRefused > 0 ? report.toString() : "";
  const digest = digestOf(utterances);
  const facts = { numUtterances: utterances.length, audioSeconds, leftOut, normalisation, digest };
  return { utterances, facts };
}

function digestOf(utterances: readonly Utterance[]): string {
  const hash = createHash("sha256");
  for (const { id, durationSeconds, text } of utterances) hash.update(JSON.stringify([id, durationSeconds, text]));
  return hash.digest("hex");
}
