import assert from "node:assert/strict";
import { test } from "node:test";
import { configDifferences } from "./config-differences.js";

test("keys that differ are named with each run's value, others are not", () => {
  const first = { experiment: "a", epochs: 10, betas: [0.9, 0.98], model: { hiddenSize: 512, dropout: 0.1 } };
  const second = {
    experiment: "b",
    epochs: 10,
    betas: [0.9, 0.999],
    model: { hiddenSize: 512, dropout: 0.2 },
    seed: 7,
  };
  assert.deepEqual(configDifferences([first, second]), [
    { key: "betas", values: ["[0.9,0.98]", "[0.9,0.999]"] },
    { key: "model.dropout", values: ["0.1", "0.2"] },
    { key: "seed", values: [null, "7"] },
  ]);
});

test("three runs are compared at once, and an unreadable configuration is one without keys", () => {
  assert.deepEqual(configDifferences([{ seed: 1 }, { seed: 1 }, {}]), [{ key: "seed", values: ["1", "1", null] }]);
  assert.deepEqual(configDifferences([{ seed: 1 }]), []);
});

test("configurations that are deeper than functions can call themselves are compared as far as can be", () => {
  const lists = JSON.parse(`{"seed": 1, "betas": ${"[".repeat(1e5)}${"]".repeat(1e5)}}`);
  const objects = JSON.parse(`${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)}`);
  assert.deepEqual(configDifferences([{ seed: 1 }, lists, objects]), [
    { key: "seed", values: ["1", "1", null] },
    { key: "betas", values: [null, "…", null] },
    { key: "a.a.a.a.a.a.a.a", values: [null, null, "…"] },
  ]);
});
