import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { trainConfigSchema } from "../config.js";
import { recipes } from "./index.js";

describe("recipes", () => {
  it("the default recipe is what holds without one", () => {
    assert.deepEqual(trainConfigSchema.parse(recipes.default), trainConfigSchema.parse({}));
  });

  it("the reference's decides all that the default decides", () => {
    const keysOf = (recipe: object) => Object.keys(recipe).filter((key) => key !== "maxBatchUtterances");
    assert.deepEqual(keysOf(recipes.reference).sort(), keysOf(recipes.default).sort());
    const { features, emaDecay } = trainConfigSchema.parse(recipes.reference);
    assert.deepEqual([features.kind, features.normalisation, emaDecay], ["mel", "none", 0]);
  });
});
