/** How fast a device trains by the size of its batches, and where the time of a step goes. */
import { trainStep } from "@deepspeech-ts/toolkit/training";
import { recordOperators } from "@deepspeech-ts/torch";
import { batchOf, noise } from "../made-up-batch.js";
import { median } from "../median.js";
import { openSession, type Precision } from "./parity.js";

export interface Throughput {
  precision: Precision;
  /** Utterances in a batch, of `seconds` each. */
  batch: number;
  seconds: number;
  /** Median of a step. */
  stepMs: number;
  /** Seconds of sound a second. */
  throughput: number;
}

const SIZES = [8, 16, 32, 64, 128, 256];
const ROUNDS = 5;

/** Ends with the first batch for which there is no memory. */
export function* measureThroughput(device: string, isSmall: boolean): Generator<Throughput | string> {
  const seconds = isSmall ? 1 : 10;
  for (const precision of ["fp32", "bf16"] as const) {
    for (const batch of isSmall ? [1, 2] : SIZES) {
      try {
        const stepMs = medianStep({ device, precision, isSmall }, batch, seconds);
        yield { precision, batch, seconds, stepMs, throughput: (1000 * batch * seconds) / stepMs };
      } catch (error) {
        yield `${precision}, ${batch} × ${seconds} s: ${(error as Error).message.split("\n")[0]}`;
        break;
      }
    }
  }
}

/** A step ends with its loss read back, for which the processor waits until the device is done. */
function medianStep(
  options: { device: string; precision: Precision; isSmall: boolean },
  batch: number,
  seconds: number,
) {
  using session = openSession(options);
  const made = madeUpBatch(batch, seconds);
  const times = Array.from({ length: ROUNDS + 1 }, () => {
    const start = performance.now();
    trainStep(session, [made], 1e-4);
    return performance.now() - start;
  });
  return median(times.slice(1));
}

export interface Profile {
  precision: Precision;
  /** Operators that one step starts, the most frequent first: each costs a device a start. */
  operators: [name: string, count: number][];
  /** Values read back within a step, for each of which the processor waits. */
  waits: number;
}

export function profileStep(device: string, precision: Precision, isSmall: boolean): Profile {
  using session = openSession({ device, precision, isSmall });
  const batch = madeUpBatch(isSmall ? 2 : 16, isSmall ? 1 : 10);
  trainStep(session, [batch], 1e-4);
  const counts = new Map<string, number>();
  for (const name of recordOperators(() => void trainStep(session, [batch], 1e-4))) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const operators = [...counts].sort(([, a], [, b]) => b - a);
  return { precision, operators, waits: counts.get("aten::_local_scalar_dense") ?? 0 };
}

function madeUpBatch(batch: number, seconds: number) {
  const targets = Array.from({ length: 12 * seconds }, (_, i) => 2 + ((7 * i) % 26));
  return batchOf(Array.from({ length: batch }, () => ({ waveform: noise(seconds), targets })));
}
