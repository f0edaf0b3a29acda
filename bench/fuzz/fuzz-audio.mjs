/**
 * Damaged sound files by the thousand: none may crash the process, hang it, fill its memory, or come back as anything but
 * sound or a RecognizerError.
 *
 *     node bench/fuzz/fuzz-audio.mjs [--files 20000] [--seed 1] [--first 0] [--seeds FOLDER] [--out FOLDER]
 *
 * Files are decoded in a child process (fuzz-child.mjs) that is watched: one file may take `--limit` seconds and bring
 * the child to `--megabytes` of memory. What fails is told with its seed and index, and saved; `--first N --files 1`
 * runs it again. `--seeds` adds files to those of test/fixtures/audio. Fails where any file does.
 */
import { fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mutatedFile } from "../../packages/recognizer/dist/audio/mutate.test.support.js";
import { seedFiles } from "./seed-files.mjs";

const { values: args } = parseArgs({
  options: {
    files: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
    limit: { type: "string", default: "20" },
    megabytes: { type: "string", default: "1500" },
    seeds: { type: "string" },
    out: { type: "string", default: join(tmpdir(), "deepspeech-fuzz") },
  },
});
const CHILD = fileURLToPath(new URL("./fuzz-child.mjs", import.meta.url));
/** Slower than this, though within the limit, is worth a look. */
const SLOW_MILLISECONDS = 3000;
const seed = Number(args.seed);
const end = Number(args.first) + Number(args.files);
const seeds = seedFiles(args.seeds);
const counts = new Map();
const slow = [];
const failures = [];
let slowest = { ms: 0, index: -1 };
let mostMegabytes = 0;

const start = performance.now();
for (let next = Number(args.first); next < end; ) next = await runChild(next);
report();

/** Runs files from `first` on, until the last or one that fails hard. Answers with the next file to run. */
function runChild(first) {
  const child = fork(CHILD, [JSON.stringify({ seed, first, end, seeds: args.seeds })], { serialization: "advanced" });
  let current = first;
  return new Promise((resolve) => {
    const giveUp = (reason) => {
      clearTimeout(timer);
      child.removeAllListeners();
      child.kill("SIGKILL");
      if (reason) fail(current, reason);
      resolve(reason ? current + 1 : current);
    };
    const tooLong = () => giveUp(`took more than ${args.limit} s`);
    let timer = setTimeout(tooLong, 3e4);
    child.on("message", ({ index, outcome, defect, ms, megabytes }) => {
      current = index + 1;
      take(index, { outcome, defect, ms, megabytes });
      clearTimeout(timer);
      timer = setTimeout(tooLong, 1000 * Number(args.limit));
      if (megabytes > Number(args.megabytes)) {
        current = index;
        giveUp(`brought the process to ${megabytes.toFixed(0)} MB`);
      } else if (current === end) giveUp();
    });
    child.on("exit", (status, signal) => giveUp(`the process ended: ${signal ?? `status ${status}`}`));
  });
}

function take(index, { outcome, defect, ms, megabytes }) {
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  if (defect) fail(index, defect);
  if (ms > SLOW_MILLISECONDS) slow.push(`${index} (${(ms / 1000).toFixed(1)} s)`);
  if (ms > slowest.ms) slowest = { ms, index };
  mostMegabytes = Math.max(mostMegabytes, megabytes);
  if ((index + 1) % 1000 === 0) {
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`${index + 1} files, ${failures.length} failures, ${seconds} s, ${megabytes.toFixed(0)} MB`);
  }
}

function fail(index, reason) {
  const { description, bytes } = mutatedFile(seeds, seed, index);
  mkdirSync(args.out, { recursive: true });
  const path = join(args.out, `seed-${seed}-file-${index}.bin`);
  writeFileSync(path, bytes);
  failures.push(index);
  console.log(`seed ${seed}, file ${index} (${description}): ${reason}; saved as ${path}`);
}

function report() {
  const seconds = (performance.now() - start) / 1000;
  console.log(`${args.files} files of seed ${seed} in ${seconds.toFixed(0)} s: ${failures.length} failures`);
  for (const [outcome, count] of [...counts].sort()) console.log(`  ${outcome}: ${count}`);
  console.log(
    `slowest: file ${slowest.index}, ${(slowest.ms / 1000).toFixed(1)} s; most memory: ${mostMegabytes.toFixed(0)} MB`,
  );
  if (slow.length > 0) console.log(`over ${SLOW_MILLISECONDS / 1000} s: ${slow.join(", ")}`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}
