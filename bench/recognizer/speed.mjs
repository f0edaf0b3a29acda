/**
 * The full-size model on one core, features included: the recogniser from samples to text, ONNX Runtime on the same graph
 * (no recogniser on it can be faster), and the same model in PyTorch, eager and in fp32. Each is a process of its own;
 * they take turns of some runs each, so that most find their weights where the run before left them, as in a recogniser
 * that is at work. What is told is the median of all. Memory is the most that the process ever held.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Contestant, findReferencePython } from "../../build/bench/side-by-side/contestant.js";
import { setNativeDefaults } from "../../packages/torch/dist/environment.js";
import { PRECISIONS } from "./bundles.mjs";

const CHILD = fileURLToPath(new URL("./speed-child.mjs", import.meta.url));
const SECONDS = 10;
const RUNS_PER_TURN = 4;
/** JavaScript is compiled as it runs: what is told is of a process that has been at work for some seconds. */
const WARM_UP_RUNS = 8;

/** Rows for one utterance, and for eight at a time. */
export async function* speed({ bundles, rounds }) {
  for (const batch of [1, 8]) yield* speedOf(batch, { bundles: await bundles(), rounds });
}

export async function* sizes({ bundles }) {
  const paths = await bundles();
  for (const precision of PRECISIONS) {
    yield row(`size of the bundle, ${precision}`, statSync(paths[precision]).size / 1e6, null, "MB");
  }
}

async function* speedOf(batch, { bundles, rounds }) {
  const sides = PRECISIONS.flatMap((precision) =>
    ["recognizer", "onnxruntime"].map((runtime) => ({ precision, runtime, bundle: bundles[precision] })),
  );
  const work = { batch, seconds: SECONDS };
  const open = [];
  for (const side of sides) open.push({ side, run: await startOurs({ ...work, ...side }), timings: [] });
  const reference = await startReference(work);
  if (reference) open.push({ side: {}, run: reference, timings: [] });
  for (const { run } of open) for (let i = 0; i < WARM_UP_RUNS; i++) await run();
  for (let round = 0; round < rounds; round++) {
    for (const { run, timings } of open) for (let i = 0; i < RUNS_PER_TURN; i++) timings.push(await run());
  }
  for (const { run } of open) await run.close();

  const of = (precision, runtime) =>
    open.find(({ side }) => side.precision === precision && side.runtime === runtime)?.timings;
  const eager = of(undefined, undefined);
  const heard = batch * SECONDS;
  for (const precision of PRECISIONS) {
    const [ours, limit] = [of(precision, "recognizer"), of(precision, "onnxruntime")];
    const name = `${precision}, ${batch} × ${SECONDS} s`;
    yield {
      ...row(name, timesRealTime(heard, ours), eager && timesRealTime(heard, eager), "× real time"),
      cpuRatio: eager ? median(eager, "cpuMs") / median(ours, "cpuMs") : null,
      limit: timesRealTime(heard, limit),
      settings: `1 thread; ${median(ours, "numRuns")} runs of the model; CPU ${median(ours, "cpuMs").toFixed(0)} ms`,
    };
    yield memoryRow(name, ours, eager, limit);
  }
}

function memoryRow(name, ours, eager, limit) {
  const peak = (timings) => timings.at(-1).peakMegabytes;
  const reference = eager ? peak(eager) : null;
  return { ...row(`${name}: memory`, peak(ours), reference, "MB", "smaller"), limit: peak(limit) };
}

/** A function that runs the side once, with a `close`. */
async function startOurs(task) {
  const child = fork(CHILD, [JSON.stringify(task)]);
  const exited = once(child, "exit");
  const failed = exited.then(([status]) => {
    throw new Error(`${CHILD} ended with status ${status}`);
  });
  failed.catch(() => {});
  const answer = async () => {
    const stop = new AbortController();
    try {
      return (await Promise.race([once(child, "message", { signal: stop.signal }), failed]))[0];
    } finally {
      stop.abort();
    }
  };
  await answer();
  const run = () => {
    const answered = answer();
    child.send("run");
    return answered;
  };
  const close = async () => {
    child.kill();
    await exited;
  };
  return Object.assign(run, { close });
}

/** PyTorch with the OpenBLAS kernels that the processor calls for; undefined where there is none. */
async function startReference(work) {
  const python = findReferencePython();
  if (!python) return undefined;
  setNativeDefaults();
  const env = { ...process.env, OMP_NUM_THREADS: "1" };
  const contestant = await Contestant.start("reference", { task: "forward", threads: 1, ...work }, { python, env });
  const run = async () => ({ ...(await contestant.run()), peakMegabytes: await contestant.peakMegabytes() });
  return Object.assign(run, { close: () => contestant[Symbol.asyncDispose]() });
}

function timesRealTime(seconds, timings) {
  return (1000 * seconds) / median(timings, "wallMs");
}

export function median(timings, field) {
  const values = timings.map((timing) => timing[field]).sort((a, b) => a - b);
  return values[values.length >> 1];
}

/** A ratio above 1 says how many times faster, or smaller, ours is. */
export function row(name, ours, reference, unit, better = "larger") {
  const ratio = reference === null ? null : better === "larger" ? ours / reference : reference / ours;
  return { name, ours, reference, ratio, unit, cpuRatio: null, limit: null, settings: "" };
}
