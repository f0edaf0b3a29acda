/**
 * The commands that kill.mjs kills: each with inputs of its own, what must hold at any moment (`check`), and what a run to
 * the end leaves (`digest`: names and checksums of what must be the same bits).
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBundle } from "../../packages/speech/dist/index.js";
import { loadUtterances, writeManifest } from "../../packages/toolkit/dist/data/index.js";
import { loadSafetensors, tidy } from "../../packages/torch/dist/index.js";
import { startArchiveServer } from "./archive-server.mjs";

const BINARY = fileURLToPath(new URL("../../packages/deepspeech/bin/deepspeech.mjs", import.meta.url));
const DOWNLOAD = fileURLToPath(new URL("./download-process.mjs", import.meta.url));
const CORPUS = fileURLToPath(new URL("../../sample-corpus", import.meta.url));
const OLD = "what was there before\n";

export const SCENES = ["import", "check-fix", "pack", "lm-build", "export", "download", "train"];

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const deepspeech = (...words) => [process.execPath, BINARY, ...words];

/** @returns the scenes asked for, and what ends them */
export async function makeScenes(shared, names) {
  mkdirSync(shared);
  const inputs = await makeInputs(shared);
  const server = await startArchiveServer();
  const scenes = { ...writers(inputs), train: training(inputs), download: download(server) };
  const unknown = names.find((name) => !scenes[name]);
  if (unknown) throw new Error(`--scene is "${unknown}", expected one of ${SCENES.join(", ")}`);
  return { scenes: names.map((name) => ({ name, ...scenes[name] })), close: server.close };
}

async function makeInputs(shared) {
  const { utterances } = await loadUtterances(join(CORPUS, "train"));
  const short = utterances.filter(({ durationSeconds }) => durationSeconds > 0.6 && durationSeconds < 2).slice(0, 12);
  const paths = Object.fromEntries(
    ["all.jsonl", "short.jsonl", "table.csv", "text.txt", "train.json", "random.safetensors"].map((name) => [
      name,
      join(shared, name),
    ]),
  );
  await writeManifest(paths["all.jsonl"], utterances);
  await writeManifest(paths["short.jsonl"], short);
  const rows = utterances.map(({ audioPath, text }) => `${audioPath},,"${text}"`);
  writeFileSync(paths["table.csv"], ["wav_filename,wav_filesize,transcript", ...rows, ""].join("\n"));
  // Numbered words make more n-grams than fit the memory that the build is given.
  const copies = Array.from({ length: 30 }, (_, copy) =>
    utterances.map(({ text }) => `${text.toLowerCase()}${copy}\n`).join(""),
  );
  writeFileSync(paths["text.txt"], copies.join(""));
  const { randomCheckpoint } = await import("../../packages/toolkit/dist/export/export.test.support.js");
  randomCheckpoint(shared, { model: { hiddenSize: 96 } });
  writeFileSync(paths["train.json"], JSON.stringify(trainingConfig(paths["short.jsonl"])));
  return paths;
}

/** Everything that has a state: dropout, masks, order, average, plateau, accumulation, kept checkpoints. */
function trainingConfig(manifest) {
  return {
    ...{ train: [manifest], dev: [manifest], test: [], experiment: "killed", threads: 1, workers: 1, seed: 1 },
    ...{ epochs: 4, maxBatchUtterances: 2, accumulateBatches: 2, keepBest: 2, emaDecay: 0.9, learningRate: 1e-3 },
    ...{ saveMinutes: 1e-6, schedule: { kind: "reduce-on-plateau", plateauPatience: 0 }, features: { numMels: 16 } },
    model: { convChannels: 2, residualLayers: 1, recurrentLayers: 2, hiddenSize: 8, dropout: 0.2 },
  };
}

