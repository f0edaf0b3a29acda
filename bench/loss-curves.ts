/**
 * Do bf16 and fp32 learn alike? Trains the quickstart's small model on the sample corpus twice, from the same weights and
 * with the same batches, masks and dropout, and compares the mean training loss of each epoch.
 *
 *   node build/bench/loss-curves.js [--epochs 8] [--seeds 2] [--json FILE]
 *
 * The curves of one precision from two seeds tell how much of a difference is chance.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { loadTrainingCorpus, type ModelCorpus } from "@deepspeech-ts/toolkit/acoustic-model";
import { AudioLoader, planBatches } from "@deepspeech-ts/toolkit/data";
import { type TrainConfig, TrainingSession, trainConfigSchema, trainStep } from "@deepspeech-ts/toolkit/training";
import { setNumThreads } from "@deepspeech-ts/torch";

const PRECISIONS = ["fp32", "bf16"] as const;

interface Curve {
  precision: (typeof PRECISIONS)[number];
  seed: number;
  /** Mean loss of each epoch. */
  losses: number[];
}

const { values } = parseArgs({
  options: {
    epochs: { type: "string", default: "8" },
    seeds: { type: "string", default: "2" },
    json: { type: "string" },
  },
});

function configFor(precision: Curve["precision"], seed: number, runs: string): TrainConfig {
  return trainConfigSchema.parse({
    ...{ train: [fileURLToPath(new URL("../../sample-corpus/train", import.meta.url))], runs, seed, precision },
    ...{ threads: 1, maxBatchSeconds: 24, maxDurationSeconds: 16, emaDecay: 0, blankBias: -2, learningRate: 2e-3 },
    ...{ features: { numMels: 64 }, speedFactors: [1] },
    model: { convChannels: 16, timeStride: 3, residualLayers: 1, recurrentLayers: 2, hiddenSize: 128 },
  });
}

async function train(config: TrainConfig, corpus: ModelCorpus, loader: AudioLoader, epochs: number): Promise<number[]> {
  using session = new TrainingSession(config, englishAlphabet);
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const { seed, maxBatchSeconds = 24 } = config;
    const plan = planBatches(corpus.utterances, { seed, epoch, order: "shuffled", maxBatchSeconds });
    const { progress } = session;
    Object.assign(progress, { epoch, batch: 0 });
    let total = 0;
    for await (const batch of loader.batches(plan)) {
      const warmUp = Math.min(1, (progress.step + 1) / 50);
      total += trainStep(session, [batch], warmUp * config.learningRate).loss;
      progress.batch++;
      progress.step++;
    }
    losses.push(total / plan.batches.length);
  }
  return losses;
}

setNumThreads(1);
const runs = mkdtempSync(join(tmpdir(), "deepspeech-bench-"));
const curves: Curve[] = [];
try {
  const settings = configFor("fp32", 1, runs);
  const corpus = await loadTrainingCorpus(settings.train, { ...settings, alphabet: englishAlphabet });
  await using loader = new AudioLoader({ cacheBytes: 1e9, numWorkers: 1 });
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    for (const precision of PRECISIONS) {
      const config = configFor(precision, seed, runs);
      const losses = await train(config, corpus, loader, Number(values.epochs));
      curves.push({ precision, seed, losses });
      console.log(`${precision}, seed ${seed}: ${losses.map((loss) => loss.toFixed(3)).join(" ")}`);
    }
  }
} finally {
  rmSync(runs, { recursive: true });
}
for (let seed = 1; seed <= Number(values.seeds); seed++) {
  const [fp32, bf16] = PRECISIONS.map((precision) => curves.find((c) => c.precision === precision && c.seed === seed)!);
  const apart = fp32!.losses.map((loss, epoch) => Math.abs(bf16!.losses[epoch]! / loss - 1));
  console.log(
    `seed ${seed}: bf16 is at most ${(100 * Math.max(...apart)).toFixed(2)}% from fp32 in any epoch's mean loss`,
  );
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(curves, null, 2)}\n`);
