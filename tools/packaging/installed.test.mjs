/**
 * What users get: the packed packages, installed by npm. Who uses models has them at once; who trains has the command line
 * by npx and its set-up, which compiles the add-on.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { hasCommand } from "../../packages/torch/setup/context.mjs";
import { bundle, Newcomer, readme, recording, root } from "./newcomer.mjs";
import { compileStrictly, examplesOf } from "./project.mjs";

/** ONNX Runtime's install script fetches CUDA's libraries there alone, unless it is told not to. */
const FETCHES_CUDA = process.platform === "linux" && process.arch === "x64";

const newcomer = new Newcomer();
before(() => newcomer.arrive());
after(() => newcomer.leave());

test("the recogniser's install fails where CUDA's host is out of reach, and not by what its README tells", {
  skip: !FETCHES_CUDA && "ONNX Runtime fetches nothing here",
}, async () => {
  const plain = await newcomer.type("npm install @deepspeech-ts/recognizer", newcomer.emptyFolder("plain"));
  assert.notEqual(plain.status, 0, "it succeeds: the README's section has no reason any more");
  assert.match(plain.stderr, /onnxruntime-node/);

  const [, command = ""] = /^(\w+=\w+ npm install .*)$/m.exec(readme("recognizer")) ?? [];
  const told = newcomer.emptyFolder("told");
  await newcomer.succeed(command, told);
  const [, line = ""] = /A line `([^`]+)` in your project's `\.npmrc`/.exec(readme("recognizer")) ?? [];
  const configured = newcomer.emptyFolder("configured");
  writeFileSync(join(configured, ".npmrc"), `${line}\n`);
  await newcomer.succeed("npm install @deepspeech-ts/recognizer", configured);
  for (const folder of [told, configured])
    assert.ok(existsSync(join(folder, "node_modules/@deepspeech-ts/recognizer/dist/index.js")));
});

test("recogniser, server and configuration in a project of the strictest TypeScript", async () => {
  const project = newcomer.emptyFolder("project");
  writeFileSync(join(project, "package.json"), '{ "type": "module" }\n');
  const names = ["recognizer", "server", "toolkit"].map((name) => `@deepspeech-ts/${name}`);
  await newcomer.succeed(`npm install ${names.join(" ")} @types/node`, project, { ONNXRUNTIME_NODE_INSTALL: "skip" });
  const files = ["recognizer", "server", "toolkit"].flatMap((name) =>
    examplesOf(readme(name)).map((code, index) => ({ name: `${name}-${index}`, code })),
  );
  for (const { name, code } of files) writeFileSync(join(project, `${name}.ts`), code);
  writeFileSync(
    join(project, "mistaken.ts"),
    `import { defineConfig } from "@deepspeech-ts/toolkit";
// @ts-expect-error: no such key
export default defineConfig({ epoch: 3 });
// @ts-expect-error: not a number
export const other = defineConfig({ epochs: "3" });
`,
  );
  compileStrictly(root, project);
  copyFileSync(bundle, join(project, "model.dsb"));
  copyFileSync(recording, join(project, "recording.wav"));
  for (const { name } of files) await newcomer.succeed(`node ${name}.js`, project);
  assert.ok((await newcomer.succeed("node recognizer-0.js", project)).trim().length > 0);
});

test("npx @deepspeech-ts/server serves, from an empty folder", async (t) => {
  const folder = newcomer.emptyFolder("served");
  copyFileSync(bundle, join(folder, "model.dsb"));
  const command = "npx --yes @deepspeech-ts/server model.dsb --port 0 --threads 1";
  const child = spawn(command, {
    cwd: folder,
    env: newcomer.environment({ ONNXRUNTIME_NODE_INSTALL: "skip" }),
    shell: true,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  // npx, its shell and the server are a group.
  t.after(() => {
    try {
      process.kill(-(/** @type {number} */ (child.pid)), "SIGKILL");
    } catch {
      // It has ended.
    }
  });
  let stderr = "";
  const ended = once(child, "close");
  child.stdout.resume();
  const announced = new Promise((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
      if (stderr.includes("(Ctrl-C ends it)\n")) resolve(undefined);
    });
  });
  await Promise.race([announced, ended]);
  const [, url] = /as model: (http:\S+)\/v1 /.exec(stderr) ?? [];
  assert.ok(url, stderr);
  const body = new FormData();
  body.set("model", "model");
  body.set("file", new File([readFileSync(recording)], "recording.wav"));
  const response = await fetch(`${url}/v1/audio/transcriptions`, { method: "POST", body });
  assert.equal(response.status, 200);
  assert.equal(typeof (/** @type {{ text: unknown }} */ (await response.json()).text), "string");
});

test("npx deepspeech-ts transcribes from nowhere; set up, it trains a model by a typed configuration", async (t) => {
  const folder = newcomer.emptyFolder("trained");
  copyFileSync(bundle, join(folder, "model.dsb"));
  copyFileSync(recording, join(folder, "recording.wav"));
  // This repository's own add-on was made by the system's compiler, mostly GCC; this one is by the other.
  if (!hasCommand("clang++")) t.diagnostic("NOT BUILT BY CLANG: clang++ is not on the PATH; apt-get install clang");
  const compiler = hasCommand("clang++") ? { CXX: "clang++" } : {};
  const variables = { ...(await libtorchOfTests()), ...compiler, ONNXRUNTIME_NODE_INSTALL: "skip" };
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
