import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { initialLossScale, nextLossScale } from "./loss-scaler.js";

describe("the loss scale", () => {
  it("is halved by an overflow, and never falls below 1", () => {
    let state = nextLossScale(initialLossScale, true);
    assert.deepEqual(state, { scale: 32_768, goodSteps: 0 });
    for (let i = 0; i < 20; i++) state = nextLossScale(state, true);
    assert.equal(state.scale, 1);
  });

  it("doubles after 2000 good steps in a row", () => {
    let state = initialLossScale;
    for (let i = 0; i < 1999; i++) state = nextLossScale(state, false);
    assert.deepEqual(state, { scale: 65_536, goodSteps: 1999 });
    assert.deepEqual(nextLossScale(state, false), { scale: 131_072, goodSteps: 0 });
    assert.deepEqual(nextLossScale(state, true), { scale: 32_768, goodSteps: 0 });
  });
});
