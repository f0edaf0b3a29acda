/**
 * Damaged sound files by the thousand: none may crash the process, hang it, fill its memory, or come back as anything but
 * sound or a RecognizerError.
 *
 *     node bench/fuzz/fuzz-audio.mjs [--files 20000] [--seed 1] [--first 0] [--seeds FOLDER] [--out FOLDER]
 *
 * Files are decoded in a child process (audio-child.mjs) that is watched: one file may take `--limit` seconds of the
 * processor and bring the child to `--megabytes` of memory. What fails is told with its seed and index, and saved;
 * `--first N --files 1` runs it again. `--seeds` adds files to those of test/fixtures/audio. Fails where any file does.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mutatedFile } from "../../packages/recognizer/dist/audio/mutate.test.support.js";
import { seedFiles } from "./seed-files.mjs";
import { runWatched, summaryLines } from "./watched-child.mjs";

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
const CHILD = fileURLToPath(new URL("./audio-child.mjs", import.meta.url));
const seed = Number(args.seed);
const first = Number(args.first);
const seeds = seedFiles(args.seeds);

const start = performance.now();
const seconds = () => ((performance.now() - start) / 1000).toFixed(0);
const totals = await runWatched({
  child: CHILD,
  task: { seed, seeds: args.seeds },
  first,
  end: first + Number(args.files),
  limits: { seconds: Number(args.limit), megabytes: Number(args.megabytes) },
  onFailure: tell,
  onProgress(done, { numFailures }) {
    if (done % 1000 === 0) console.log(`${done} files, ${numFailures} failures, ${seconds()} s`);
  },
});
console.log(`${args.files} files of seed ${seed} in ${seconds()} s: ${totals.numFailures} failures`);
console.log(summaryLines(totals).join("\n"));
process.exitCode = totals.numFailures > 0 ? 1 : 0;

function tell(index, reason) {
  const { description, bytes } = mutatedFile(seeds, seed, index);
  mkdirSync(args.out, { recursive: true });
  const path = join(args.out, `seed-${seed}-file-${index}.bin`);
  writeFileSync(path, bytes);
  console.log(`seed ${seed}, file ${index} (${description}): ${reason}; saved as ${path}`);
}
