/**
 * What several processes bring: two of one thread beside one of two threads, on the same batches; how much of what they
 * tell each other hides behind the backward pass; and, from the times measured here, what more of them would bring over
 * networks of 1 and 10 Gbit/s.
 *
 *     node build/bench/processes/processes-bench.js [--size full|small] [--steps N] [--rounds N] [--json FILE]
 *
 * A batch is 8 × 10 s. Every variant is measured in each round, one after another, and the medians are told. The network's
 * figures are computed, not measured: pairs of ranks exchange all gradients in log2(ranks) rounds, at the network's full rate.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { wavFile } from "@deepspeech-ts/recognizer/audio";
import {
  runTraining,
  type TrainConfigInput,
  type TrainingEvent,
  trainConfigSchema,
} from "@deepspeech-ts/toolkit/training";
import { distributed } from "@deepspeech-ts/torch";
import { median } from "../median.js";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "full" },
    steps: { type: "string", default: "6" },
    rounds: { type: "string", default: "3" },
    json: { type: "string" },
  },
});
const NUM_STEPS = Number(values.steps);
const SMALL: TrainConfigInput["model"] = { convChannels: 16, residualLayers: 1, recurrentLayers: 2, hiddenSize: 128 };
const [SECONDS, SAMPLE_RATE, ROWS] = [10, 16_000, 8];
/** Of a step's time: forward passes take the rest. */
const BACKWARD_SHARE = 2 / 3;

