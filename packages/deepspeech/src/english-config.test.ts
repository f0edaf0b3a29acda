/** The recipe that the English model's package states is the one that its model was trained by. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { englishModel } from "@deepspeech-ts/model-english";
import { trainConfigSchema } from "@deepspeech-ts/toolkit/internal/training/config.js";
import { readConfigFile } from "./config-file.js";
import { resolveConfig } from "./resolve-config.js";

const folder = dirname(englishModel);

test("english.config.ts makes the configuration that metrics.json has of the run", async (t) => {
  process.env.DEEPSPEECH_CORPORA = "/corpora";
  t.after(() => delete process.env.DEEPSPEECH_CORPORA);
  const file = await readConfigFile(join(folder, "english.config.ts"));
  const config: Record<string, unknown> = resolveConfig(trainConfigSchema, { file, flags: new Map() });
  assert.deepEqual([config.train, config.dev], [["/corpora/train.jsonl", "/corpora/spliced"], ["/corpora/dev.jsonl"]]);
  const { training } = JSON.parse(readFileSync(join(folder, "metrics.json"), "utf8")) as {
    training: { recipe: Record<string, unknown> };
  };
  // Settings that are younger than the run had their defaults.
  const recipe: Record<string, unknown> = trainConfigSchema.parse(training.recipe);
  for (const key of Object.keys(training.recipe)) assert.deepEqual(config[key], recipe[key], key);
});
