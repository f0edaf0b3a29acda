/** `deepspeech export` in a process of its own, on real sound: files, streams and exit codes. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openBundle } from "@deepspeech-ts/speech";
import { sampleCorpus, temporaryFolder } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { babblingCheckpoint } from "@deepspeech-ts/toolkit/internal/evaluation/evaluation.test.support.js";

const BINARY = fileURLToPath(new URL("../bin/deepspeech.mjs", import.meta.url));
const env = { ...process.env, DEEPSPEECH_DEBUG: "" };

function wordsOf(checkpoint: string, flags: readonly string[]): string[] {
  return [BINARY, "export", checkpoint, "--threads", "1", "--workers", "1", ...flags];
}

function runExport(checkpoint: string, ...flags: string[]) {
  return spawnSync(process.execPath, wordsOf(checkpoint, flags), { encoding: "utf8", env });
}

const bundles = (folder: string) => readdirSync(folder).filter((name) => /dsb|tmp/.test(name));

/** Told on stderr as soon as Ctrl-C is a request. */
const TELL_LISTENING = `
  import { writeSync } from "node:fs";
  process.on("newListener", (name) => {
    if (name === "SIGINT") setImmediate(() => writeSync(2, "listening\\n"));
  });`;

describe("deepspeech export", () => {
  test("prints a row for each variant, and where they are", async (t) => {
    const folder = await temporaryFolder(t);
    const out = join(folder, "model.dsb");
    const data = join(sampleCorpus("dev"), "1/3");
    const { status, stdout, stderr } = runExport(
      babblingCheckpoint(folder),
      ...["--output", out, "--precision", "all", "--evaluate", data],
    );
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    const row = (name: string, change: string) =>
      new RegExp(
        `^${name} +0\\.\\d MB +\\d+\\.\\d\\d% +\\d+\\.\\d\\d% +${change} +\\d\\.\\d\\de-\\d +(0|\\d\\.\\d\\de-\\d)$`,
        "m",
      );
    assert.match(stdout, /^Variant +Size +WER +CER +WER vs fp32 +From training +From batch$/m);
    assert.match(stdout, row("fp32", "-"));
    assert.match(stdout, row("fp16", "[+-]\\d+\\.\\d\\d pp"));
    assert.match(stdout, row("int8", "[+-]\\d+\\.\\d\\d pp"));
    assert.match(stdout, row("web", "[+-]\\d+\\.\\d\\d pp"));
    assert.match(stdout, /^Rates {3}.*dev\/1\/3: 5 utterances, 0\.\d min, greedy$/m);
    for (const name of ["fp32", "fp16", "int8", "web"]) {
      assert.ok(stdout.includes(`Saved   ${folder}/model-${name}.dsb`));
      await openBundle(new Uint8Array(readFileSync(join(folder, `model-${name}.dsb`)))).verify();
    }
  });

  test("bundles decoding settings, from a file and from flags", async (t) => {
    const folder = await temporaryFolder(t);
    const [out, file] = [join(folder, "model.dsb"), join(folder, "decoding.json")];
    writeFileSync(file, JSON.stringify({ beamSize: 8, wordScore: 0.5 }));
    const { status, stdout, stderr } = runExport(
      babblingCheckpoint(folder),
      ...["--output", out, "--no-evaluate", "--decoding", file, "--beam-size", "16"],
    );
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.match(stdout, /^Rates {3}not measured: no data; give --evaluate$/m);
    const { decoding } = openBundle(new Uint8Array(readFileSync(out))).header;
    assert.deepEqual(decoding, { beamSize: 16, wordScore: 0.5, hotWords: [], hotWordWeight: 4 });
  });

  test("refuses flags that say nothing it knows", async (t) => {
    const folder = await temporaryFolder(t);
    const checkpoint = babblingCheckpoint(folder);
    const cases: [flags: string[], message: string][] = [
      [
        ["--output", "a.dsb", "--precision", "int4"],
        '--precision must be all, or of fp32, fp16, int8, web, not "int4"',
      ],
      [["--output", "a.onnx"], "a.onnx: a bundle's name ends in .dsb; choose such a name."],
      [[], "--output"],
    ];
    for (const [flags, message] of cases) {
      const { status, stderr } = runExport(checkpoint, ...flags);
      assert.notEqual(status, 0);
      assert.ok(stderr.includes(message), stderr);
      assert.ok(!stderr.includes("    at "), "no stack trace");
    }
  });

  test("writes nothing when it is interrupted", async (t) => {
    const folder = await temporaryFolder(t);
    const flags = ["--output", join(folder, "model.dsb"), "--precision", "all", "--evaluate", sampleCorpus("train")];
    const telling = { ...env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL_LISTENING)}` };
    const child = spawn(process.execPath, wordsOf(babblingCheckpoint(folder), flags), { env: telling });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      if (stderr === "") child.kill("SIGINT");
      stderr += chunk;
    });
    const status = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(status, 130, stderr);
    assert.match(stderr, /interrupted; nothing was written/);
    assert.deepEqual(bundles(folder), []);
  });
});
