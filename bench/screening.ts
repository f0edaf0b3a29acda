/**
 * Which levers of the recipe hold: a small model trained to the end on some hours, with one lever after another on top of
 * what held before. A lever holds where it lowers dev's error rate by 2% of it or more.
 *
 *     node build/bench/screening.js --corpora FOLDER [--source NAME…] [--hours 3] [--epochs 80] [--lever NAME…]
 *         [--by cer|wer] [--seed 1] [--threads N] [--output FOLDER]
 *
 * Trains on FOLDER/train.jsonl, of the sources named (all without any), and measures on FOLDER/dev.jsonl. Runs and results
 * go to --output; what is there is not done again, and a run that was cut off goes on where it was. All takes as many hours
 * as there are levers, about.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { recipes } from "@deepspeech-ts/toolkit";
import { runTraining, type TrainConfigInput, trainConfigSchema } from "@deepspeech-ts/toolkit/training";

const { values } = parseArgs({
  options: {
    corpora: { type: "string" },
    source: { type: "string", multiple: true, default: [] },
    hours: { type: "string", default: "3" },
    epochs: { type: "string", default: "80" },
    lever: { type: "string", multiple: true },
    by: { type: "string", default: "cer" },
    seed: { type: "string", default: "1" },
    threads: { type: "string" },
    output: { type: "string", default: "build/screening" },
  },
});
const [epochs, output] = [Number(values.epochs), resolve(values.output)];
const by = values.by === "wer" ? "wer" : "cer";

/** What a lever must take off the error rate, as a part of it. */
const LEAST_GAIN = 0.02;

/** In the order of the trials. */
const levers: Record<string, TrainConfigInput> = {
  "masks strong and late": {
    specAugment: {
      ...{ timeMasks: 8, timeMaskFrames: 60, maxTimeMaskShare: 0.07, startCer: 0.6 },
      ...{ frequencyMasks: 2, frequencyMaskBands: 27, maxFrequencyMaskShare: 0.35 },
    },
  },
  "intermediate CTC": { objective: { intermediateLayers: [2] } },
  phones: { objective: { phoneLayer: 1 } },
  "vocal tract": { augmentation: { vocalTract: [0.9, 1.1] } },
  speeds: { speedFactors: [0.8, 0.9, 1, 1.1, 1.2] },
  tempo: { tempoFactors: [0.9, 1, 1.1] },
  "noise and rooms": {
    augmentation: {
      ...{ madeUpNoise: ["white", "pink", "brown", "babble"], noiseProbability: 0.3, noiseSnrDb: [5, 30] },
      ...{ roomSeconds: [0.1, 0.6], reverberationProbability: 0.3 },
    },
  },
  "dropout 0.3": { model: { dropout: 0.3 } },
  "label smoothing": { objective: { labelSmoothing: 0.05 } },
  // Two views make a step twice the work: half the passes cost as much, as its authors compare.
  "CR-CTC": { objective: { consistencyWeight: 0.2 }, epochs: Math.ceil(epochs / 2) },
  "average of the last 10": { averageLast: 10 },
};

interface Result {
  lever: string;
  wer: number;
  cer: number;
  steps: number;
  hours: number;
}

/** Some 4 million parameters, one cycle to the end. */
function baseConfig(train: string, dev: string): TrainConfigInput {
  return {
    ...recipes.default,
    ...{ train: [train], dev: [dev], test: [], runs: join(output, "runs"), epochs, seed: Number(values.seed) },
    ...(values.threads !== undefined && { threads: Number(values.threads) }),
    ...{ learningRate: 1.5e-3, maxBatchSeconds: 40, selectBy: by },
    features: { ...recipes.default.features, numMels: 80 },
    model: { convChannels: 16, timeStride: 3, residualLayers: 1, recurrentLayers: 3, hiddenSize: 256, dropout: 0.2 },
  };
}

/** A lever's keys over those of a configuration, group by group. */
function withLever(config: TrainConfigInput, lever: TrainConfigInput): TrainConfigInput {
  const groups = ["specAugment", "objective", "augmentation", "model"] as const;
  const merged = groups.map((group) => [group, { ...config[group], ...lever[group] }]);
  return { ...config, ...lever, ...Object.fromEntries(merged) };
}

