/**
 * From a fresh clone to a recogniser of one's own: trains a small model on the sample corpus, measures it on recordings
 * that it never heard, as it is and with a language model, and writes one of them down, beside what the English model
 * hears there. Every step is the command line's own, shown as one would type it.
 */

import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CLI = join(ROOT, "packages/deepspeech/bin/deepspeech.mjs");
const CONFIG = "examples/quickstart.config.ts";
const TRAIN = "sample-corpus/train";
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

/**
 * What is said in a part of the corpus.
 *
 * @param {string} part
 * @returns {{ path: string, words: string[] }[]}
 */
function transcriptsOf(part) {
  const folder = join(ROOT, part);
  const lists = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".trans.txt"));
  return lists.sort().flatMap((name) =>
    readFileSync(join(folder, name), "utf8")
      .split("\n")
      .flatMap((line) => {
        const [id = "", ...words] = line.trim().toLowerCase().split(" ");
        return words.length > 0 ? [{ path: join(folder, dirname(name), `${id}.opus`), words }] : [];
      }),
  );
}

/** A held-out recording of a sentence's length, and its words. */
function chooseRecording() {
  for (const { path, words } of transcriptsOf(TEST)) {
    if (words.length >= 5 && words.length <= 9 && existsSync(path)) {
      return { path: relative(ROOT, path), reference: words.join(" ") };
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
const sentences = join(run, "sentences.txt");
const languageModel = join(run, "words.lm");
const weighed = ["--lm", languageModel, "--lm-weight", "1"];
writeFileSync(
  resolve(ROOT, sentences),
  transcriptsOf(TRAIN)
    .map(({ words }) => `${words.join(" ")}\n`)
    .join(""),
);
await deepspeech(["lm", "build", sentences, "--order", "3", "--output", languageModel]);
await deepspeech(["evaluate", run, TEST, ...weighed]);

const { path, reference } = chooseRecording();
const hear = (/** @type {string[]} */ ...words) => deepspeech(["transcribe", ...words], { capture: true });
const alone = await hear(run, path);
const helped = await hear(run, path, ...weighed);
const english = await hear(path);
console.log(`
  said                      ${reference}
  heard                     ${alone || "(nothing)"}
  with the language model   ${helped || "(nothing)"}
  by the English model      ${english || "(nothing)"}

Yours knows one voice and its phrases; the English model many voices, and this one not at all. Next:
  any recording        npx deepspeech transcribe <recording>, or with your own: transcribe ${run} <recording>
  learn a voice        npx deepspeech train --config examples/fine-tune.config.ts
  where it errs        npx deepspeech evaluate ${run} ${TEST} --show 5
  the curves           npx deepspeech dashboard ${dirname(dirname(run))}
  data of your own     npx deepspeech train --help`);
