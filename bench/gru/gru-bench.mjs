/**
 * deepspeech::gru beside libtorch's own gru, forward and backward, in one process: each round runs every contestant
 * once, so that a busy neighbour disturbs all of them alike, and the table shows medians.
 *
 *   node bench/gru/gru-bench.mjs [--rounds 5] [--threads 1,2] [--only base]
 *
 * Wall time is what a user waits; CPU time is what the work costs where other processes compete for the cores. The
 * share compares the arithmetic of the GRU's matrix products with libtorch's `mm` of large matrices, by CPU time.
 * Speed-ups are over float32 at::gru with as many threads. Set OMP_WAIT_POLICY to compare passive with active waiting,
 * and OPENBLAS_VERBOSE=2 to see OpenBLAS's kernels: a version older than the processor falls back to 128-bit vectors
 * (Prescott), where OPENBLAS_CORETYPE=SkylakeX or Haswell makes products four times as fast.
 */
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { call, callUntyped, randn, runtimeInfo, setNumThreads, tidy, zeros } from "../../packages/torch/dist/index.js";

/** @typedef {{ name: string, batch: number, frames: number, inputSize: number, hiddenSize: number }} Problem */
/** @typedef {{ name: string, gflop: number, run: () => void }} Contestant */

const PROBLEMS = [
  { name: "quickstart", batch: 4, frames: 67, inputSize: 128, hiddenSize: 128 },
  { name: "base, layer 1", batch: 8, frames: 400, inputSize: 512, hiddenSize: 512 },
  { name: "base, layer 2", batch: 8, frames: 400, inputSize: 1024, hiddenSize: 512 },
];

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: "1,2" },
    only: { type: "string", default: "" },
  },
});

/** @param {Problem} problem @param {string} dtype */
function leaves({ batch, frames, inputSize, hiddenSize }, dtype) {
  const bound = 1 / Math.sqrt(hiddenSize);
  const shapes = [[3 * hiddenSize, inputSize], [3 * hiddenSize, hiddenSize], [3 * hiddenSize], [3 * hiddenSize]];
  const made = [randn([batch, frames, inputSize]), ...[...shapes, ...shapes].map((shape) => randn(shape).mul(bound))];
  return made.map((tensor) => {
    const leaf = tensor.to(dtype);
    leaf.requiresGrad = true;
    return leaf;
  });
}

/** @param {Problem} problem @returns {Contestant[]} */
function contestants(problem) {
  const { batch, frames, inputSize, hiddenSize } = problem;
  // Forward, gradient of the inputs, gradient of the weights; two directions of three gates.
  const gflop = (3 * 2 * batch * frames * 2 * 3 * hiddenSize * (inputSize + hiddenSize)) / 1e9;
  const forwardAndBackward = (dtype, layer) => {
    const [input, ...parameters] = leaves(problem, dtype);
    const gradient = randn([batch, frames, 2 * hiddenSize]).to(dtype);
    return () =>
      tidy(() => {
        layer(input, parameters).backward({ gradient });
        for (const leaf of [input, ...parameters]) leaf.grad = null;
      });
  };
  const ours = (input, parameters) => callUntyped("deepspeech::gru", [input, parameters]);
  const reference = (input, parameters) => {
    const state = zeros([2, batch, hiddenSize], { dtype: input.dtype });
    return call("gru.input", [input, state, parameters, true, 1, 0, true, true, true])[0];
  };
  const [a, b] = [randn([3200, 1024]), randn([1024, 3072])];
  const multiply = (left, right) => () => tidy(() => void left.matmul(right));
  const mmGflop = (2 * 3200 * 1024 * 3072) / 1e9;
  return [
    { name: "at::gru float32", gflop, run: forwardAndBackward("float32", reference) },
    { name: "ours float32", gflop, run: forwardAndBackward("float32", ours) },
    { name: "ours bfloat16", gflop, run: forwardAndBackward("bfloat16", ours) },
    { name: "mm float32", gflop: mmGflop, run: multiply(a, b) },
    { name: "mm bfloat16", gflop: mmGflop, run: multiply(a.to("bfloat16"), b.to("bfloat16")) },
  ];
}

/** @param {() => void} run */
function timed(run) {
  const [start, cpu] = [process.hrtime.bigint(), process.cpuUsage()];
  run();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: Number(process.hrtime.bigint() - start) / 1e6, cpuMs: (user + system) / 1e3 };
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** @param {Problem} problem @param {number} threads @param {number} rounds */
function measure(problem, threads, rounds) {
  setNumThreads(threads);
  const all = contestants(problem);
  for (const { run } of all) run();
  const times = all.map(() => []);
  for (let round = 0; round < rounds; round++) for (const [i, { run }] of all.entries()) times[i].push(timed(run));
  return all.map(({ name, gflop }, i) => {
    const wallMs = median(times[i].map((time) => time.wallMs));
    const cpuMs = median(times[i].map((time) => time.cpuMs));
    return { problem: problem.name, threads, name, wallMs, cpuMs, gflopPerCpuSecond: (gflop / cpuMs) * 1e3 };
  });
}

function print(rows) {
  const [reference] = rows;
  const mm = (name) => rows.find((row) => row.name === (name.includes("bfloat16") ? "mm bfloat16" : "mm float32"));
  for (const row of rows) {
    const isGru = !row.name.startsWith("mm");
    const cells = [
      row.problem.padEnd(14),
      String(row.threads).padStart(7),
      row.name.padEnd(16),
      row.wallMs.toFixed(1).padStart(9),
      row.cpuMs.toFixed(1).padStart(9),
      isGru ? `${(reference.wallMs / row.wallMs).toFixed(2)}×`.padStart(8) : "".padStart(8),
      row.gflopPerCpuSecond.toFixed(0).padStart(14),
      isGru ? `${((100 * row.gflopPerCpuSecond) / mm(row.name).gflopPerCpuSecond).toFixed(0)}%`.padStart(6) : "",
    ];
    console.log(cells.join(" "));
  }
}

const { version, blasLibrary } = runtimeInfo();
console.log(`${cpus()[0]?.model}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}`);
console.log(`libtorch ${version}, ${blasLibrary}, OMP_WAIT_POLICY ${process.env.OMP_WAIT_POLICY ?? "not set"}`);
console.log("problem        threads name               wall ms    cpu ms  speedup  GFLOP/cpu-s  share of mm");
for (const problem of PROBLEMS.filter(({ name }) => name.startsWith(options.only))) {
  for (const threads of options.threads.split(",").map(Number)) {
    print(measure(problem, threads, Number(options.rounds)));
  }
}