/** A manifest of so many hours of the sources, by an order that the recordings' names fix. */
function subsetOf(manifest: string): string {
  const sources = new Set(values.source);
  const entries = readFileSync(manifest, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const chosen = entries.filter(({ source }) => sources.size === 0 || sources.has(source));
  if (chosen.length === 0) throw new Error(`${manifest}: holds nothing of ${[...sources].join(", ")}; check --source`);
  const placeOf = (entry: { audio_filepath: string }) =>
    createHash("sha256").update(entry.audio_filepath).digest("hex");
  const ordered = new Map(chosen.map((entry) => [placeOf(entry), entry]));
  const lines: string[] = [];
  let seconds = 0;
  for (const [, entry] of [...ordered].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (seconds >= 3600 * Number(values.hours)) break;
    seconds += entry.duration;
    const audio_filepath = resolve(dirname(manifest), entry.audio_filepath);
    lines.push(`${JSON.stringify({ ...entry, audio_filepath })}\n`);
  }
  const path = join(output, "train.jsonl");
  mkdirSync(output, { recursive: true });
  writeFileSync(path, lines.join(""));
  console.error(`${lines.length} recordings, ${(seconds / 3600).toFixed(2)} h`);
  return path;
}

/** Trains, or goes on, or tells what was found before. */
async function measured(lever: string, input: TrainConfigInput): Promise<Result> {
  const experiment = lever.replace(/[^\w.-]+/g, "-");
  const [runFolder, file] = [join(output, "runs", experiment, "version_0"), join(output, `${experiment}.json`)];
  const config = trainConfigSchema.parse({ ...input, experiment });
  if (existsSync(file)) {
    const known = JSON.parse(readFileSync(file, "utf8"));
    if (JSON.stringify(known.config) === JSON.stringify(config)) return known.result;
    throw new Error(`${file}: is of another configuration; give another --output, or remove it and its run`);
  }
  const resume = existsSync(runFolder) ? runFolder : undefined;
  let result: Result | undefined;
  const onEvent = (event: Parameters<NonNullable<Parameters<typeof runTraining>[1]>["onEvent"]>[0]) => {
    if (event.kind === "epoch") {
      const { wer, cer } = event.dev.rates;
      console.error(`${lever} ${event.epoch}/${event.epochs}: dev CER ${percent(cer)}, WER ${percent(wer)}`);
    }
    if (event.kind !== "finished" || event.reason === "stopped" || !event.best) return;
    const { wer, cer } = event.best;
    result = { lever, wer, cer, steps: event.steps, hours: event.elapsedSeconds / 3600 };
  };
  await runTraining({ ...config, ...(resume && { resume }) }, { onEvent });
  if (!result) throw new Error(`${lever}: the run was stopped; call again to go on`);
  writeFileSync(file, `${JSON.stringify({ result, config }, null, 2)}\n`);
  return result;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function tableOf(rows: readonly (Result & { holds: boolean })[]): string {
  const lines = rows.map(
    ({ lever, cer, wer, steps, hours, holds }) =>
      `| ${lever} | ${percent(cer)} / ${percent(wer)} | ${steps} | ${hours.toFixed(2)} | ${holds ? "yes" : "no"} |`,
  );
  return ["| lever | dev CER / WER | steps | hours | holds |", "|---|---|---:|---:|---|", ...lines, ""].join("\n");
}

const { corpora } = values;
if (corpora === undefined) throw new Error("--corpora is missing: a folder with train.jsonl and dev.jsonl");
const unknown = values.lever?.find((name) => !(name in levers));
if (unknown !== undefined) throw new Error(`--lever must be one of ${Object.keys(levers).join(", ")}, not ${unknown}`);
let config = baseConfig(subsetOf(join(corpora, "train.jsonl")), resolve(corpora, "dev.jsonl"));
const none = await measured("none", config);
const rows = [{ ...none, holds: true }];
let best = none;
for (const lever of values.lever ?? Object.keys(levers)) {
  const trial = withLever(config, levers[lever]!);
  const result = await measured(lever, trial);
  const holds = result[by] <= (1 - LEAST_GAIN) * best[by];
  if (holds) [config, best] = [{ ...trial, epochs }, result];
  rows.push({ ...result, holds });
  writeFileSync(join(output, "table.md"), tableOf(rows));
}
console.log(tableOf(rows));
