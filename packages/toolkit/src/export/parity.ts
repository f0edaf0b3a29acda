/**
 * Whether a graph says what the model says that was trained: the same utterances through libtorch and through ONNX
 * Runtime, each alone and all in one batch.
 */
import type { Emissions } from "@deepspeech-ts/speech";
import { noGrad, tidy } from "@deepspeech-ts/torch";
import type { DeepSpeech, FeatureExtractor } from "../acoustic-model/index.js";
import { emissionsOf } from "../evaluation/evaluate.js";
import { batchOf, type OnnxSession, type WaveformBatch } from "./onnx-session.js";

/** The most by which a log-probability may differ where weights are stored as they were trained. */
export const PARITY_TOLERANCE = 1e-4;

export interface TrainedModel {
  model: DeepSpeech;
  extractor: FeatureExtractor;
}

/** Largest differences of log-probabilities. */
export interface Parity {
  numUtterances: number;
  /** From the training half, over utterances alone and in a batch. */
  fromTraining: number;
  /** Of an utterance in a batch from the same alone. */
  fromBatch: number;
}

/** @param waveforms each at least as long as the features need */
export async function measureParity(
  session: OnnxSession,
  trained: TrainedModel,
  waveforms: readonly Float32Array[],
): Promise<Parity> {
  const parity = { numUtterances: waveforms.length, fromTraining: 0, fromBatch: 0 };
  const together = await session.run(batchOf(waveforms));
  for (const [i, waveform] of waveforms.entries()) {
    const single = batchOf([waveform]);
    const [expected] = trainedEmissions(trained, single);
    const [alone] = await session.run(single);
    const batched = together[i]!;
    const differences = [alone!, batched].map((found) => largestDifference(found, expected!));
    parity.fromTraining = Math.max(parity.fromTraining, ...differences);
    parity.fromBatch = Math.max(parity.fromBatch, largestDifference(batched, alone!));
  }
  return parity;
}

function trainedEmissions({ model, extractor }: TrainedModel, batch: WaveformBatch): Emissions[] {
  return noGrad(() =>
    tidy(() => {
      const { waveforms, sampleLengths } = batch;
      const { features, featureLengths } = extractor.extract(waveforms, sampleLengths);
      return emissionsOf(model.forward(features, featureLengths));
    }),
  );
}

/** Infinite where the shapes differ or a value is not finite. */
function largestDifference(found: Emissions, expected: Emissions): number {
  if (found.logProbs.length !== expected.logProbs.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const [i, value] of found.logProbs.entries()) {
    const difference = Math.abs(value - expected.logProbs[i]!);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}