/** Noise, for only sizes matter here: enough batches for the longest variant. */
function corpus(folder: string): string {
  const samples = Float32Array.from({ length: SECONDS * SAMPLE_RATE }, (_, i) => 0.03 * Math.sin(i * i));
  writeFileSync(join(folder, "noise.wav"), wavFile(samples, SAMPLE_RATE));
  const line = (id: number) => ({
    id: `u${id}`,
    audio_filepath: "noise.wav",
    duration: SECONDS,
    text: "some words or other ".repeat(7).trim(),
  });
  const lines = Array.from({ length: 2 * ROWS * (NUM_STEPS + 2) }, (_, id) => JSON.stringify(line(id)));
  const path = join(folder, "noise.jsonl");
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

interface Variant {
  processes: number;
  threads: number;
  accumulateBatches: number;
}

let parameters = 0;

/** Seconds of a step, by the time between the first and the last. */
async function secondsOfStep(manifest: string, variant: Variant): Promise<number> {
  const config = trainConfigSchema.parse({
    ...{ train: [manifest], dev: [manifest], test: [], runs: join(manifest, "..", "runs"), epochs: 1 },
    ...{ maxBatchSeconds: SECONDS * ROWS, maxBatchUtterances: ROWS, speedFactors: [1], workers: 1, ...variant },
    ...(values.size === "small" && { model: SMALL }),
  });
  const stop = new AbortController();
  const times: number[] = [];
  const onEvent = (event: TrainingEvent) => {
    if (event.kind === "start") parameters = event.numParameters;
    if (event.kind !== "step") return;
    times.push(performance.now());
    if (times.length === NUM_STEPS) stop.abort();
  };
  await runTraining(config, { onEvent, signal: stop.signal });
  return (times.at(-1)! - times[0]!) / 1000 / (times.length - 1);
}

/** What each of two processes prints, rank 0's: of a script that joins them by the store at `port`. */
async function ofTwo<T>(start: (port: number, rank: number) => { words: string[]; env: Record<string, string> }) {
  using store = new distributed.Store({ serve: true });
  const answers = [0, 1].map(async (rank) => {
    const { words, env } = start(store.port, rank);
    const child = spawn(process.execPath, words, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    return await text(child.stdout);
  });
  return JSON.parse((await Promise.all(answers))[0]!) as T;
}

/** Of two processes that add up a full-size model's gradients and do nothing else. */
async function secondsOfSum(): Promise<number> {
  const script = fileURLToPath(new URL("../../../packages/deepspeech/dist/sum-speed-process.js", import.meta.url));
  const { seconds, parameters: summed } = await ofTwo<{ seconds: number; parameters: number }>((port, rank) => {
    const env = { WORLD_SIZE: "2", MASTER_ADDR: "127.0.0.1", MASTER_PORT: `${port}`, RANK: `${rank}` };
    return { words: [script], env: { ...env, TORCHELASTIC_USE_AGENT_STORE: "True" } };
  });
  return (seconds * parameters) / summed;
}

/** How long it is until all is added up once the last backward pass is done: what did not hide behind it. */
async function secondsExposed(): Promise<number> {
  const script = fileURLToPath(new URL("./exposed-process.js", import.meta.url));
  const model = JSON.stringify(values.size === "small" ? SMALL : {});
  const { seconds } = await ofTwo<{ seconds: number }>((port, rank) => {
    return { words: [script, `${port}`, `${rank}`, "2", model], env: {} };
  });
  return seconds;
}

const folder = mkdtempSync(join(tmpdir(), "bench-processes-"));
try {
  const manifest = corpus(folder);
  const all: Record<"one" | "two" | "apart" | "sum" | "exposed", number[]> = {
    ...{ one: [], two: [], apart: [] },
    ...{ sum: [], exposed: [] },
  };
  for (let round = 0; round < Number(values.rounds); round++) {
    all.one.push(await secondsOfStep(manifest, { processes: 1, threads: 2, accumulateBatches: 2 }));
    all.two.push(await secondsOfStep(manifest, { processes: 2, threads: 1, accumulateBatches: 2 }));
    const alone = { processes: 1, threads: 1, accumulateBatches: 1 };
    all.apart.push(Math.max(...(await Promise.all([0, 1].map(async () => await secondsOfStep(manifest, alone))))));
    all.sum.push(await secondsOfSum());
    all.exposed.push(await secondsExposed());
  }
  const [one, two, apart, sum] = [median(all.one), median(all.two), median(all.apart), median(all.sum)];
  const exposed = median(all.exposed);
  const ms = (seconds: number) => `${Math.round(1000 * seconds)} ms`;
  console.log(`${(parameters / 1e6).toFixed(1)} million parameters, a step of 2 batches of ${ROWS} × ${SECONDS} s`);
  console.log(`one process of two threads        ${ms(one)} a step`);
  console.log(`two processes of one thread       ${ms(two)} a step, ${(one / two).toFixed(2)} times as fast`);
  console.log(`two that do not know each other   ${ms(apart)} a step`);
  console.log(`adding up their gradients alone   ${ms(sum)}`);
  const hidden = Math.round(100 * (1 - exposed / sum));
  console.log(`left of it after the backward     ${(1000 * exposed).toFixed(1)} ms: ${hidden}% is hidden`);
  console.log(
    "\npredicted: how many times one rank's speed, a batch each and a step, all messages hidden as far as the backward pass is long (and none hidden)",
  );
  console.log("| ranks | 1 Gbit/s | 10 Gbit/s |\n|---:|---:|---:|");
  const predictions = [2, 4, 8, 16, 32, 64].map((ranks) => {
    const speeds = [1e9, 10e9].map((bits) => predictedSpeed(ranks, bits, apart));
    console.log(
      `| ${ranks} | ${speeds.map(({ hidden, open }) => `${hidden.toFixed(1)} (${open.toFixed(1)})`).join(" | ")} |`,
    );
    return { ranks, speeds };
  });
  if (values.json) writeFileSync(values.json, JSON.stringify({ parameters, seconds: all, predictions }, null, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function predictedSpeed(ranks: number, bitsPerSecond: number, step: number) {
  const messages = (Math.log2(ranks) * 32 * parameters) / bitsPerSecond;
  const speed = (left: number) => (ranks * step) / (step + left);
  return { hidden: speed(Math.max(0, messages - BACKWARD_SHARE * step)), open: speed(messages) };
}
