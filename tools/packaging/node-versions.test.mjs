/** Each version of Node that is supported, as npm serves it: the same training, and the same text of a recording. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { bundle, recording, root } from "./newcomer.mjs";

/** Those with long-term support, from the oldest that `engines` allows. */
const VERSIONS = [20, 22, 24];
const COLUMNS = ["epoch", "step", "train_loss", "dev_loss", "dev_wer", "dev_cer"];

const folder = mkdtempSync(join(tmpdir(), "deepspeech-node-"));
const configuration = join(folder, "tiny.config.ts");
/** @type {{ training: string[], text: string } | undefined} */
let own;

before(async () => {
  const corpus = join(root, "sample-corpus/dev/1");
  writeFileSync(
    configuration,
    `import { defineConfig } from "@deepspeech-ts/toolkit";

enum Folder { Train = ${JSON.stringify(join(corpus, "8"))}, Dev = ${JSON.stringify(join(corpus, "3"))} }

export default defineConfig({
  train: [Folder.Train],
  dev: [Folder.Dev],
  test: [],
  epochs: 1,
  maxBatchSeconds: 15,
  features: { numMels: 16 },
  model: { convChannels: 2, residualLayers: 1, recurrentLayers: 1, hiddenSize: 8, dropout: 0.1 },
});
`,
  );
  own = await use(process.execPath, "own");
});
after(() => rmSync(folder, { recursive: true }));

for (const version of VERSIONS.filter((version) => version !== Number.parseInt(process.versions.node, 10)))
  test(`Node ${version} trains and transcribes as Node ${process.versions.node} does`, async (t) => {
    const node = install(version);
    if (!node)
      return t.skip(`NOT TESTED WITH NODE ${version}: npm serves no binary for ${process.platform}-${process.arch}`);
    assert.match(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout, new RegExp(`^v${version}\\.`));
    assert.deepEqual(await use(node, `node-${version}`), own);
  });

/**
 * @param {number} version
 * @returns {string | undefined} the program's path
 */
function install(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const place = join(folder, String(version));
  const words = ["install", "--prefix", place, "--no-save", "--no-audit", "--no-fund", `${name}@${version}`];
  spawnSync("npm", words, { shell: process.platform === "win32" });
  const path = join(place, "node_modules", name, process.platform === "win32" ? "bin/node.exe" : "bin/node");
  return existsSync(path) ? path : undefined;
}

/**
 * @param {string} node
 * @param {string} experiment
 */
async function use(node, experiment) {
  const run = join(folder, "runs", experiment, "version_0");
  const where = ["--runs", join(folder, "runs"), "--experiment", experiment];
  await deepspeech(node, ["train", "--config", configuration, ...where, "--threads", "1", "--workers", "1"]);
  const [head = "", ...rows] = readFileSync(join(run, "epochs.csv"), "utf8").trim().split("\n");
  const training = rows.map((row) => {
    const values = row.split(",");
    return COLUMNS.map((column) => values[head.split(",").indexOf(column)]).join(",");
  });
  const text = await deepspeech(node, ["transcribe", bundle, recording]);
  assert.ok(text.trim().length > 0);
  return { training, text };
}

/**
 * @param {string} node
 * @param {string[]} words
 * @returns {Promise<string>} what it printed on standard output
 */
async function deepspeech(node, words) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^node_/i.test(name)));
  const program = join(root, "packages/deepspeech/bin/deepspeech.mjs");
  return (await promisify(execFile)(node, [program, ...words], { env })).stdout;
}
