/** Whether a device computes what the processor does: the gradients of one ragged batch, parameter by parameter. */
import { englishAlphabet } from "@deepspeech-ts/speech";
import { backward } from "@deepspeech-ts/toolkit/internal/training/step.js";
import { TrainingSession, trainConfigSchema } from "@deepspeech-ts/toolkit/training";
import { manualSeed, type Tensor, tidy } from "@deepspeech-ts/torch";
import { batchOf, noise, type TrainingBatch } from "../made-up-batch.js";

export type Precision = "fp32" | "bf16";

export interface Parity {
  precision: Precision;
  /** Of the loss, from the processor's in fp32. */
  lossError: number;
  /** Of all gradients together, root mean squares, from the processor's in fp32. */
  gradientError: number;
  /** The parameter with the largest part in it, and that part. */
  worst: { name: string; error: number };
  /** `gradientError` of the processor itself in this precision: what the precision alone costs. */
  processorError: number;
}

/** What sums in another order differ by. */
const FP32_TOLERANCE = 1e-3;

/** Whether the device is as close to the processor's fp32 as the processor is in that precision. */
export function agrees({ lossError, gradientError, processorError }: Parity): boolean {
  return lossError < FP32_TOLERANCE + 2 * processorError && gradientError < FP32_TOLERANCE + 2 * processorError;
}

/** @param isSmall a small model and little sound, to try the bench itself */
export function* measureParity(device: string, isSmall: boolean): Generator<Parity> {
  const batch = raggedBatch(isSmall);
  const exact = gradientsOn("cpu", "fp32", batch, isSmall);
  for (const precision of ["fp32", "bf16"] as const) {
    const processor = precision === "fp32" ? exact : gradientsOn("cpu", precision, batch, isSmall);
    const found = device === "cpu" ? processor : gradientsOn(device, precision, batch, isSmall);
    const size = distance([], [...exact.gradients.values()]);
    const errors = [...exact.gradients].map(([name, expected]) => {
      return { name, error: distance([found.gradients.get(name)!], [expected]) / size };
    });
    yield {
      precision,
      lossError: Math.abs(found.loss / exact.loss - 1),
      gradientError: relativeError([...found.gradients.values()], [...exact.gradients.values()]),
      worst: errors.reduce((worst, each) => (each.error > worst.error ? each : worst)),
      processorError: relativeError([...processor.gradients.values()], [...exact.gradients.values()]),
    };
  }
}

interface Gradients {
  loss: number;
  /** Copies on the processor, by parameter. */
  gradients: Map<string, Float32Array>;
}

function gradientsOn(device: string, precision: Precision, batch: TrainingBatch, isSmall: boolean): Gradients {
  manualSeed(1); // the same weights for all
  using session = openSession({ device, precision, isSmall });
  const { values } = backward(session, batch, { index: 0, masked: false });
  const loss = values.toNumbers()[0]!;
  const gradients = new Map<string, Float32Array>();
  for (const [name, { grad }] of session.model.namedParameters()) if (grad) gradients.set(name, numbersOf(grad));
  return { loss, gradients };
}

/** Without masks, dropout or perturbation, which each device draws for itself. */
export function openSession({ device, precision, isSmall, threads }: SessionOptions): TrainingSession {
  const small = { convChannels: 4, residualLayers: 1, recurrentLayers: 2, hiddenSize: 32 };
  const keys = { train: ["unread"], device, precision, emaDecay: 0, speedFactors: [1], ...(threads && { threads }) };
  return new TrainingSession(
    trainConfigSchema.parse({ ...keys, model: { dropout: 0, ...(isSmall && small) } }),
    englishAlphabet,
  );
}

export interface SessionOptions {
  device: string;
  precision: Precision;
  isSmall: boolean;
  threads?: number;
}

function raggedBatch(isSmall: boolean): TrainingBatch {
  const seconds = isSmall ? [0.5, 1, 0.8] : [3, 11, 7, 4.5, 9];
  const letters = (count: number) => Array.from({ length: count }, (_, i) => 2 + ((7 * i) % 26));
  return batchOf(seconds.map((each) => ({ waveform: noise(each), targets: letters(Math.round(8 * each)) })));
}

function numbersOf(tensor: Tensor): Float32Array {
  return tidy(() => Float32Array.from(tensor.to("cpu").to("float32").contiguous().toTypedArray() as Float32Array));
}

function relativeError(found: readonly Float32Array[], expected: readonly Float32Array[]): number {
  return distance(found, expected) / distance([], expected);
}

/** Root of the sum of squared differences; what is lacking is zero. */
function distance(found: readonly Float32Array[], expected: readonly Float32Array[]): number {
  let sum = 0;
  for (const [i, values] of expected.entries()) {
    for (const [j, value] of values.entries()) sum += ((found[i]?.[j] ?? 0) - value) ** 2;
  }
  return Math.sqrt(sum);
}
