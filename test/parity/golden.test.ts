/** The comparison that the parity tests rest on must itself be able to fail. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tensor } from "@deepspeech-ts/torch";
import { assertClose } from "./golden.js";

describe("assertClose()", () => {
  it("adds up the tolerances it is given", () => {
    assertClose("sum", [1.29, 10], [1, 10], { absolute: 0.1, relative: 0.1, ofLargest: 0.01 });
    assert.throws(() => assertClose("sum", [1.31, 10], [1, 10], { absolute: 0.1, relative: 0.1, ofLargest: 0.01 }));
  });

  it("names the worst element", () => {
    assert.throws(() => assertClose("worst", [1.2, 1.5, 1], [1, 1, 1], { absolute: 0.1 }), {
      message: "worst: element 1 is 1.5, golden 1: 5 tolerances off",
    });
  });

  it("takes no tolerance as equality", () => {
    assertClose("equal", [0, -1, Number.POSITIVE_INFINITY], [0, -1, Number.POSITIVE_INFINITY], {});
    assert.throws(() => assertClose("unequal", [1e-30], [0], {}));
  });

  it("never lets what is not a number pass", () => {
    assert.throws(() => assertClose("nan", [Number.NaN, 1], [1, 1], { absolute: 1e9 }));
    assert.throws(() => assertClose("nan", [1, Number.NaN], [1, 1], { absolute: 1e9 }));
    assert.throws(() => assertClose("infinity", [Number.POSITIVE_INFINITY], [1], { absolute: 1e9 }));
  });

  it("compares shapes of tensors and lengths of lists", () => {
    assert.throws(() => assertClose("shape", tensor([[1, 2]]), tensor([1, 2]), { absolute: 1 }), {
      message: /shape: shape/,
    });
    assert.throws(() => assertClose("length", [1], [1, 2], { absolute: 9 }), { message: /number of elements/ });
  });
});
