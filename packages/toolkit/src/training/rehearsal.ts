/**
 * The plan's largest batch, tried before the first step: what does not fit into memory fails in the first minute and
 * not in the third hour. Only its size matters, so it holds noise.
 */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { TorchError, tidy } from "@deepspeech-ts/torch";
import { usableBatch } from "../acoustic-model/index.js";
import type { BatchPlan, PlannedUtterance } from "../data/batches.js";
import type { Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { Random } from "../data/random.js";
import type { TrainingSession } from "./session.js";
import { backward } from "./step.js";

export interface BatchSize {
  utterances: number;
  /** Of the longest. */
  seconds: number;
}

type PlannedBatch = readonly PlannedUtterance<PreparedUtterance>[];

/**
 * Runs the largest batch of the plans forward and backward, and leaves weights and optimiser untouched.
 * @returns its size
 * @throws UserError `out-of-memory`
 */
export function rehearseLargestBatch(
  session: TrainingSession,
  plans: readonly BatchPlan<PreparedUtterance>[],
): BatchSize {
  const largest = plans
    .flatMap(({ batches }) => batches)
    .reduce((a, b) => (paddedSeconds(b) > paddedSeconds(a) ? b : a));
  const size = { utterances: largest.length, seconds: longestSeconds(largest) };
  session.model.train();
  explainingMemory(size, () => tryBatch(session, largest));
  session.optimizer.zeroGrad();
  return size;
}

/** @throws UserError `out-of-memory` in place of libtorch's own error */
export function explainingMemory<T>({ utterances, seconds }: BatchSize, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof TorchError) || !/can't allocate memory|not enough memory|out of memory/i.test(error.message))
      throw error;
    throw new UserError(
      `a batch of ${utterances} × ${seconds.toFixed(1)} s does not fit into memory; lower maxBatchSeconds or maxDurationSeconds (accumulateBatches makes up for smaller batches).`,
      { code: "out-of-memory", cause: error },
    );
  }
}

function tryBatch(session: TrainingSession, planned: PlannedBatch): void {
  const batch = usableBatch(noiseFor(planned, session.config.features.sampleRate), session.config);
  if (batch.utterances.length > 0) tidy(() => void backward(session, batch, { index: 0, masked: true }));
}

function noiseFor(planned: PlannedBatch, sampleRate: number): Batch<PreparedUtterance> {
  const sampleLengths = planned.map(({ durationSeconds }) => Math.round(durationSeconds * sampleRate));
  const maxSamples = Math.max(...sampleLengths);
  const random = new Random("rehearsal");
  const waveforms = Float32Array.from({ length: planned.length * maxSamples }, () => 0.01 * (random.next() - 0.5));
  const utterances = planned.map(({ utterance }) => utterance);
  const speedFactors = planned.map(({ speedFactor }) => speedFactor);
  return { utterances, speedFactors, waveforms, maxSamples, sampleLengths, failures: [] };
}

function longestSeconds(batch: PlannedBatch): number {
  return Math.max(...batch.map(({ durationSeconds }) => durationSeconds));
}

function paddedSeconds(batch: PlannedBatch): number {
  return batch.length * longestSeconds(batch);
}
