/**
 * What each lever of the recipe costs: processor time of a training step with it and without it, and of the loader's thread
 * for each second of sound. The same batch of the sample corpus, on one thread, in turns; medians over the rounds.
 *
 *     node build/bench/lever-cost.js [--rounds 7] [--json FILE]
 */
import { writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { loadTrainingCorpus } from "@deepspeech-ts/toolkit/acoustic-model";
import {
  AudioLoader,
  type Batch,
  loadPhonetiser,
  type PreparedUtterance,
  planBatches,
} from "@deepspeech-ts/toolkit/data";
import {
  phoneDenominator,
  type TrainConfigInput,
  TrainingSession,
  trainConfigSchema,
  trainStep,
} from "@deepspeech-ts/toolkit/training";
import { setNumThreads } from "@deepspeech-ts/torch";
import { median } from "./median.js";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "7" }, json: { type: "string" } } });
const rounds = Number(values.rounds);

/** Some 4 million parameters, as one trains on a few hours. */
const base: TrainConfigInput = {
  ...{ runs: join(tmpdir(), "deepspeech-bench"), experiment: "levers", threads: 1, speedFactors: [1] },
  features: { numMels: 80 },
  model: { convChannels: 16, timeStride: 3, residualLayers: 1, recurrentLayers: 3, hiddenSize: 256, dropout: 0.2 },
};

const stepLevers: Record<string, TrainConfigInput> = {
  none: {},
  "intermediate CTC, 1 layer": { objective: { intermediateLayers: [1] } },
  "intermediate CTC, 2 layers": { objective: { intermediateLayers: [1, 2] } },
  "phones, 1 layer": { objective: { phoneLayer: 1 } },
  "phones by CTC-CRF, 1 layer": { objective: { phoneLayer: 1, phoneCrfWeight: 0.9 } },
  "label smoothing": { objective: { labelSmoothing: 0.05 } },
  "CR-CTC": { objective: { consistencyWeight: 0.2 } },
  "vocal tract": { augmentation: { vocalTract: [0.9, 1.1] } },
};

const loaderLevers: Record<string, TrainConfigInput> = {
  none: {},
  speed: { speedFactors: [0.9] },
  tempo: { tempoFactors: [0.9] },
  "made-up noise of a colour": { augmentation: { madeUpNoise: ["pink"], noiseProbability: 1 } },
  "made-up babble": { augmentation: { madeUpNoise: ["babble"], noiseProbability: 1 } },
  "made-up room": { augmentation: { roomSeconds: [0.1, 0.6], reverberationProbability: 1 } },
};

interface Row {
  part: "step" | "loader";
  lever: string;
  /** Processor time of a step, or for each second of sound. */
  milliseconds: number;
  /** Of what it takes without any lever. */
  ratio: number;
}

const sampleFolder = fileURLToPath(new URL("../../sample-corpus/train", import.meta.url));
const corpus = await loadTrainingCorpus([sampleFolder], {
  ...{ ...trainConfigSchema.parse(base), alphabet: englishAlphabet, normalise: true },
  ...{ minDurationSeconds: 0.2, maxDurationSeconds: 32 },
});

function configOf(lever: TrainConfigInput) {
  return trainConfigSchema.parse({ ...base, ...lever });
}

function planFor(lever: TrainConfigInput, utterances: readonly PreparedUtterance[]) {
  const { speedFactors, tempoFactors, augmentation } = configOf(lever);
  const { noise: _, reverberation: __, ...settings } = augmentation;
  return planBatches(utterances, {
    ...{ seed: 1, epoch: 0, order: "as-is", maxBatchSeconds: 60, speedFactors, tempoFactors },
    augmentation: { ...settings, noiseFiles: [], impulseResponseFiles: [] },
  });
}

/** Milliseconds of processor time, all threads counted. */
async function processorTime(body: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await body();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Each lever in turn, round after round; the first round warms up. */
async function medians(
  levers: readonly string[],
  run: (lever: string) => Promise<number>,
): Promise<Map<string, number>> {
  const times = new Map(levers.map((lever) => [lever, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const lever of levers) {
      const time = await run(lever);
      if (round > 0) times.get(lever)!.push(time);
    }
  }
  return new Map([...times].map(([lever, all]) => [lever, median(all)]));
}

/** The utterances that are nearest to 10 s, some 40 s of them. */
async function typicalBatch(): Promise<Batch<PreparedUtterance>> {
  const distance = ({ durationSeconds }: PreparedUtterance) => Math.abs(durationSeconds - 10);
  const utterances = corpus.utterances.toSorted((a, b) => distance(a) - distance(b)).slice(0, 4);
  await using loader = new AudioLoader({ numWorkers: 1 });
  for await (const batch of loader.batches(planFor({}, utterances))) return batch;
  throw new Error("the sample corpus gave no batch");
}

async function measureSteps(): Promise<Map<string, number>> {
  const batch = await typicalBatch();
  const phonetise = await loadPhonetiser();
  const denominator = phoneDenominator(
    corpus.utterances.map(({ targetText }) => targetText),
    phonetise,
  );
  const sessions = new Map(
    Object.entries(stepLevers).map(([lever, changes]) => [
      lever,
      new TrainingSession(configOf(changes), englishAlphabet, { phonetise, denominator }),
    ]),
  );
  const found = await medians([...sessions.keys()], (lever) =>
    processorTime(() => void trainStep(sessions.get(lever)!, [batch], 1e-4)),
  );
  for (const session of sessions.values()) session.dispose();
  return found;
}

async function measureLoader(): Promise<Map<string, number>> {
  const utterances = corpus.utterances.filter(({ durationSeconds }) => durationSeconds > 3).slice(0, 20);
  const seconds = utterances.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  await using loader = new AudioLoader({ numWorkers: 1 });
  return await medians(Object.keys(loaderLevers), async (lever) => {
    const time = await processorTime(async () => {
      for await (const { failures, unaugmented = [] } of loader.batches(planFor(loaderLevers[lever]!, utterances))) {
        const [problem] = [...failures, ...unaugmented];
        if (problem) throw new Error(problem.reason);
      }
    });
    return time / seconds;
  });
}

function rowsOf(part: Row["part"], times: ReadonlyMap<string, number>): Row[] {
  return [...times].map(([lever, milliseconds]) => ({
    part,
    lever,
    milliseconds,
    ratio: milliseconds / times.get("none")!,
  }));
}

function print(rows: readonly Row[]): void {
  for (const { part, lever, milliseconds, ratio } of rows) {
    const unit = part === "step" ? milliseconds.toFixed(0) : `${milliseconds.toFixed(2)} a second of sound`;
    console.log(`| ${part} | ${lever} | ${unit} | ${ratio.toFixed(2)} |`);
  }
}

setNumThreads(1);
console.log(`${cpus()[0]?.model}, one thread, processor time, medians of ${rounds} rounds\n`);
console.log("| part | lever | ms | of none |\n|---|---|---:|---:|");
const steps = rowsOf("step", await measureSteps());
print(steps);
const loading = rowsOf("loader", await measureLoader());
print(loading);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify([...steps, ...loading], null, 2)}\n`);
