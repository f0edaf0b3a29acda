import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { call, manualSeed, tidy } from "@deepspeech-ts/torch";
import { DeepSpeech } from "./deepspeech.js";
import { type InitialiseOptions, initialiseForCtc } from "./initialise.js";
import { modelConfigSchema } from "./model-config.js";

const config = modelConfigSchema.parse({ numMels: 8, convChannels: 2, hiddenSize: 12, recurrentLayers: 2 });

function initialised(options: Partial<InitialiseOptions>): DeepSpeech {
  manualSeed(5);
  const model = new DeepSpeech(config);
  initialiseForCtc(model, { orthogonalRecurrence: true, blankBias: 0, blankId: 28, ...options });
  return model;
}

/** How far W·Wᵀ is from the identity, at most, over all gates of all recurrent matrices. */
function distanceFromOrthogonal(model: DeepSpeech): number {
  return tidy(() => {
    const matrices = [...model.namedParameters()].filter(([name]) => name.includes("weight_hh"));
    assert.equal(matrices.length, 4, "two layers, two directions");
    const gates = matrices.flatMap(([, matrix]) => matrix.detach().split(config.hiddenSize));
    assert.equal(gates.length, 12);
    const identity = call("eye", [config.hiddenSize]);
    return Math.max(...gates.map((gate) => gate.matmul(gate.transpose(0, 1)).sub(identity).abs().max().item()));
  });
}

describe("initialiseForCtc", () => {
  it("makes every gate's recurrent matrix orthogonal, where it is asked to", () => {
    assert.ok(distanceFromOrthogonal(initialised({})) < 1e-5);
    assert.ok(distanceFromOrthogonal(initialised({ orthogonalRecurrence: false })) > 0.1);
  });

  it("sets the blank's bias, and all other biases of the last layer to 0", () => {
    const bias = initialised({ blankBias: -3 }).namedParameters().get("classifier.3.bias")!.toNumbers();
    assert.deepEqual(bias, [...Array(28).fill(0), -3]);
  });

  it("leaves all else as it was, and trainable", () => {
    manualSeed(5);
    const fresh = new DeepSpeech(config).namedParameters();
    for (const [name, parameter] of initialised({}).namedParameters()) {
      assert.equal(parameter.requiresGrad, true, name);
      const isChanged = name.includes("weight_hh") || name === "classifier.3.bias";
      const [found, before] = [parameter.toNumbers(), fresh.get(name)!.toNumbers()];
      if (isChanged) assert.notDeepEqual(found, before, name);
      else assert.deepEqual(found, before, name);
    }
  });
});
