/** What `deepspeech data check` says of the memory that training on its batches takes. */
import {
  memoryOfMachine,
  type TrainingMemory,
  trainingMemory,
} from "@deepspeech-ts/toolkit/internal/acoustic-model/memory.js";
import type { BatchSize } from "@deepspeech-ts/toolkit/internal/data/check/check-corpus.js";
import { modelConfigOf, type TrainConfig } from "@deepspeech-ts/toolkit/internal/training/config.js";
import { formatBytes } from "./format.js";

/** The largest batch with its memory, and where the machine has less, a warning with ways out. */
export function memoryLines(
  batch: BatchSize | undefined,
  config: TrainConfig,
  { numTokens, machineBytes = memoryOfMachine() }: { numTokens: number; machineBytes?: number },
): string[] {
  if (batch === undefined) return [];
  const views = config.objective.consistencyWeight > 0 ? 2 : 1;
  const memory = trainingMemory(
    modelConfigOf(config, numTokens),
    { ...batch, numUtterances: views * batch.numUtterances },
    {
      features: config.features,
      device: config.device === "cpu" ? "cpu" : "cuda",
      precision: config.precision,
      optimizer: config.optimizer,
      averagesWeights: config.emaDecay > 0,
    },
  );
  const size = `${batch.numUtterances} × ${batch.seconds.toFixed(1)} s`;
  const line = `Largest batch: ${size}, about ${formatBytes(memory.total)} on the training device${qualification(config)}`;
  return [line, ...warning(memory, config, machineBytes)];
}

/** What autocast narrows on graphics cards, and what it copies to do so, differs between libtorch's versions. */
function qualification({ device, precision }: TrainConfig): string {
  return device === "cpu" || precision === "fp32" ? "" : ", counted as if in fp32";
}

/** Of a graphics card's memory nothing is known here: asking would take libtorch. */
function warning({ total, activations }: TrainingMemory, { device }: TrainConfig, machineBytes: number): string[] {
  if (device !== "cpu" || total <= machineBytes) return [];
  const fixed = total - activations;
  const wayOut =
    fixed >= machineBytes
      ? `${formatBytes(fixed)} of it for the model itself: choose a smaller model`
      : "give a smaller --max-batch-seconds or --max-duration-seconds";
  return [`! that is more than the ${formatBytes(machineBytes)} of this machine; ${wayOut}`];
}
