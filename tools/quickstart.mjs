/**
 * From a fresh clone to a recogniser of one's own: trains a small model on the sample corpus, measures it on recordings
 * that it never heard, and writes one of them down. Every step is the command line's own, shown as one would type it.
 */

import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CLI = join(ROOT, "packages/deepspeech/bin/deepspeech.mjs");
const CONFIG = "examples/quickstart.config.ts";
const TEST = "sample-corpus/test";
/** What a process that Ctrl-C ended exits with. */
const INTERRUPTED = 130;

const HELP = `Usage: npm run quickstart -- [flags of "deepspeech train"]

Trains a small model on the sample corpus (a few minutes), measures it and transcribes a recording.

Examples:
  npm run quickstart
  npm run quickstart -- --max-minutes 1
`;

/**
 * Runs one command, its terminal being ours; the whole stops where it fails.
 *
 * @param {string[]} words
 * @param {{ capture?: boolean }} [options] capture: return what it prints instead of showing it
 * @returns {Promise<string>}
 */
async function deepspeech(words, { capture = false } = {}) {
  console.log(`\n$ npx deepspeech ${words.join(" ")}`);
  const child = spawn(process.execPath, [CLI, ...words], {
    cwd: ROOT,
    stdio: ["inherit", capture ? "pipe" : "inherit", "inherit"],
  });
  // A terminal sends Ctrl-C to the child as well; a signal sent to this process alone has to be handed on.
  const forward = () => child.kill("SIGTERM");
  process.on("SIGTERM", forward);
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  /** @type {number | null} */
  const status = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  process.off("SIGTERM", forward);
  if (wasInterrupted) process.exit(INTERRUPTED);
  if (status !== 0) process.exit(status ?? 1);
  return output.trim();
}

/**
 * The run that training has just made: the newest version of its experiment, or the one that was resumed.
 *
 * @param {string[]} flags
 */
function findRunFolder(flags) {
  const text = /** @type {const} */ ({ type: "string" });
  const options = { runs: text, experiment: text, resume: text };
  const { values } = parseArgs({ args: flags, options, strict: false, allowPositionals: true });
  if (typeof values.resume === "string") return values.resume;
  const experiment = join(String(values.runs ?? "runs"), String(values.experiment ?? "quickstart"));
  const versions = readdirSync(resolve(ROOT, experiment)).flatMap((name) => /^version_(\d+)$/.exec(name)?.[1] ?? []);
  return join(experiment, `version_${Math.max(...versions.map(Number))}`);
}

/** A held-out recording of a sentence's length, and its words. */
function chooseRecording() {
  const folder = join(ROOT, TEST);
  const transcripts = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".trans.txt"));
  for (const name of transcripts.sort()) {
    for (const line of readFileSync(join(folder, name), "utf8").split("\n")) {
      const [id, ...words] = line.trim().split(" ");
      const path = join(folder, dirname(name), `${id}.opus`);
      if (words.length >= 5 && words.length <= 9 && existsSync(path)) {
        return { path: relative(ROOT, path), reference: words.join(" ").toLowerCase() };
      }
    }
  }
  throw new Error(`${TEST} holds no sentence of five to nine words; git checkout -- sample-corpus brings it back.`);
}

const flags = process.argv.slice(2);
if (flags.includes("--help")) {
  console.log(HELP);
  process.exit(0);
}

let wasInterrupted = false;
process.on("SIGINT", () => {
  wasInterrupted = true;
});

const experiment = ["--experiment", "quickstart", "--runs", "runs"];
await deepspeech(["train", "--config", CONFIG, ...experiment, ...flags]);
const run = findRunFolder(flags);
await deepspeech(["evaluate", run, TEST]);
const { path, reference } = chooseRecording();
const hypothesis = await deepspeech(["transcribe", run, path], { capture: true });
console.log(`  said   ${reference}\n  heard  ${hypothesis || "(nothing)"}`);
console.log(`
This model knows one voice and its phrases. Next:
  any recording        npx deepspeech transcribe ${run} <recording>
  where it errs        npx deepspeech evaluate ${run} ${TEST} --show 5
  the curves           npx deepspeech dashboard ${dirname(dirname(run))}
  data of your own     npx deepspeech train --help`);
