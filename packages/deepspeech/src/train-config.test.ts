/** Which of several sources a training run's settings come from. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { temporaryFolder } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { runExport } from "@deepspeech-ts/toolkit/internal/export/run-export.js";
import { type TrainConfig, trainConfigSchema } from "@deepspeech-ts/toolkit/internal/training/config.js";
import { recipes } from "@deepspeech-ts/toolkit/internal/training/recipes/index.js";
import {
  manifestIn,
  shortUtterances,
  tinyConfig,
  trainHere,
} from "@deepspeech-ts/toolkit/internal/training/training.test.support.js";
import { Command } from "commander";
import { addFlags, givenSettings } from "./flags.js";
import { readTrainConfig } from "./train-config.js";
import { trainSections, trainSettings } from "./train-flags.js";

/** The configuration that these words of a command line give. */
function read(words: string[], sources: { file?: string; recipe?: string } = {}): Promise<TrainConfig> {
  const command = new Command("train").exitOverride();
  addFlags(command, trainSettings, trainSections);
  command.parse(words, { from: "user" });
  return readTrainConfig({ ...sources, flags: givenSettings(command, trainSettings) });
}

function fileIn(folder: string, content: object): string {
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify(content));
  return path;
}

async function trained(t: TestContext) {
  const folder = await temporaryFolder(t);
  const manifest = await manifestIn(folder, await shortUtterances(4));
  return { folder, run: await trainHere(tinyConfig(folder, manifest, { epochs: 1 })) };
}

describe("a training run's settings", () => {
  it("flags go over the file, the file over the recipe, the recipe over the defaults", async (t) => {
    const folder = await temporaryFolder(t);
    const file = fileIn(folder, { learningRate: 2e-3, patience: 7, specAugment: { timeMasks: 4 } });
    const config = await read(["--patience", "9"], { file, recipe: "reference" });
    assert.equal(config.patience, 9);
    assert.equal(config.learningRate, 2e-3);
    assert.deepEqual(config.specAugment, { ...trainConfigSchema.parse(recipes.reference).specAugment, timeMasks: 4 });
    assert.equal(config.features.kind, "mel");
    assert.equal(config.epochs, trainConfigSchema.parse({}).epochs);
  });

  it("without a recipe the default's hold", async () => {
    assert.deepEqual(await read([]), trainConfigSchema.parse(recipes.default));
  });

  it("a recipe that does not exist is refused, with those that do", async () => {
    await assert.rejects(read([], { recipe: "referense" }), {
      exitCode: 2,
      message: '--recipe must be default, reference or streaming, not "referense"; did you mean "reference"?',
    });
  });

  it("a fine-tuned run takes over its model's dimensions and features", async (t) => {
    const { folder, run } = await trained(t);
    const config = await read(["--init-from", run.runFolder, "--train", "my.jsonl"]);
    const own = tinyConfig(folder, "my.jsonl");
    assert.deepEqual([config.model, config.features], [own.model, own.features]);
    assert.deepEqual(config.test, [], "who trains on data of their own has no test data but their own");
    const bundle = join(folder, "model.dsb");
    await runExport({ checkpoint: run.runFolder, output: bundle, evaluate: [], threads: 1, workers: 1 });
    const fromBundle = await read(["--init-from", bundle, "--train", "my.jsonl"]);
    assert.deepEqual([fromBundle.model, fromBundle.features], [own.model, own.features]);
    // A recipe that has its model read another way keeps that, and the model's dimensions.
    const streaming = await read(["--init-from", run.runFolder, "--train", "my.jsonl"], { recipe: "streaming" });
    assert.deepEqual(
      [streaming.model, streaming.features],
      [
        { ...own.model, direction: "forward", lookaheadFrames: 16 },
        { ...own.features, normalisation: "running" },
      ],
    );
    const reference = await read(["--init-from", run.runFolder, "--train", "my.jsonl"], { recipe: "reference" });
    assert.deepEqual([reference.model, reference.features], [own.model, own.features]);
  });

  it("a run whose config.json was damaged before its first checkpoint is named", async (t) => {
    const run = await temporaryFolder(t);
    for (const content of ["{", "[]", '{"epochs": "many"}', "\ufffd"]) {
      writeFileSync(join(run, "config.json"), content);
      await assert.rejects(read(["--resume", run]), {
        name: "UserError",
        message: `${run}/config.json: is no configuration of a run, or was damaged; start a new run.`,
      });
    }
  });

  it("a resumed run keeps its own, but for what is given now, and refuses a recipe", async (t) => {
    const { run } = await trained(t);
    const config = await read(["--resume", run.runFolder, "--epochs", "5"]);
    assert.deepEqual([config.epochs, config.model.hiddenSize, config.experiment], [5, 8, "tiny"]);
    await assert.rejects(read(["--resume", run.runFolder], { recipe: "default" }), {
      exitCode: 2,
      message: "--recipe is for a new run; a resumed one keeps its own.",
    });
  });

  it("an alphabet must have a letter", async () => {
    await assert.rejects(read(["--alphabet", " "]), {
      message: '--alphabet: the alphabet " " needs a character besides the space',
    });
  });
});