/** Commands that write one file or folder, which is there whole, or as it was. */
function writers(inputs) {
  return {
    import: writer("list.jsonl", (path) => deepspeech("data", "import", "csv", inputs["table.csv"], "--to", path)),
    "check-fix": writer("fixed.jsonl", (path) =>
      deepspeech("data", "check", inputs["short.jsonl"], "--fix", path, "--workers", "1"),
    ),
    "lm-build": writer("words.lm", (path) =>
      deepspeech("lm", "build", inputs["text.txt"], "--order", "4", "--memory", "0.01", "--output", path),
    ),
    export: {
      ...writer("model.dsb", (path) =>
        deepspeech(
          "export",
          inputs["random.safetensors"],
          "--output",
          path,
          "--precision",
          "fp32",
          "--evaluate",
          inputs["short.jsonl"],
        ),
      ),
      digest: (folder) => ({ "model.dsb": bundleDigest(join(folder, "model.dsb")) }),
      check: (folder) => {
        const path = join(folder, "model.dsb");
        if (readFileSync(path, "latin1") !== OLD) bundleDigest(path);
      },
    },
    pack: {
      command: (folder) => {
        // It makes a folder, and never one that is there: once whole, there is nothing to be done.
        const path = join(folder, "packed");
        if (existsSync(path)) return [process.execPath, "-e", ""];
        return deepspeech(
          "data",
          "pack",
          inputs["all.jsonl"],
          "--to",
          path,
          "--shard-megabytes",
          "2",
          "--workers",
          "1",
        );
      },
      digest: (folder) => filesOf(join(folder, "packed")),
      check(folder) {
        if (existsSync(join(folder, "packed"))) expectSame(this.reference.digest, this.digest(folder));
      },
    },
  };
}

function writer(name, command) {
  return {
    begin: (folder) => writeFileSync(join(folder, name), OLD),
    command: (folder) => command(join(folder, name)),
    digest: (folder) => filesOf(folder, [name]),
    check(folder) {
      if (readFileSync(join(folder, name), "latin1") !== OLD) expectSame(this.reference.digest, this.digest(folder));
    },
  };
}

function training(inputs) {
  const runOf = (folder) => join(folder, "killed", "version_0");
  return {
    command: (folder) => {
      // One that was killed before it had a folder has nothing to go on from.
      const words = existsSync(runOf(folder))
        ? ["--resume", runOf(folder)]
        : ["--config", inputs["train.json"], "--runs", folder];
      return deepspeech("train", ...words);
    },
    digest: (folder) => ({ ...weightsOf(runOf(folder)), steps: stepsOf(runOf(folder)) }),
    check(folder) {
      const run = runOf(folder);
      if (!existsSync(run)) return;
      JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
      weightsOf(run);
      stepsOf(run);
    },
  };
}

/** Of each checkpoint, its tensors; how long the run took is in it too, and differs. */
function weightsOf(run) {
  const folder = join(run, "checkpoints");
  const names = readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
  const digestOf = (name) =>
    tidy(() => {
      const { tensors } = loadSafetensors(join(folder, name));
      const hash = createHash("sha256");
      for (const [key, tensor] of [...tensors].sort()) {
        const { buffer, byteOffset, byteLength } = tensor.toTypedArray();
        hash
          .update(key)
          .update(String(tensor.shape))
          .update(new Uint8Array(buffer, byteOffset, byteLength));
      }
      return hash.digest("hex");
    });
  return Object.fromEntries(names.map((name) => [name, digestOf(name)]));
}

/** The steps that the log tells, each once and in order; a last line may be there by half. */
function stepsOf(run) {
  const path = join(run, "log.jsonl");
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  const steps = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "step");
  return JSON.stringify(steps.map(({ step, loss }) => [step, loss]));
}

function download(server) {
  return {
    command: (folder) => [
      process.execPath,
      DOWNLOAD,
      JSON.stringify({ folder, mirror: server.url, subset: server.subset }),
    ],
    digest: (folder) => filesOf(join(folder, "LibriSpeech")),
    check(folder) {
      const subset = join(folder, "LibriSpeech", server.subset.name);
      if (existsSync(subset)) expectSame(this.reference.digest, this.digest(folder));
    },
  };
}

function bundleDigest(path) {
  const bundle = openBundle(new Uint8Array(readFileSync(path)));
  bundle.verifyWith((bytes) => createHash("sha256").update(bytes).digest());
  const { training, ...header } = bundle.header;
  // When it was made differs.
  return sha256(JSON.stringify({ ...header, training: { ...training, exportedAt: "" } }));
}

function filesOf(
  folder,
  names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)),
) {
  return Object.fromEntries(names.map((name) => [name, sha256(readFileSync(join(folder, name)))]));
}

function expectSame(expected, found) {
  for (const [name, digest] of Object.entries(expected)) {
    if (found[name] !== digest) throw new Error(`${basename(name)} is there, and is not whole`);
  }
}
