import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultModelConfig } from "../acoustic-model/model-config.js";
import { expectedShapes } from "../acoustic-model/weight-shapes.js";
import { inferConfig } from "./infer-config.js";
import { Storage, StorageType, StoredTensor, Unknown } from "./pickle-values.js";
import { findStateDict } from "./state-dict.js";

const fail = (reason: string): never => {
  throw new Error(reason);
};
const tensor = new StoredTensor(new Storage("0", new StorageType("float32", 4), 1), 0, [1], [1]);
const saved = (names: string[], value: unknown = tensor) => new Map(names.map((name) => [name, value]));

function assertRefused(value: unknown, message: RegExp): void {
  assert.throws(() => findStateDict(value, fail), { message });
}

describe("findStateDict", () => {
  it("finds it at the top, under its usual keys before others, and behind prefixes", () => {
    const [plain, wrapped] = [saved(["fully_connected.weight"]), saved(["a.b.fully_connected.weight", "a.b.cnn.bias"])];
    assert.deepEqual(findStateDict(plain, fail), { key: "", prefix: "", tensors: plain });
    const both = new Map([
      ["ema", plain],
      ["state_dict", wrapped],
    ]);
    const found = findStateDict(both, fail);
    assert.deepEqual(
      [found.key, found.prefix, [...found.tensors.keys()]],
      ["state_dict", "a.b.", ["fully_connected.weight", "cnn.bias"]],
    );
    assert.equal(findStateDict(new Map([["weights", plain]]), fail).key, "weights");
  });

  it("passes over what is not the model's", () => {
    const mixed = saved(["fully_connected.weight", "criterion.weight", "n_averaged"]).set("loss", new Unknown("a.B"));
    assert.deepEqual([...findStateDict(mixed, fail).tensors.keys()], ["fully_connected.weight"]);
  });

  it("refuses what holds none, or more than one", () => {
    assertRefused([], /^holds a list, not a state dict; import what torch\.save\(model\.state_dict\(\), …\) writes$/);
    assertRefused(null, /^holds None, not a state dict/);
    assertRefused(new Unknown("a.Model"), /^holds a\.Model, a whole object of Python's/);
    assertRefused(new Map([["model", new Unknown("a.Model")]]), /^holds its model as a\.Model, which this importer/);
    assertRefused(saved(["lstm.weight", "x"]), /^holds no fully_connected\.weight: .* keys are "lstm\.weight", "x"$/);
    let nested: unknown[] = [];
    for (let depth = 0; depth < 1e5; depth++) nested = [nested];
    assertRefused(new Map([[nested, 1]]), /its keys are "a list"$/);
    const two = saved(["model.fully_connected.weight", "teacher.fully_connected.weight"]);
    assertRefused(two, /^holds several models, "model\.…" and "teacher\.…"; save the state dict of one alone$/);
  });

  it("refuses weights that only Python could make", () => {
    const quantised = saved(["fully_connected.weight"], new Unknown("torch._utils._rebuild_qtensor"));
    assertRefused(quantised, /^holds fully_connected\.weight as torch\._utils\._rebuild_qtensor, which this importer/);
  });
});

describe("inferConfig", () => {
  const { recurrence: _, ...config } = defaultModelConfig;
  const changed = (changes: Record<string, readonly number[] | undefined>) => {
    const shapes = new Map([...expectedShapes(config), ...Object.entries(changes)]);
    for (const [name, shape] of shapes) if (shape === undefined) shapes.delete(name);
    return () => inferConfig(shapes as Map<string, readonly number[]>, fail);
  };

  it("finds the dimensions of the reference, earlier and newest", () => {
    for (const layers of [{}, { residualLayers: 3, recurrentLayers: 5 }, { residualLayers: 0 }]) {
      assert.deepEqual(inferConfig(expectedShapes({ ...config, ...layers }), fail), { ...config, ...layers });
    }
  });

  it("names the weight that is missing, misshapen or strange", () => {
    assert.throws(changed({ "cnn.weight": undefined }), { message: /^holds a model without cnn\.weight, which/ });
    assert.throws(changed({ "classifier.0.bias": undefined }), {
      message: /^holds a model without classifier\.0\.bias/,
    });
    assert.throws(changed({ "birnn_layers.2.BiGRU.weight_hh_l0": [1536, 256] }), {
      message: "holds birnn_layers.2.BiGRU.weight_hh_l0 of [1536,256], where its other weights ask for [1536,512]",
    });
    assert.throws(changed({ "birnn_layers.2.BiGRU.weight_ih_l1": [1536, 1024] }), {
      message: "holds birnn_layers.2.BiGRU.weight_ih_l1, which the reference's DeepSpeech has not",
    });
    assert.throws(changed({ "cnn.weight": [32, 1, 4, 4] }), { message: /dimensions: kernelSize: must be odd$/ });
    assert.throws(changed({ "fully_connected.weight": [512, 2049] }), { message: /dimensions: numMels: / });
  });
});
