/** What users get who train: the command line by npx, its set-up, which compiles for minutes, and a training. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bundle, Newcomer, recording, root } from "./newcomer.mjs";

const newcomer = new Newcomer();
before(() => newcomer.arrive());
after(() => newcomer.leave());

test("npx deepspeech-ts transcribes from nowhere; set up, it trains a model by a typed configuration", async () => {
  const folder = newcomer.emptyFolder("trained");
  copyFileSync(bundle, join(folder, "model.dsb"));
  copyFileSync(recording, join(folder, "recording.wav"));
  const variables = { ...(await libtorchOfTests()), ONNXRUNTIME_NODE_INSTALL: "skip" };
  const deepspeech = (/** @type {string} */ words) =>
    newcomer.type(`npx --yes deepspeech-ts ${words}`, folder, variables);
  const transcribed = await deepspeech("transcribe model.dsb recording.wav");
  assert.equal(transcribed.status, 0, transcribed.stderr);

  writeFileSync(
    join(folder, "tiny.config.ts"),
    `import { defineConfig } from "@deepspeech-ts/toolkit";
export default defineConfig({
  experiment: "tiny",
  train: [${JSON.stringify(join(root, "sample-corpus/dev/1/8"))}],
  dev: [${JSON.stringify(join(root, "sample-corpus/dev/1/3"))}],
  test: [],
  epochs: 1,
  maxBatchSeconds: 15,
  features: { numMels: 16 },
  model: { convChannels: 2, residualLayers: 1, recurrentLayers: 1, hiddenSize: 8 },
});
`,
  );
  const train = "train --config tiny.config.ts --threads 1 --workers 1";
  const early = await deepspeech(train);
  assert.equal(early.status, 1);
  assert.match(early.stderr, /has not been compiled on this machine\. Run "npx deepspeech-ts setup"\.$/m);
  const doctor = await deepspeech("doctor");
  assert.equal(doctor.status, 0, doctor.stdout);
  assert.match(doctor.stdout, /^Ready to use models; training needs more: see ✗ above\.$/m);

  const first = await deepspeech("setup");
  assert.equal(first.status, 0, first.stdout + first.stderr);
  assert.match(first.stdout, /^✓ native add-on: built, .*\/home\/.*torch\.node/m);
  const again = await deepspeech("setup");
  assert.match(again.stdout, /^✓ native add-on: up to date, /m);

  const trained = await deepspeech(train);
  assert.equal(trained.status, 0, trained.stdout + trained.stderr);
  assert.ok(existsSync(join(folder, "runs/tiny/version_0/checkpoints/best.safetensors")));
  const exported = await deepspeech("export runs/tiny/version_0 --output tiny.dsb");
  assert.equal(exported.status, 0, exported.stderr);
});

/** Where these tests' own libtorch was downloaded to, as nothing may be downloaded here. */
async function libtorchOfTests() {
  if (process.env.LIBTORCH) return {};
  const path = join(root, ".setup/state.json");
  const { libtorch } = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : { libtorch: undefined };
  return libtorch?.kind === "prefix" ? { LIBTORCH: libtorch.prefix } : {};
}
