/**
 * Whether a graph says what the model says that was trained: the same utterances through libtorch and through ONNX
 * Runtime, each alone and all in one batch.
 *
 * Features and model are held to it apart. Where a band is all but silent, as above what MP3 keeps, normalisation makes a
 * last bit of a logarithm (10^-6) up to some ten thousand times larger, on both sides alike; that is no mistake of the graph,
 * yet the log-probabilities of a few utterances show it.
 */
import type { Emissions } from "@deepspeech-ts/speech";
import { fromTypedArray, noGrad, tidy } from "@deepspeech-ts/torch";
import type { DeepSpeech, FeatureExtractor } from "../acoustic-model/index.js";
import { emissionsOf } from "../evaluation/evaluate.js";
import { streamingFacts } from "./graph/step-graph.js";
import { batchOf, type OnnxSession, type SessionOutput } from "./onnx-session.js";

/** By how much log-probabilities of the same features differ at most, where weights are stored as they were trained. */
export const PARITY_TOLERANCE = 1e-4;
/**
 * By how much more they must differ for a graph to be called wrong. What much training has made certain of itself makes more of
 * a last bit in what it never heard: up to 4e-4 of 4 s of noise. A graph that is wrong differs by far more.
 */
export const WRONG_DIFFERENCE = 1e-3;
/** By how much half of the features may differ. A wrong window, filter or mean makes nearly all of them differ by more. */
export const FEATURE_TOLERANCE = 1e-4;

export interface TrainedModel {
  model: DeepSpeech;
  extractor: FeatureExtractor;
}

/** Largest differences over all utterances. */
export interface Parity {
  numUtterances: number;
  /** Of features from the training half's, the median; of those above 1, in proportion to them. */
  features: number;
  /** Of log-probabilities from what the trained model makes of the graph's features. */
  model: number;
  /** Of log-probabilities from the training half's own, from waveform to end, alone and in a batch. */
  fromTraining: number;
  /** Of log-probabilities in a batch from those alone. */
  fromBatch: number;
  /** Of log-probabilities in steps from those of the whole, where the model streams. */
  inSteps?: number;
}

type Compared = Omit<Parity, "numUtterances" | "inSteps">;

/** Frames of output of one step. */
const STEP_FRAMES = 8;

/** @param waveforms each at least as long as the features need */
export async function measureParity(
  session: OnnxSession,
  trained: TrainedModel,
  waveforms: readonly Float32Array[],
): Promise<Parity> {
  const together = await session.run(batchOf(waveforms));
  const { model, extractor } = trained;
  const streaming = streamingFacts(model.config, extractor.config);
  const parities: Compared[] = [];
  const inSteps: number[] = [];
  for (const [i, waveform] of waveforms.entries()) {
    const alone = await session.run(batchOf([waveform]));
    parities.push(compare(trained, waveform, alone, together.emissions[i]!));
    if (!streaming) continue;
    const piece = { samples: new Float32Array(waveform), stepFrames: STEP_FRAMES };
    const stepped = await session.runInSteps([piece], streaming);
    inSteps.push(largestDifference(stepped.logProbs, alone.emissions[0]!.logProbs));
  }
  const largest = (key: keyof (typeof parities)[number]) => Math.max(...parities.map((parity) => parity[key]));
  return {
    numUtterances: waveforms.length,
    features: largest("features"),
    model: largest("model"),
    fromTraining: largest("fromTraining"),
    fromBatch: largest("fromBatch"),
    ...(streaming && { inSteps: Math.max(...inSteps) }),
  };
}

/** One utterance: `alone` through the graph, `batched` from its batch, and through libtorch here. */
function compare(
  { model, extractor }: TrainedModel,
  waveform: Float32Array,
  alone: SessionOutput,
  batched: Emissions,
): Compared {
  return noGrad(() =>
    tidy(() => {
      const { features, featureLengths } = extractor.extract(waveform, [waveform.length]);
      const given = fromTypedArray(Float32Array.from(alone.features), [...alone.featureShape]);
      const own = alone.emissions[0]!.logProbs;
      const expected = emissionsOf(model.forward(features, featureLengths))[0]!.logProbs;
      const ofSameFeatures = emissionsOf(model.forward(given, featureLengths))[0]!.logProbs;
      return {
        features: medianDifference(alone.features, features.toFloat32Array()),
        model: largestDifference(own, ofSameFeatures),
        fromTraining: Math.max(largestDifference(own, expected), largestDifference(batched.logProbs, expected)),
        fromBatch: largestDifference(batched.logProbs, own),
      };
    }),
  );
}

/** Infinite where lengths differ or a value is not finite. */
function medianDifference(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  const differences = found.map((value, i) => Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!)));
  if (differences.some((difference) => !Number.isFinite(difference))) return Number.POSITIVE_INFINITY;
  return differences.sort()[Math.floor(differences.length / 2)]!;
}

/** Infinite where lengths differ or a value is not finite. */
function largestDifference(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const [i, value] of found.entries()) {
    const difference = Math.abs(value - expected[i]!);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}
