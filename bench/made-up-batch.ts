/** Batches for benchmarks that need no corpus. */
import type { Batch } from "@deepspeech-ts/toolkit/data";
import type { trainStep } from "@deepspeech-ts/toolkit/training";

export type TrainingBatch = Parameters<typeof trainStep>[1][number];

const SAMPLE_RATE = 16_000;

/** White, 16 kHz, within ±0.1. */
export function noise(seconds: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: seconds * SAMPLE_RATE }, () => 0.2 * Math.random() - 0.1);
}

/** Rows of any lengths, filled up with zeros. */
export function batchOf(rows: { waveform: Float32Array; targets: number[] }[]): TrainingBatch {
  const sampleLengths = rows.map(({ waveform }) => waveform.length);
  const maxSamples = Math.max(...sampleLengths);
  const waveforms = new Float32Array(rows.length * maxSamples);
  for (const [i, { waveform }] of rows.entries()) waveforms.set(waveform, i * maxSamples);
  const utterances = rows.map(({ targets }, i) => {
    const facts = { id: `${i}`, audioPath: "", durationSeconds: sampleLengths[i]! / SAMPLE_RATE, speaker: "" };
    return { ...facts, text: "", targetText: "", targets };
  });
  const batch: Batch<(typeof utterances)[number]> = {
    ...{ utterances, speedFactors: rows.map(() => 1), waveforms, maxSamples, sampleLengths, failures: [] },
  };
  return batch;
}
