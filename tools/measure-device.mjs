/**
 * All that is to be measured on a machine whose device has not trained yet, in one command: builds against the libtorch that
 * is there (set LIBTORCH, or PYTHON for a Python with torch), compares the device with the processor, measures its speed, and runs
 * the training steps of the comparison with PyTorch.
 *
 *     node tools/measure-device.mjs [--device cuda] [--out build/device] [--small]
 *
 * With --small, to try the script itself: what is built serves, the model is tiny, and nothing is compared with PyTorch.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const { values } = parseArgs({
  options: {
    device: { type: "string", default: "cuda" },
    out: { type: "string", default: join(ROOT, "build/device") },
    small: { type: "boolean", default: false },
  },
});
const { device, out, small } = values;

/** Goes on after a step that fails: what can be measured is. @param {string[]} words */
function step(...words) {
  console.log(`\n$ node ${words.join(" ")}`);
  const { status } = spawnSync(process.execPath, words, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}

mkdirSync(out, { recursive: true });
if (!small) {
  step("tools/setup.mjs", "--force");
  step("packages/deepspeech/bin/deepspeech.mjs", "doctor");
}
const size = small ? ["--small"] : [];
step("build/bench/device/device-bench.js", "--device", device, "--json", join(out, "device.json"), ...size);
if (!small) step("build/bench/side-by-side/side-by-side.js", "train-step", "--json", join(out, "side-by-side.json"));
