/**
 * The recogniser in a page, in a real Chromium, against a real server on this machine: the full-size model's speed on one
 * thread of WebAssembly beside the same requests in Node, how long tasks keep the page's own thread, memory over an hour of
 * live sound, and how soon a page that was visited before is ready.
 *
 *     node bench/browser/browser-bench.mjs [part ...] [--rounds 5] [--minutes 60] [--bundles FOLDER]
 *
 * Parts: speed, tasks, memory, visits; all of them where none is named. `--bundles` keeps the full-size bundles for another
 * time. CHROMIUM names the browser; by default it is the first on the PATH.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { memory } from "./memory.mjs";
import { speed } from "./speed.mjs";
import { tasks } from "./tasks.mjs";
import { visits } from "./visits.mjs";

const PARTS = { speed, tasks, memory, visits };
const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    minutes: { type: "string", default: "60" },
    bundles: { type: "string" },
  },
});
const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  console.error(`there is no part ${unknown}; there are ${Object.keys(PARTS).join(", ")}`);
  process.exit(2);
}
console.log(`${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}, Node ${process.versions.node}`);
const scratch = mkdtempSync(join(tmpdir(), "deepspeech-bench-"));
const options = {
  rounds: Number(args.rounds),
  minutes: Number(args.minutes),
  bundles: args.bundles ?? scratch,
  scratch,
};
try {
  for (const name of positionals.length > 0 ? positionals : Object.keys(PARTS)) {
    for await (const line of PARTS[name](options)) console.log(line);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
