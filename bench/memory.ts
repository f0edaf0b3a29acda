/**
 * Does memory stay flat while a model trains? Takes 300 steps on the sample corpus with the quickstart's model, batches
 * of many shapes as in a real run, and compares the process's resident memory after step 50 and after step 300.
 *
 *     node build/bench/memory.js [--steps 300] [--json FILE]
 *
 * Exit code 1 where it grew by 2% or more.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { loadTrainingCorpus } from "@deepspeech-ts/toolkit/acoustic-model";
import { AudioLoader, planBatches } from "@deepspeech-ts/toolkit/data";
import { TrainingSession, trainConfigSchema, trainStep } from "@deepspeech-ts/toolkit/training";
import { liveMemory, setNumThreads } from "@deepspeech-ts/torch";

const WARM_UP_STEPS = 50;
const READING_STEPS = 5;
/** Readings whose median stands for a moment: one batch is twice as large as another. */
const READINGS = 5;
const ALLOWED_GROWTH = 0.02;

interface Reading {
  step: number;
  residentMegabytes: number;
  liveTensors: number;
  liveMegabytes: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Resident memory by the kernel's own account, after a collection, so that it counts what is held and not what waits. */
function read(step: number): Reading {
  collectGarbage();
  const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  const { tensors, bytes } = liveMemory();
  return { step, residentMegabytes: kilobytes / 1024, liveTensors: tensors, liveMegabytes: bytes / 2 ** 20 };
}

async function measure(steps: number): Promise<Reading[]> {
  const corpusFolder = fileURLToPath(new URL("../../sample-corpus/train", import.meta.url));
  const config = trainConfigSchema.parse({
    ...{ train: [corpusFolder], runs: join(tmpdir(), "deepspeech-bench"), experiment: "memory", threads: 1 },
    ...{ maxBatchSeconds: 8, maxDurationSeconds: 16, features: { numMels: 64 } },
    model: { convChannels: 16, timeStride: 3, residualLayers: 1, recurrentLayers: 2, hiddenSize: 128 },
  });
  setNumThreads(1);
  const corpus = await loadTrainingCorpus(config.train, { ...config, alphabet: englishAlphabet });
  await using loader = new AudioLoader({ cacheBytes: 1e9, numWorkers: 1 });
  using session = new TrainingSession(config, englishAlphabet);
  const plan = (epoch: number) =>
    planBatches(corpus.utterances, {
      ...{ seed: 1, epoch, order: "shuffled", maxBatchSeconds: config.maxBatchSeconds ?? 8 },
      speedFactors: config.speedFactors,
    });
  // The loader's memory of decoded audio and its threads' heaps fill up in the first epochs, by design: let them.
  for (let epoch = 0; epoch < 3; epoch++) for await (const _ of loader.batches(plan(epoch)));
  const readings: Reading[] = [];
  for (let epoch = 0; ; epoch++) {
    for await (const batch of loader.batches(plan(epoch))) {
      trainStep(session, [batch], config.learningRate);
      session.progress.batch++;
      await setImmediate(); // as training does
      const step = ++session.progress.step;
      if (step % READING_STEPS === 0) readings.push(read(step));
      if (step === steps) return readings;
    }
  }
}

/** The median of the last readings up to a step. */
function medianAt(step: number): Reading {
  const last = readings.filter((reading) => reading.step <= step).slice(-READINGS);
  return last.sort((a, b) => a.residentMegabytes - b.residentMegabytes)[Math.floor(last.length / 2)]!;
}

const { values } = parseArgs({ options: { steps: { type: "string", default: "300" }, json: { type: "string" } } });
const readings = await measure(Number(values.steps));
const before = medianAt(WARM_UP_STEPS);
const after = medianAt(Number(values.steps));
const growth = after.residentMegabytes / before.residentMegabytes - 1;
console.table([before, after]);
console.log(
  `resident memory from step ${WARM_UP_STEPS} to ${values.steps}: ${(100 * growth).toFixed(2)}% (allowed: under 2%)`,
);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ growth, readings }, null, 2)}\n`);
process.exitCode = growth < ALLOWED_GROWTH ? 0 : 1;
