/** One task of the benchmarks on our side: the same tasks as bench/reference/worker.py. See contestant.ts for the protocol. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { englishAlphabet, greedyDecode } from "@deepspeech-ts/speech";
import { DeepSpeech, FeatureExtractor } from "@deepspeech-ts/toolkit/acoustic-model";
import { AudioLoader, loadUtterances, planBatches } from "@deepspeech-ts/toolkit/data";
import { TrainingSession, trainConfigSchema, trainStep } from "@deepspeech-ts/toolkit/training";
import { noGrad, runtimeInfo, setNumThreads, tidy } from "@deepspeech-ts/torch";
import { batchOf, noise } from "../made-up-batch.js";
import type { Task } from "./contestant.js";
import type { PlannedBatch } from "./corpora.js";

type Run = () => void | Promise<void>;

interface Options extends Task {
  batch: number;
  seconds: number;
  precision: "fp32" | "bf16";
  device: "cpu" | "cuda";
  manifest: string;
  plan: string;
  frames: number;
  isPeaked: boolean;
  scratch: string;
}

/** Where the defaults of training are not the reference's: its optimiser, and no running average of weights. */
const WORK = { optimizer: "adamw", emaDecay: 0 };

function openSession({ precision, device, threads, scratch }: Options): TrainingSession {
  const keys = { runs: scratch, experiment: "bench", train: ["unread"], threads, precision, device, ...WORK };
  return new TrainingSession(trainConfigSchema.parse(keys), englishAlphabet);
}

function trainStepTask(options: Options): Run {
  const session = openSession(options);
  const targets = () => Array.from({ length: 12 * options.seconds }, () => Math.floor(28 * Math.random()));
  const rows = Array.from({ length: options.batch }, () => ({ waveform: noise(options.seconds), targets: targets() }));
  const batch = batchOf(rows);
  return () => void trainStep(session, [batch], 5e-4);
}

function epochTask(options: Options): Run {
  const session = openSession(options);
  const plan: PlannedBatch[] = JSON.parse(readFileSync(options.plan, "utf8"));
  let next = 0;
  return () => {
    const rows = plan[next++ % plan.length]!.map(({ path, targets }) => ({ waveform: floatsIn(path), targets }));
    trainStep(session, [batchOf(rows)], 5e-4);
  };
}

function forwardTask({ seconds }: Options): Run {
  const extractor = new FeatureExtractor();
  const model = new DeepSpeech().eval();
  const waveform = noise(seconds);
  return () =>
    noGrad(() =>
      tidy(() => {
        const { features, featureLengths } = extractor.extract(waveform, [waveform.length]);
        model.forward(features, featureLengths);
      }),
    );
}

function featuresTask({ batch, seconds }: Options): Run {
  const extractor = new FeatureExtractor();
  const { waveforms, sampleLengths } = batchOf(
    Array.from({ length: batch }, () => ({ waveform: noise(seconds), targets: [] })),
  );
  return () => tidy(() => void extractor.extract(waveforms, sampleLengths));
}

/** With one thread that decodes, as little as possible beside it. */
async function loadTask({ manifest, batch }: Options): Promise<Run> {
  const { utterances } = await loadUtterances(manifest);
  const plan = planBatches(utterances, { seed: 0, epoch: 0, order: "as-is", maxBatchUtterances: batch });
  const loader = new AudioLoader({ numWorkers: 1 });
  closers.push(() => loader.close());
  return async () => {
    for await (const { failures } of loader.batches(plan)) for (const { reason } of failures) console.error(reason);
  };
}

/** Of noise, or of what a trained model gives: in every third frame a letter, in the others the blank, by far the likeliest. */
function greedyTask({ frames, isPeaked }: Options): Run {
  const numTokens = englishAlphabet.tokens.length;
  const logProbs = Float32Array.from({ length: frames * numTokens }, () => 3 * Math.log(Math.random()) - 1e-6);
  for (let frame = 0; isPeaked && frame < frames; frame++) {
    const row = logProbs.subarray(frame * numTokens, (frame + 1) * numTokens);
    for (let id = 0; id < numTokens; id++) row[id]! -= 5;
    row[frame % 3 === 0 ? Math.floor(Math.random() * numTokens) : englishAlphabet.blankId] = -0.1 * Math.random();
  }
  return () => void greedyDecode({ logProbs, numFrames: frames, numTokens }, englishAlphabet);
}

function startUpTask(): Run {
  new FeatureExtractor();
  new DeepSpeech().eval();
  return () => {};
}

function floatsIn(path: string): Float32Array<ArrayBuffer> {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

const TASKS: Record<string, (options: Options) => Run | Promise<Run>> = {
  "train-step": trainStepTask,
  epoch: epochTask,
  forward: forwardTask,
  features: featuresTask,
  load: loadTask,
  greedy: greedyTask,
  "start-up": startUpTask,
};

const closers: (() => Promise<void>)[] = [];
const reply = (message: object) => console.log(JSON.stringify(message));

const options = JSON.parse(process.argv[2] ?? "") as Options;
setNumThreads(options.threads);
const run = await TASKS[options.task]!(options);
reply({ version: `Node ${process.versions.node}, libtorch ${runtimeInfo().version}` });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "peak") {
    reply({ peakMegabytes: process.resourceUsage().maxRSS / 1024 });
    continue;
  }
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(cpu);
  reply({ wallMs: performance.now() - wall, cpuMs: (user + system) / 1e3 });
}
for (const close of closers) await close();
