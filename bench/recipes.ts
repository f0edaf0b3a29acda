/**
 * What the default recipe is worth beside the reference's: the same data, number of steps, model size and seed, trained
 * from scratch, measured greedily on dev and test.
 *
 *     node build/bench/recipes.js [--corpora FOLDER] [--epochs N] [--seeds N] [--recipe NAME…] [--json FILE]
 *
 * Without --corpora on the sample corpus; with it on FOLDER's train.jsonl and dev.jsonl.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { recipes } from "@deepspeech-ts/toolkit";
import {
  runTraining,
  type TrainConfigInput,
  type TrainingEvent,
  trainConfigSchema,
} from "@deepspeech-ts/toolkit/training";

interface Row {
  corpus: string;
  recipe: string;
  seed: number;
  epochs: number;
  steps: number;
  devWer: number;
  devCer: number;
  testWer: number | null;
  testCer: number | null;
}

const { values } = parseArgs({
  options: {
    corpora: { type: "string" },
    epochs: { type: "string" },
    seeds: { type: "string", default: "1" },
    recipe: { type: "string", multiple: true, default: ["reference", "default"] },
    json: { type: "string" },
  },
});

const sample = (subset: string) => fileURLToPath(new URL(`../../sample-corpus/${subset}`, import.meta.url));

/** Batches of so many utterances, whatever they last: every recipe then takes the same number of steps. */
function corpusConfig(): { name: string; epochs: number; config: TrainConfigInput } {
  const { corpora } = values;
  if (corpora === undefined) {
    const config = { train: [sample("train")], dev: [sample("dev")], test: [sample("test")], maxBatchUtterances: 3 };
    return { name: "sample corpus, 18 min", epochs: 30, config: { ...config, maxDurationSeconds: 32 } };
  }
  const [train, dev] = [join(corpora, "train.jsonl"), join(corpora, "dev.jsonl")];
  for (const path of [train, dev]) if (!existsSync(path)) throw new Error(`${path}: no such file; check --corpora`);
  const config = { train: [withoutRepetitions(train)], dev: [dev], test: [], maxBatchUtterances: 8 };
  return { name: "mixed corpora, 8 h", epochs: 6, config };
}

/** A copy of a manifest that names each recording once, which not every corpus does. */
function withoutRepetitions(path: string): string {
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  const byAudio = new Map(lines.map((line) => JSON.parse(line)).map((entry) => [entry.audio_filepath, entry]));
  const entries = [...byAudio.values()].map((entry) => ({
    ...entry,
    audio_filepath: resolve(dirname(path), entry.audio_filepath),
  }));
  const copy = join(mkdtempSync(join(tmpdir(), "deepspeech-recipes-")), "train.jsonl");
  writeFileSync(copy, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  return copy;
}

/** The quickstart's architecture: small enough for a processor. */
const SIZE = {
  features: { numMels: 64 },
  model: { convChannels: 16, timeStride: 3, residualLayers: 1, recurrentLayers: 2, hiddenSize: 128 },
};

async function measure(recipe: keyof typeof recipes, seed: number): Promise<Row> {
  const { name, epochs: usual, config } = corpusConfig();
  const epochs = values.epochs === undefined ? usual : Number(values.epochs);
  const runs = mkdtempSync(join(tmpdir(), "deepspeech-recipes-"));
  const settings = trainConfigSchema.parse({
    ...{ ...recipes[recipe], ...config, ...SIZE, runs, epochs, seed, threads: 1, workers: 1, maxBatchSeconds: 1e6 },
    features: { ...recipes[recipe].features, ...SIZE.features },
    model: { ...(recipes[recipe] as TrainConfigInput).model, ...SIZE.model },
    // Equal steps: neither recipe may end early.
    patience: 0,
  });
  const events: TrainingEvent[] = [];
  const onEvent = (event: TrainingEvent) => {
    events.push(event);
    if (event.kind === "epoch") {
      const { wer, cer } = event.dev.rates;
      console.error(`${recipe} ${event.epoch}/${epochs}: dev WER ${percent(wer)}, CER ${percent(cer)}`);
    }
  };
  try {
    await runTraining(settings, { onEvent });
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
  return rowOf(events, { corpus: name, recipe, seed, epochs });
}

function rowOf(events: readonly TrainingEvent[], facts: Pick<Row, "corpus" | "recipe" | "seed" | "epochs">): Row {
  const finished = events.find((event) => event.kind === "finished");
  const test = events.find((event) => event.kind === "test")?.test.rates;
  if (!finished?.best) throw new Error(`${facts.recipe}: the run was not measured`);
  const { wer, cer } = finished.best;
  return {
    ...{ ...facts, steps: finished.steps, devWer: wer, devCer: cer },
    ...{ testWer: test?.wer ?? null, testCer: test?.cer ?? null },
  };
}

function percent(share: number | null): string {
  return share === null ? "–" : `${(100 * share).toFixed(1)}%`;
}

const rows: Row[] = [];
for (let seed = 1; seed <= Number(values.seeds); seed++) {
  for (const recipe of values.recipe) rows.push(await measure(recipe as keyof typeof recipes, seed));
}
console.log("| corpus | recipe | seed | steps | dev CER / WER | test CER / WER |\n|---|---|---:|---:|---|---|");
for (const row of rows) {
  const dev = `${percent(row.devCer)} / ${percent(row.devWer)}`;
  const test = `${percent(row.testCer)} / ${percent(row.testWer)}`;
  console.log(`| ${row.corpus} | ${row.recipe} | ${row.seed} | ${row.steps} | ${dev} | ${test} |`);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
