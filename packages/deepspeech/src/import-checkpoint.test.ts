/** `deepspeech import` as it is run: what it prints and writes, and what the other commands make of that. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { audioFixture, temporaryFolder } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { checkpointFixture } from "@deepspeech-ts/toolkit/internal/pytorch-import/pytorch-import.test.support.js";

const BINARY = fileURLToPath(new URL("../bin/deepspeech.mjs", import.meta.url));

function deepspeech(...words: string[]) {
  const options = { encoding: "utf8", env: { ...process.env, DEEPSPEECH_DEBUG: "", OMP_NUM_THREADS: "1" } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [BINARY, ...words], options);
  return { status, stdout, stderr };
}

describe("deepspeech import", () => {
  test("makes of a checkpoint of Lightning one that transcribe takes", async (t) => {
    const out = join(await temporaryFolder(t), "reference.safetensors");
    const imported = deepspeech(
      "import",
      checkpointFixture("lightning.ckpt"),
      "--alphabet",
      "reference",
      "--output",
      out,
    );
    assert.equal(imported.status, 0, imported.stderr);
    assert.match(imported.stderr, /^deepspeech: warning: the recurrence runs over the batch[^\n]*\n$/);
    assert.deepEqual(imported.stdout.split("\n"), [
      'Weights    1,281 parameters, float32, under "state_dict"',
      "Layers     1 residual layer of 2 channels, kernels of 3 by 3",
      "           3 recurrent layers of 4, both ways, over batch",
      "Features   8 mel bands of power, neither logarithms nor normalised",
      "Alphabet   ' ␠ a b c d e f g h i j k l m n o p q r s t u v w x y z <blank>",
      `Saved in ${out}`,
      "",
      `Measure it:  npx deepspeech-ts evaluate ${out} <test data>`,
      `Use it:      npx deepspeech-ts transcribe ${out} <recording>`,
      "",
    ]);
    const transcribed = deepspeech("transcribe", out, audioFixture("speech-16k.wav"), "--threads", "1");
    assert.equal(transcribed.status, 0, transcribed.stderr);
    assert.match(transcribed.stdout, /^[a-z' ]+\n$/);
  });

  test("with --recurrence time says how to train on", async (t) => {
    const out = join(await temporaryFolder(t), "start.safetensors");
    const words = ["--alphabet", "reference", "--recurrence", "time", "--output", out];
    const { status, stdout, stderr } = deepspeech("import", checkpointFixture("data-parallel.pt"), ...words);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^deepspeech: warning: the weights were trained with a recurrence over the batch/);
    assert.match(stdout, /^Weights .*, under "model_state_dict", names begin with "module\."\n/);
    assert.match(stdout, /, over time\n/);
    assert.ok(
      stdout.endsWith(`\nTrain it on: npx deepspeech-ts train --init-from ${out} --train <data> --dev <data>\n`),
    );
  });

  test("refuses in one line, and leaves nothing behind", async (t) => {
    const folder = await temporaryFolder(t);
    const refused = (source: string, ...words: string[]) => {
      const { status, stdout, stderr } = deepspeech(
        "import",
        source,
        ...words,
        "--output",
        join(folder, "x.safetensors"),
      );
      assert.equal(stdout, "");
      assert.deepEqual(readdirSync(folder), []);
      return { status, stderr };
    };
    const attack = checkpointFixture("attack-system.ckpt");
    assert.deepEqual(refused(attack, "--alphabet", "reference"), {
      status: 1,
      stderr: `deepspeech: ${attack}: holds posix.system, which this importer does not execute; Python would, so open the file there only if you trust its source.\n`,
    });
    const plain = checkpointFixture("plain.pt");
    assert.deepEqual(refused(plain), {
      status: 2,
      stderr: "deepspeech: required option '--alphabet <choice>' not specified\n",
    });
    assert.equal(refused(plain, "--alphabet", "reference", "--recurrence", "space").status, 2);
  });

  test("is not what `data import` loads: that works without libtorch", () => {
    const script = `
      process.on("exit", () => {
        const loaded = process.report.getReport().sharedObjects.some((path) => path.includes("libtorch"));
        process.stderr.write(loaded ? "LOADED" : "NOT LOADED");
      });
      process.argv.splice(1, 0, ${JSON.stringify(BINARY)});
      await import(${JSON.stringify(BINARY)});`;
    const words = ["--input-type=module", "-e", script, "--", "data", "import", "--help"];
    assert.match(spawnSync(process.execPath, words, { encoding: "utf8" }).stderr, /NOT LOADED$/);
  });
});
