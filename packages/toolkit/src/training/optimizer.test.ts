import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { optim, tidy } from "@deepspeech-ts/torch";
import { DeepSpeech, modelConfigSchema } from "../acoustic-model/index.js";
import { trainConfigSchema } from "./config.js";
import { makeOptimizer } from "./optimizer.js";

const small = { numMels: 16, convChannels: 2, residualLayers: 1, recurrentLayers: 2, hiddenSize: 8 };

/** The parameters that are made orthogonal. */
function orthogonalIn(model: object, settings = {}): string[] {
  return tidy(() => {
    const { parameters } = parametersOf(model);
    const optimizer = makeOptimizer(parameters, trainConfigSchema.parse(settings));
    const names = [...optimizer.stateDict().keys()].filter((name) => name.endsWith(".momentum"));
    optimizer.dispose();
    return names.map((name) => name.replace(".momentum", "")).sort();
  });
}

function parametersOf(model: object) {
  const parameters = new DeepSpeech(modelConfigSchema.parse({ ...small, ...model })).namedParameters();
  // A head beside the model has letters for outputs, as the model's last layer has.
  return { parameters: new Map([...parameters, ["heads.1.weight", parameters.get("classifier.3.weight")!]]) };
}

describe("makeOptimizer", () => {
  it("makes hidden layers' matrices orthogonal, gate by gate, and gives the rest to AdamW", () => {
    const recurrent = [0, 1].flatMap((layer) =>
      ["hh", "ih"].flatMap((kind) =>
        ["", "_reverse"].map((direction) => `birnn_layers.${layer}.BiGRU.weight_${kind}_l0${direction}`),
      ),
    );
    assert.deepEqual(orthogonalIn({}), [...recurrent, "classifier.0.weight", "fully_connected.weight"]);
  });

  it("leaves a lookahead's weights alone, which are no matrix but a filter for each feature", () => {
    const names = orthogonalIn({ direction: "forward", lookaheadFrames: 4 });
    assert.equal(names.filter((name) => name.includes("BiGRU")).length, 4);
    assert.ok(!names.includes("lookahead.weight"));
  });

  it("is AdamW alone where the configuration asks for it", () => {
    assert.deepEqual(orthogonalIn({}, { optimizer: "adamw" }), []);
    tidy(() => {
      const optimizer = makeOptimizer(parametersOf({}).parameters, trainConfigSchema.parse({ optimizer: "adamw" }));
      assert.ok(optimizer instanceof optim.AdamW);
      optimizer.dispose();
    });
  });
});
