/**
 * Recordings that are shorter than their manifest says. Corpora are checked by stated durations, before any audio is
 * read; one utterance that is too short after all would stop a run, so it is taken out of its batch and named.
 */
import { minimumFrames } from "@deepspeech-ts/speech";
import type { Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { type FeatureConfig, minSamples, numFrames } from "./feature-config.js";
import { outputFrames } from "./model-config.js";

/** What makes an utterance unusable. */
export interface UsableBatchOptions {
  features: FeatureConfig;
  /** Also take out what CTC cannot align. Default: only what has no features. */
  model?: { timeStride: number };
}

/** The batch without utterances that are too short; they join its failures. */
export function usableBatch(
  batch: Batch<PreparedUtterance>,
  { features, model }: UsableBatchOptions,
): Batch<PreparedUtterance> {
  const problems = batch.utterances.map((utterance, row) => {
    const samples = batch.sampleLengths[row]!;
    const reason = tooShort(samples, features) ?? (model && infeasible(utterance.targets, samples, features, model));
    return reason === undefined ? undefined : { utterance, reason: `${utterance.audioPath}: ${reason}` };
  });
  const failures = problems.filter((problem) => problem !== undefined);
  if (failures.length === 0) return batch;
  const rows = batch.utterances.flatMap((_, row) => (problems[row] ? [] : [row]));
  return { ...selectRows(batch, rows), failures: [...batch.failures, ...failures] };
}

/** Why an utterance has no features; undefined where it has. */
export function tooShort(numSamples: number, features: FeatureConfig): string | undefined {
  const needed = minSamples(features);
  if (numSamples >= needed) return undefined;
  return `has ${numSamples} samples at ${features.sampleRate} Hz, features need at least ${needed}`;
}

function infeasible(
  targets: readonly number[],
  numSamples: number,
  features: FeatureConfig,
  model: { timeStride: number },
): string | undefined {
  const frames = outputFrames(numFrames(numSamples, features), model);
  const needed = minimumFrames(targets);
  if (frames >= needed) return undefined;
  const seconds = (numSamples / features.sampleRate).toFixed(2);
  return `the transcript needs ${needed} frames, and the ${seconds} s that were read give ${frames}`;
}

function selectRows<B extends Batch<PreparedUtterance>>(batch: B, rows: readonly number[]): B {
  const { maxSamples } = batch;
  const waveforms = new Float32Array(rows.length * maxSamples);
  for (const [target, row] of rows.entries()) {
    waveforms.set(batch.waveforms.subarray(row * maxSamples, (row + 1) * maxSamples), target * maxSamples);
  }
  return {
    ...batch,
    waveforms,
    utterances: rows.map((row) => batch.utterances[row]!),
    speedFactors: rows.map((row) => batch.speedFactors[row]!),
    sampleLengths: rows.map((row) => batch.sampleLengths[row]!),
  };
}
