/**
 * Runs the benchmarks of bench/ one after another, each in a process of its own: `npm run bench`, or
 * `npm run bench -- gru` for those whose path contains "gru". bench/README.md says what each measures.
 */
import { spawnSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BENCHMARKS = [
  ["build/bench/memory.js"],
  ["bench/gru/gru-bench.mjs"],
  ["--expose-gc", "bench/decoding/beam-search-bench.mjs"],
];

const parts = process.argv.slice(2);
const chosen = BENCHMARKS.filter((words) => parts.length === 0 || parts.some((part) => words.at(-1)?.includes(part)));
if (chosen.length === 0) {
  console.error(
    `no benchmark's path contains ${parts.join(" or ")}: there are ${BENCHMARKS.map((words) => words.at(-1)).join(", ")}`,
  );
  process.exit(2);
}
const processors = cpus();
const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
console.log(`${processors.length} × ${processors[0]?.model}, ${gigabytes} GiB, Node ${process.versions.node}`);
for (const words of chosen) {
  console.log(`\n$ node ${words.join(" ")}`);
  const { status } = spawnSync(process.execPath, words, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
