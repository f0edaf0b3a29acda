/** A forward model's prior of what features are like: measured once on the training data, before the first step. */
import { noGrad, tidy } from "@deepspeech-ts/torch";
import { usableBatch } from "../acoustic-model/index.js";
import { planBatches } from "../data/batches.js";
import type { AudioLoader } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { Random } from "../data/random.js";
import type { TrainingSession } from "./session.js";

/** Half an hour of speech or so; a mean hardly changes after it. */
const MOST_UTTERANCES = 400;
const LIMITS = { maxBatchSeconds: 80, maxBatchUtterances: 16 };

/** Each band's mean and deviation over utterances drawn by the run's seed; they become part of the model. */
export async function learnFeatureStatistics(
  { model, averaged, extractor, config }: TrainingSession,
  loader: AudioLoader,
  utterances: readonly PreparedUtterance[],
): Promise<void> {
  const { numMels } = config.features;
  const total = { sum: new Float64Array(numMels), squares: new Float64Array(numMels), frames: 0 };
  const plan = planBatches(drawn(utterances, config.seed), { ...LIMITS, seed: 0, epoch: 0, order: "shortest-first" });
  for await (const loaded of loader.batches(plan)) {
    const { utterances: used, waveforms, sampleLengths } = usableBatch(loaded, { features: config.features });
    if (used.length === 0) continue;
    tidy(() =>
      noGrad(() => {
        // Zero beyond each utterance's length.
        const { features, featureLengths } = extractor.extract(waveforms, sampleLengths);
        const values = features.to("float64");
        addTo(total.sum, values.sum([0, 1]).toNumbers());
        addTo(total.squares, values.pow(2).sum([0, 1]).toNumbers());
        total.frames += featureLengths.reduce((sum, frames) => sum + frames, 0);
      }),
    );
  }
  if (total.frames === 0) return;
  for (const each of [model, averaged]) each?.inputNorm?.setPrior(total);
}

function drawn(utterances: readonly PreparedUtterance[], seed: number): PreparedUtterance[] {
  const random = new Random(seed, "feature-statistics");
  const left = [...utterances];
  const count = Math.min(MOST_UTTERANCES, left.length);
  return Array.from({ length: count }, () => left.splice(random.integer(left.length), 1)[0]!);
}

function addTo(sums: Float64Array, values: readonly number[]): void {
  for (const [i, value] of values.entries()) sums[i]! += value;
}
