import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { type TrainConfig, trainConfigSchema } from "@deepspeech-ts/toolkit/internal/training/config.js";
import { readConfigFile } from "./config-file.js";
import { resolveConfig } from "./resolve-config.js";
import { trainSettings } from "./train-flags.js";

const folder = mkdtempSync(join(tmpdir(), "config-file-"));
after(() => rmSync(folder, { recursive: true }));

/** Writes a file into the tests' folder, outside any package. */
function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function load(path: string, flags: Record<string, unknown> = {}): Promise<TrainConfig> {
  const given = trainSettings
    .filter(({ key }) => key in flags)
    .map((setting) => [setting, flags[setting.key]] as const);
  return resolveConfig(trainConfigSchema, { file: await readConfigFile(path), flags: new Map(given) });
}

test("what is nested deeper than functions can call themselves is refused in one line", async () => {
  const lists = "[".repeat(1e5) + "]".repeat(1e5);
  const objects = `${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)}`;
  for (const deep of [lists, objects]) {
    const path = write("deep.json", `{"device": ${deep}}`);
    await assert.rejects(load(path), /deep\.json: "device" must be .*, not an? (list|object) of (lists|objects) of/);
  }
});

/** The complaint about a file, its path cut down to the name. */
async function refusal(name: string, content: string, flags: Record<string, unknown> = {}): Promise<string> {
  const path = write(name, content);
  const error = await load(path, flags).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof UserError, String(error));
  assert.equal(error.exitCode, 2);
  return error.message.replaceAll(path, name);
}

describe("configuration files", () => {
  test("TypeScript, with the toolkit's defineConfig, types and an import of its own", async () => {
    write("width.ts", "export const width: number = 64;\n");
    const path = write(
      "recipe.ts",
      `import { defineConfig, type TrainConfigInput } from "@deepspeech-ts/toolkit";
       import { width } from "./width.ts";
       const config: TrainConfigInput = { epochs: 3, model: { hiddenSize: width } };
       export default defineConfig(config);`,
    );
    const config = await load(path);
    assert.equal(config.epochs, 3);
    assert.equal(config.model.hiddenSize, 64);
    assert.equal(config.model.convChannels, 32);
  });

  for (const ending of ["mts", "js", "mjs"]) {
    test(`.${ending}`, async () => {
      assert.equal((await load(write(`recipe.${ending}`, "export default { epochs: 4 };"))).epochs, 4);
    });
  }

  test("JSON", async () => {
    assert.equal((await load(write("recipe.json", '{ "features": { "numMels": 64 } }'))).features.numMels, 64);
  });

  test("flags come before the file, the file before the defaults", async () => {
    const path = write("order.json", '{ "epochs": 4, "seed": 5, "model": { "hiddenSize": 64, "convChannels": 8 } }');
    const { epochs, seed, model, maxBatchUtterances } = await load(path, { epochs: 9, "model.hiddenSize": 96 });
    assert.deepEqual({ epochs, seed, maxBatchUtterances }, { epochs: 9, seed: 5, maxBatchUtterances: 32 });
    assert.equal(model.hiddenSize, 96);
    assert.equal(model.convChannels, 8);
    assert.equal(model.recurrentLayers, 3);
  });

  test("a run's own configuration stands below the file", async () => {
    const base = trainConfigSchema.parse({ epochs: 2, seed: 3, model: { hiddenSize: 64 } });
    const file = { path: "x.json", content: { seed: 8, model: { convChannels: 4 } } };
    const { epochs, seed, model } = resolveConfig(trainConfigSchema, { base, file, flags: new Map() });
    assert.deepEqual({ epochs, seed }, { epochs: 2, seed: 8 });
    assert.deepEqual([model.hiddenSize, model.convChannels], [64, 4]);
  });

  test("unknown keys are refused, with the nearest that exists", async () => {
    assert.equal(
      await refusal("typo.ts", "export default { learningrte: 1 }"),
      'typo.ts: unknown key "learningrte"; did you mean "learningRate"?',
    );
    assert.equal(
      await refusal("a.json", '{ "model": { "hidden_size": 64 } }'),
      'a.json: unknown key "model.hidden_size"; did you mean "model.hiddenSize"?',
    );
    assert.equal(
      await refusal("b.json", '{ "hiddenSize": 64 }'),
      'b.json: unknown key "hiddenSize"; did you mean "model.hiddenSize"?',
    );
    assert.equal(
      await refusal("c.json", '{ "modle": { "hiddenSize": 64 } }'),
      'c.json: unknown key "modle"; did you mean "model"?',
    );
    assert.equal(
      await refusal("d.json", '{ "colour": 1 }'),
      'd.json: unknown key "colour"; `deepspeech train --help` lists what there is',
    );
  });

  test("wrong values are refused with the key, what it must be, and what was found", async () => {
    assert.equal(
      await refusal("e.json", '{ "epochs": "ten" }'),
      'e.json: "epochs" must be a whole number of at least 1, not "ten"',
    );
    assert.equal(
      await refusal("f.json", '{ "model": { "dropout": 1 } }'),
      'f.json: "model.dropout" must be a number of at least 0 and below 1, not 1',
    );
    assert.equal(
      await refusal("g.json", '{ "normalise": "no" }'),
      'g.json: "normalise" must be true or false, not "no"',
    );
    assert.equal(
      await refusal("h.json", '{ "model": 3 }'),
      'h.json: "model" must be an object with keys of its own, not 3',
    );
    assert.equal(
      await refusal("i.json", '{ "seed": 2 }', { epochs: -1 }),
      "--epochs must be a whole number of at least 1, not -1",
    );
  });

  test("files that hold no configuration are refused", async () => {
    assert.match(await refusal("j.json", '{ "epochs": }'), /^j\.json: is not JSON: Unexpected token/);
    assert.equal(await refusal("k.json", "[]"), "k.json: holds a list where a configuration object is expected");
    assert.equal(
      await refusal("l.ts", "export const config = {};"),
      "l.ts: has no default export; write `export default defineConfig({ … })`",
    );
    assert.match(await refusal("m.ts", "export default 4 +;"), /^m\.ts: could not be loaded: .*\(1:18\)$/);
    assert.equal(
      await refusal("n.ts", 'throw new Error("no luck"); export default {};'),
      "n.ts: could not be loaded: no luck",
    );
    assert.equal(await refusal("o.yaml", ""), "o.yaml: a configuration file ends in .ts, .mts, .js, .mjs or .json");
    await assert.rejects(load("missing.ts"), { message: "missing.ts: no such file; check the path after --config" });
  });
});
