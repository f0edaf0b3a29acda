import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { manualSeed, tidy } from "@deepspeech-ts/torch";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { averageCheckpoints } from "./average-checkpoints.js";
import { loadCheckpoint, modelFromCheckpoint, modelTensors, saveCheckpoint } from "./checkpoint.js";
import { DeepSpeech } from "./deepspeech.js";
import { featureConfigSchema } from "./feature-config.js";
import { modelConfigSchema } from "./model-config.js";

const BINARY = fileURLToPath(new URL("../../../deepspeech/bin/deepspeech.mjs", import.meta.url));
const small = { numMels: 8, convChannels: 2, residualLayers: 1, recurrentLayers: 1 };

/** A fresh model's checkpoint; the seed makes its weights. */
function checkpointIn(folder: string, seed: number, { hiddenSize = 4, dropout = 0.1 } = {}): string {
  const path = join(folder, `${seed}.safetensors`);
  manualSeed(seed);
  using model = new DeepSpeech(modelConfigSchema.parse({ ...small, hiddenSize, dropout }));
  const header = {
    model: model.config,
    features: featureConfigSchema.parse({ numMels: 8 }),
    alphabet: englishAlphabet,
    training: {},
  };
  saveCheckpoint(path, header, modelTensors(model));
  return path;
}

describe("the average of checkpoints", () => {
  it("is the mean of each weight, written by the command as a checkpoint of its own", async (t) => {
    const folder = await temporaryFolder(t);
    const paths = [1, 2, 3].map((seed) => checkpointIn(folder, seed));
    const output = join(folder, "averaged.safetensors");
    const { status, stdout, stderr } = spawnSync(process.execPath, [BINARY, "average", ...paths, "--output", output], {
      encoding: "utf8",
    });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.equal(stdout, `The average of 3 checkpoints is in ${output}\n`);
    tidy(() => {
      const [average, ...parts] = [output, ...paths].map((path) => loadCheckpoint(path).tensors);
      for (const [name, tensor] of average!) {
        const mean = parts
          .reduce((sum, part) => sum.add(part.get(name)!.to("float64")), tensor.mul(0).to("float64"))
          .div(3);
        assert.ok(tensor.sub(mean).abs().max().item() < 1e-7, name);
      }
      modelFromCheckpoint(loadCheckpoint(output)).dispose();
    });
  });

  it("is of models that were trained with other dropouts too", async (t) => {
    const folder = await temporaryFolder(t);
    const [one, other] = [checkpointIn(folder, 1), checkpointIn(folder, 2, { dropout: 0.3 })];
    tidy(() => assert.equal(averageCheckpoints([one, other]).header.model.dropout, 0.1));
  });

  it("refuses models that differ, and a single one", async (t) => {
    const folder = await temporaryFolder(t);
    const [one, wider] = [checkpointIn(folder, 1), checkpointIn(folder, 2, { hiddenSize: 5 })];
    assert.throws(() => tidy(() => averageCheckpoints([one, wider])), {
      name: "UserError",
      message: `${wider}: is of another model, features or alphabet than ${one}; average checkpoints of one run.`,
    });
    assert.throws(() => tidy(() => averageCheckpoints([one])), {
      message: "1 checkpoint given; an average needs two or more.",
    });
    const output = join(folder, "averaged.bin");
    const { status, stderr } = spawnSync(process.execPath, [BINARY, "average", one, one, "--output", output], {
      encoding: "utf8",
    });
    assert.deepEqual([status, existsSync(output)], [2, false]);
    assert.equal(stderr, `deepspeech: --output must end in .safetensors, not "${output}"\n`);
  });
});
