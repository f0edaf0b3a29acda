/**
 * What hearing ahead is worth: a model that reads both ways, and models of as many parameters that stream and hear more and more
 * ahead, without a teacher and with the first one as theirs. The same data, steps and seed, trained from scratch, measured greedily.
 *
 *     node build/bench/look-ahead.js [--epochs 40] [--seeds 1] [--ahead 0 200 …] [--json FILE]
 *
 * On the sample corpus, by the quickstart's recipe. `ahead` is the row convolution's, in milliseconds; what convolutions and
 * half a window add stands beside it.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { lookaheadSamples } from "@deepspeech-ts/toolkit/internal/acoustic-model/latency.js";
import { numParameters } from "@deepspeech-ts/toolkit/internal/acoustic-model/memory.js";
import {
  modelConfigOf,
  runTraining,
  type TrainConfig,
  type TrainConfigInput,
  type TrainingEvent,
  trainConfigSchema,
} from "@deepspeech-ts/toolkit/training";

const NUM_TOKENS = 29;

/** examples/quickstart.config.ts says why. */
const RECIPE = {
  ...{ maxDurationSeconds: 32, threads: 1, workers: 1, maxBatchSeconds: 5, learningRate: 2e-3, gradientClip: 1 },
  schedule: { kind: "one-cycle", pctStart: 0.05, finalDivFactor: 4 },
  betas: [0.9, 0.98],
  specAugment: { frequencyMasks: 0, timeMasks: 0 },
  features: { numMels: 64 },
  model: { convChannels: 16, timeStride: 3, residualLayers: 1, recurrentLayers: 2, hiddenSize: 128, dropout: 0.2 },
} satisfies TrainConfigInput;

interface Row {
  model: string;
  seed: number;
  numParameters: number;
  /** All that it hears ahead; null for all that follows. */
  aheadMilliseconds: number | null;
  steps: number;
  devWer: number;
  devCer: number;
  testWer: number;
  testCer: number;
}

const { values } = parseArgs({
  options: {
    epochs: { type: "string", default: "40" },
    seeds: { type: "string", default: "1" },
    ahead: { type: "string", multiple: true, default: ["0", "200", "400", "800"] },
    json: { type: "string" },
  },
});

const sample = (subset: string) => fileURLToPath(new URL(`../../sample-corpus/${subset}`, import.meta.url));
const runs = mkdtempSync(join(tmpdir(), "deepspeech-look-ahead-"));

function configOf(seed: number, changes: TrainConfigInput = {}): TrainConfig {
  const data = { train: [sample("train")], dev: [sample("dev")], test: [sample("test")] };
  return trainConfigSchema.parse({
    ...{ ...RECIPE, ...data, runs, seed, epochs: Number(values.epochs), ...changes },
    features: { ...RECIPE.features, ...changes.features },
    model: { ...RECIPE.model, ...changes.model },
  });
}

/** A model that streams, as wide as makes its parameters as many as the other's. */
function streaming(seed: number, milliseconds: number, teacher?: string): TrainConfig {
  const both = configOf(seed);
  const frameMilliseconds = (1000 * both.features.hopSamples * both.model.timeStride) / both.features.sampleRate;
  const ofWidth = (hiddenSize: number) =>
    configOf(seed, {
      ...(teacher !== undefined && { teacher }),
      features: { normalisation: "running" },
      model: { direction: "forward", lookaheadFrames: Math.round(milliseconds / frameMilliseconds), hiddenSize },
    });
  const wanted = parametersOf(both);
  let width = both.model.hiddenSize;
  while (parametersOf(ofWidth(width + 4)) <= wanted) width += 4;
  return ofWidth(width);
}

function parametersOf(config: TrainConfig): number {
  return numParameters(modelConfigOf(config, NUM_TOKENS));
}

async function measure(name: string, config: TrainConfig): Promise<{ row: Row; runFolder: string }> {
  const events: TrainingEvent[] = [];
  const onEvent = (event: TrainingEvent) => {
    events.push(event);
    if (event.kind !== "epoch") return;
    const { wer, cer } = event.dev.rates;
    console.error(`${name} ${event.epoch}/${config.epochs}: dev CER ${percent(cer)}, WER ${percent(wer)}`);
  };
  await runTraining(config, { onEvent });
  const finished = events.find((event) => event.kind === "finished");
  const test = events.find((event) => event.kind === "test")?.test.rates;
  if (!finished?.best || !test) throw new Error(`${name}: the run was not measured`);
  const ahead = lookaheadSamples(modelConfigOf(config, NUM_TOKENS), config.features);
  const row = {
    ...{ model: name, seed: config.seed, numParameters: parametersOf(config), steps: finished.steps },
    aheadMilliseconds: Number.isFinite(ahead) ? (1000 * ahead) / config.features.sampleRate : null,
    ...{ devWer: finished.best.wer, devCer: finished.best.cer, testWer: test.wer, testCer: test.cer },
  };
  return { row, runFolder: finished.runFolder };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

const rows: Row[] = [];
try {
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const both = await measure("both ways", configOf(seed));
    rows.push(both.row);
    for (const ahead of values.ahead) {
      rows.push((await measure(`${ahead} ms`, streaming(seed, Number(ahead)))).row);
      const taught = streaming(seed, Number(ahead), both.runFolder);
      rows.push((await measure(`${ahead} ms, taught`, taught)).row);
    }
  }
} finally {
  rmSync(runs, { recursive: true, force: true });
}
console.log(
  "| model | seed | parameters | hears ahead | steps | dev CER / WER | test CER / WER | test WER beside both ways |",
);
console.log("|---|---:|---:|---:|---:|---|---|---:|");
for (const row of rows) {
  const dev = `${percent(row.devCer)} / ${percent(row.devWer)}`;
  const test = `${percent(row.testCer)} / ${percent(row.testWer)}`;
  const ahead = row.aheadMilliseconds === null ? "all" : `${row.aheadMilliseconds.toFixed(1)} ms`;
  const beside = row.testWer / rows.find(({ seed }) => seed === row.seed)!.testWer - 1;
  const cells = [
    row.model,
    row.seed,
    row.numParameters,
    ahead,
    row.steps,
    dev,
    test,
    `${beside < 0 ? "" : "+"}${percent(beside)}`,
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
