/**
 * Ours and the same model in plain PyTorch (bench/reference), side by side in one run: both on this machine, at this hour,
 * with the same batches, in turns. Each side runs at its own best of the thread counts and, where it is PyTorch, of
 * waiting threads that sleep or spin; both get OpenBLAS's right kernels. Rows are medians.
 *
 *   node build/bench/side-by-side/side-by-side.js [part ...] [--rounds 5] [--threads 1,2] [--precision fp32,bf16] [--json FILE]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runtimeInfo } from "@deepspeech-ts/torch";
import { findReferencePython } from "./contestant.js";
import { PARTS, type Row } from "./parts.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: availableParallelism() > 1 ? `1,${availableParallelism()}` : "1" },
    precision: { type: "string", default: "fp32,bf16" },
    json: { type: "string" },
  },
});

const PRECISIONS = ["fp32", "bf16"];
const precisions = values.precision.split(",");
checkKnown("part", positionals, Object.keys(PARTS));
checkKnown("precision", precisions, PRECISIONS);

const python = findReferencePython();
const machine = {
  processor: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGigabytes: Math.round(totalmem() / 2 ** 30),
  load: loadavg()[0]!,
  node: process.versions.node,
  reference: python ? versionsOf(python) : null,
};
console.log(`${machine.cores} × ${machine.processor}, ${machine.memoryGigabytes} GiB, load ${machine.load.toFixed(1)}`);
console.log(`ours: Node ${machine.node}; reference: ${machine.reference ?? "none"}; threads tried: ${values.threads}`);
if (!python)
  console.log("the reference's column is empty: no Python with torch, torchaudio and numpy (set PYTHON to one)");
const { cudaAvailable } = runtimeInfo();
if (!cudaAvailable)
  console.log("no CUDA device, or a libtorch without CUDA: the rows of training steps on CUDA are left out");

console.log(`${"".padEnd(46)}     ours reference   ratio  by CPU`);

const folder = mkdtempSync(join(tmpdir(), "deepspeech-bench-"));
const rows: Row[] = [];
try {
  const devices = cudaAvailable ? (["cpu", "cuda"] as const) : (["cpu"] as const);
  const options = {
    python,
    folder,
    devices,
    rounds: Number(values.rounds),
    threads: values.threads.split(",").map(Number),
    precisions,
  };
  for (const name of positionals.length > 0 ? positionals : Object.keys(PARTS)) {
    for await (const row of PARTS[name]!(options)) {
      rows.push(row);
      print(row);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);

/** Ends the process where one is not among them. */
function checkKnown(kind: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  console.error(`there is no ${kind} ${unknown}; there are ${known.join(", ")}`);
  process.exit(2);
}

function versionsOf(python: string): string {
  const script = "import torch, torchaudio; print('PyTorch', torch.__version__, 'torchaudio', torchaudio.__version__)";
  return spawnSync(python, ["-c", script], { encoding: "utf8" }).stdout.trim();
}

function print({ name, ours, reference, ratio, cpuRatio, unit, settings }: Row): void {
  const number = (value: number | null) => (value === null ? "—" : value.toFixed(value < 100 ? 1 : 0)).padStart(8);
  const times = (value: number | null) =>
    (value === null || Number.isNaN(value) ? "" : `${value.toFixed(2)}×`).padStart(8);
  console.log(
    `${name.padEnd(46)} ${number(ours)} ${number(reference)} ${times(ratio)} ${times(cpuRatio)}  ${unit.padEnd(20)} ${settings}`,
  );
}
