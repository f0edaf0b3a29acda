/** A training session without a run, and batches of one recording for it. */
import type { TestContext } from "node:test";
import { encodeText, englishAlphabet } from "@deepspeech-ts/speech";
import { loadWaveform } from "../data/audio/waveform.js";
import { audioFixture, temporaryFolder, utterance } from "../data/fixtures.test.support.js";
import type { Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import type { TrainConfigInput } from "./config.js";
import { type SessionOptions, TrainingSession } from "./session.js";
import { tinyConfig } from "./training.test.support.js";

export const { samples: speech } = await loadWaveform(audioFixture("speech-16k.flac"));

export function batchOf(waveform: Float32Array<ArrayBuffer>): Batch<PreparedUtterance> {
  const targets = encodeText("good morning", englishAlphabet);
  return {
    utterances: [{ ...utterance("u"), targetText: "good morning", targets }],
    speedFactors: [1],
    waveforms: waveform,
    maxSamples: waveform.length,
    sampleLengths: [waveform.length],
    failures: [],
  };
}

export async function openSession(
  t: TestContext,
  overrides: TrainConfigInput = {},
  options: SessionOptions = {},
): Promise<TrainingSession> {
  const folder = await temporaryFolder(t);
  const config = tinyConfig(folder, "unused.jsonl", { gradientClip: 1000, ...overrides });
  const session = new TrainingSession(config, englishAlphabet, options);
  t.after(() => session.dispose());
  return session;
}

/** One batch of several, each padded to the longest. */
export function join(batches: readonly Batch<PreparedUtterance>[]): Batch<PreparedUtterance> {
  const maxSamples = Math.max(...batches.map((batch) => batch.maxSamples));
  const waveforms = new Float32Array(batches.length * maxSamples);
  for (const [row, batch] of batches.entries()) waveforms.set(batch.waveforms, row * maxSamples);
  return {
    utterances: batches.flatMap((batch) => batch.utterances),
    speedFactors: batches.map(() => 1),
    sampleLengths: batches.flatMap((batch) => batch.sampleLengths),
    ...{ waveforms, maxSamples, failures: [] },
  };
}

/** Nothing random: the same batch gives the same gradients. */
export const steady: TrainConfigInput = {
  specAugment: { timeMasks: 0, frequencyMasks: 0 },
  model: { convChannels: 2, residualLayers: 1, recurrentLayers: 1, hiddenSize: 8, dropout: 0 },
};

export const weightsOf = ({ model }: TrainingSession) =>
  [...model.namedParameters().values()].map((p) => p.toNumbers());
