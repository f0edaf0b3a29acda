import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { liveMemory } from "@deepspeech-ts/torch";
import { defaultModelConfig, modelConfigSchema } from "./model-config.js";
import { summariseModel } from "./summary.js";

describe("summariseModel", () => {
  it("counts the default model's 14,233,053 parameters, layer by layer", () => {
    const { layers, numParameters, inputShape, outputShape } = summariseModel(defaultModelConfig);
    assert.equal(numParameters, 14_233_053);
    assert.equal(
      layers.reduce((total, layer) => total + layer.numParameters, 0),
      numParameters,
    );
    assert.deepEqual(
      [inputShape, outputShape],
      [
        [1, 800, 128],
        [1, 400, 29],
      ],
    );
    const counts = Object.fromEntries(layers.map((layer) => [layer.name, layer.numParameters]));
    assert.equal(counts.cnn, 32 * 9 + 32);
    assert.equal(counts["rescnn_layers.1.cnn2"], 32 * 32 * 9 + 32);
    assert.equal(counts.fully_connected, 2048 * 512 + 512);
    assert.equal(counts["birnn_layers.0.BiGRU"], 2 * 3 * 512 * (512 + 512 + 2));
    assert.equal(counts["birnn_layers.2.BiGRU"], 2 * 3 * 512 * (1024 + 512 + 2));
    assert.equal(counts["classifier.3"], 512 * 29 + 29);
  });

  it("follows every dimension, and frees what it made", () => {
    const before = liveMemory();
    const config = modelConfigSchema.parse({
      numMels: 20,
      convChannels: 3,
      kernelSize: 5,
      timeStride: 3,
      frequencyStride: 4,
      residualLayers: 1,
      recurrentLayers: 2,
      hiddenSize: 7,
      numTokens: 11,
    });
    const { layers, outputShape } = summariseModel(config, 100);
    assert.deepEqual(outputShape, [1, 34, 11]);
    assert.deepEqual(
      layers.map(({ name }) => name),
      [
        "cnn",
        "rescnn_layers.0.cnn1",
        "rescnn_layers.0.cnn2",
        "rescnn_layers.0.layer_norm1.layer_norm",
        "rescnn_layers.0.layer_norm2.layer_norm",
        "fully_connected",
        "birnn_layers.0.BiGRU",
        "birnn_layers.0.layer_norm",
        "birnn_layers.1.BiGRU",
        "birnn_layers.1.layer_norm",
        "classifier.0",
        "classifier.3",
      ],
    );
    const shapes = Object.fromEntries(layers.map(({ name, parameters }) => [name, parameters[0]!.shape]));
    assert.deepEqual(shapes.cnn, [3, 1, 5, 5]);
    assert.deepEqual(shapes.fully_connected, [7, 3 * 5]);
    assert.deepEqual(liveMemory(), before);
  });
});
