/**
 * Runs the benchmarks of bench/ one after another, each in a process of its own: `npm run bench`, or
 * `npm run bench -- gru` for those whose path contains "gru". What is no part of a path is a part of the comparison with
 * PyTorch, as in `npm run bench -- train-step`. bench/README.md says what each measures.
 */
import { spawnSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COMPARISON = "build/bench/side-by-side/side-by-side.js";
const BENCHMARKS = [
  [COMPARISON],
  ["build/bench/memory.js"],
  ["build/bench/loss-curves.js"],
  ["build/bench/evaluation-share.js"],
  ["build/bench/processes/processes-bench.js"],
  ["bench/gru/gru-bench.mjs"],
  ["--expose-gc", "bench/decoding/beam-search-bench.mjs"],
  ["bench/recognizer/recognizer-bench.mjs"],
  ["bench/streaming/streaming-bench.mjs"],
  ["bench/streaming/live-streams-bench.mjs"],
  ["build/bench/speech-detection/speech-detection-bench.js"],
  ["bench/serving/serving-bench.mjs"],
  ["bench/browser/browser-bench.mjs"],
];
/** Those that take long, and run only where they are named. */
const LONG = [
  ["build/bench/device/device-bench.js"],
  ["build/bench/lever-cost.js"],
  ["build/bench/recipes.js"],
  ["build/bench/look-ahead.js"],
  ["bench/fuzz/fuzz-audio.mjs"],
  ["bench/fuzz/fuzz-files.mjs"],
  ["bench/kill/kill.mjs"],
  ["bench/serving/soak.mjs"],
];
/** Options of the comparison alone. */
const OPTIONS = /** @type {const} */ (["json", "rounds", "threads"]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" }, rounds: { type: "string" }, threads: { type: "string" } },
});
const isPath = (/** @type {string} */ part) => [...BENCHMARKS, ...LONG].some((words) => words.at(-1)?.includes(part));
const comparisonParts = positionals.filter((part) => !isPath(part));
const isNamed = (/** @type {string[]} */ words) => positionals.some((part) => words.at(-1)?.includes(part));
const usual = BENCHMARKS.filter(
  (words) => positionals.length === 0 || isNamed(words) || (words.at(-1) === COMPARISON && comparisonParts.length > 0),
);
const chosen = [...usual, ...LONG.filter(isNamed)];
const processors = cpus();
const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
console.log(`${processors.length} × ${processors[0]?.model}, ${gigabytes} GiB, Node ${process.versions.node}`);
for (const words of chosen) {
  const given = OPTIONS.flatMap((name) => (values[name] === undefined ? [] : [`--${name}`, values[name]]));
  const line = words.at(-1) === COMPARISON ? [...words, ...comparisonParts, ...given] : words;
  console.log(`\n$ node ${line.join(" ")}`);
  const { status } = spawnSync(process.execPath, line, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
