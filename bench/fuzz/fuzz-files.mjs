/**
 * Damaged files of every kind that is read, but for sound (fuzz-audio.mjs): each must give a value or an error of one line
 * that names the file. None may crash the process, hang it, fill its memory, or leave anything outside the target folder.
 *
 *     node bench/fuzz/fuzz-files.mjs [--format manifest,archive] [--files 5000] [--seed 1] [--first 0] [--out FOLDER]
 *
 * Files are read in a child process (files-child.mjs) that is watched: one file may take `--limit` seconds of the
 * processor and bring the child to `--megabytes` of memory. What fails is told with its seed and index, and saved;
 * `--format NAME --first N --files 1` runs it again. Fails where any file does.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mutatedFile } from "../../packages/recognizer/dist/mutate.test.support.js";
import { FORMATS, filesOf, formatNamed } from "./formats/index.mjs";
import { runWatched, summaryLines } from "./watched-child.mjs";

const { values: args } = parseArgs({
  options: {
    format: { type: "string", default: FORMATS.map(({ name }) => name).join(",") },
    files: { type: "string", default: "5000" },
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
    limit: { type: "string", default: "10" },
    megabytes: { type: "string", default: "2000" },
    out: { type: "string", default: join(tmpdir(), "deepspeech-fuzz") },
  },
});
const CHILD = fileURLToPath(new URL("./files-child.mjs", import.meta.url));
const seed = Number(args.seed);
const first = Number(args.first);
for (const name of args.format.split(",")) await fuzz(formatNamed(name));

async function fuzz(format) {
  const start = performance.now();
  const { seeds } = await filesOf(format);
  const sandbox = mkdtempSync(join(tmpdir(), "deepspeech-fuzz-"));
  const totals = await runWatched({
    child: CHILD,
    task: { format: format.name, seed, sandbox },
    first,
    end: first + Number(args.files),
    limits: { seconds: Number(args.limit), megabytes: Number(args.megabytes) },
    onFailure: (index, reason) => tell(format.name, mutatedFile(seeds, { seed, index }, format.dialect), index, reason),
  });
  rmSync(sandbox, { recursive: true, force: true });
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${format.name}: ${args.files} files of seed ${seed} in ${seconds} s: ${totals.numFailures} failures`);
  console.log(summaryLines(totals).join("\n"));
  if (totals.numFailures > 0) process.exitCode = 1;
}

function tell(format, { description, name, bytes }, index, reason) {
  mkdirSync(args.out, { recursive: true });
  const path = join(args.out, `${format}-seed-${seed}-file-${index}-${basename(name)}`);
  writeFileSync(path, bytes);
  console.log(`${format}, seed ${seed}, file ${index} (${description}): ${reason}; saved as ${path}`);
}
