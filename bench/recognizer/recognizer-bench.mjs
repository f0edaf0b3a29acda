/**
 * The recogniser: speed of the full-size model beside ONNX Runtime alone and PyTorch, sizes, live recognition, load, an
 * hour in one file, an install, and error rates by precision.
 *
 *     node bench/recognizer/recognizer-bench.mjs [part ...] [--rounds 5] [--json FILE] [--run FOLDER]
 *         [--bundle model.dsb] [--minutes 60] [--requests 3000] [--bundles FOLDER]
 *
 * Parts: speed, sizes, live, load, long, install, accuracy; all of them where none is named. `--bundles` keeps the
 * full-size bundles for another time.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BUNDLE } from "../recordings.mjs";

const PARTS = ["speed", "sizes", "live", "load", "long", "install", "accuracy"];
const PART = fileURLToPath(new URL("./part.mjs", import.meta.url));
const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    bundle: { type: "string", default: BUNDLE },
    bundles: { type: "string" },
    minutes: { type: "string", default: "60" },
    requests: { type: "string", default: "3000" },
    rounds: { type: "string", default: "5" },
    json: { type: "string" },
    run: { type: "string" },
  },
});
const unknown = positionals.find((name) => !PARTS.includes(name));
if (unknown !== undefined) {
  console.error(`there is no part ${unknown}; there are ${PARTS.join(", ")}`);
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), "deepspeech-bench-"));
const options = {
  bundle: args.bundle,
  bundles: args.bundles ?? scratch,
  minutes: Number(args.minutes),
  requests: Number(args.requests),
  rounds: Number(args.rounds),
  run: args.run,
};
const machine = { processor: cpus()[0]?.model, cores: cpus().length, load: loadavg()[0], node: process.versions.node };
console.log(`${machine.cores} × ${machine.processor}, load ${machine.load.toFixed(1)}`);
console.log(`${"".padEnd(46)}     ours reference    ratio   by CPU    limit`);
const rows = [];
try {
  for (const name of positionals.length > 0 ? positionals : PARTS) await runPart(name);
} finally {
  rmSync(scratch, { recursive: true });
}
if (args.json) writeFileSync(args.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);

/** In a process of its own, so that one part's memory is not another's. */
async function runPart(name) {
  const child = fork(PART, [JSON.stringify({ name, options })]);
  child.on("message", (row) => {
    rows.push(row);
    print(row);
  });
  const [status] = await once(child, "exit");
  if (status !== 0) process.exitCode = 1;
}

/** The limit is ONNX Runtime's alone, on the same graph. */
function print({ name, ours, reference, ratio, cpuRatio, limit, unit, settings }) {
  const number = (value) => (value === null ? "—" : value.toFixed(Math.abs(value) < 100 ? 1 : 0)).padStart(8);
  const times = (value) => (value === null ? "" : `${value.toFixed(2)}×`).padStart(8);
  const columns = [name.padEnd(46), number(ours), number(reference), times(ratio), times(cpuRatio), number(limit)];
  console.log(`${columns.join(" ")}  ${unit.padEnd(12)} ${settings}`);
}
