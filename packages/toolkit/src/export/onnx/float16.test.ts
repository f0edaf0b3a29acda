import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { floatToHalf, halfToFloat } from "./float16.js";

describe("halfToFloat", () => {
  it("gives the values of IEEE 754's own table", () => {
    const values = new Map([
      [0x0000, 0],
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3555, 0.333251953125],
      [0x3c00, 1],
      [0x3c01, 1.0009765625],
      [0x7bff, 65_504],
      [0x7c00, Number.POSITIVE_INFINITY],
      [0x8000, -0],
      [0xc000, -2],
      [0xfc00, Number.NEGATIVE_INFINITY],
      [0x7e00, Number.NaN],
    ]);
    for (const [half, value] of values) assert.equal(halfToFloat(half), value);
  });
});

describe("floatToHalf", () => {
  it("gives back every half", () => {
    for (let half = 0; half < 2 ** 16; half++) {
      const value = halfToFloat(half);
      if (Number.isNaN(value)) assert.ok(Number.isNaN(halfToFloat(floatToHalf(value))));
      else assert.equal(floatToHalf(value), half, `${value}`);
    }
  });

  it("rounds to the nearest, and to the even one of two that are as near", () => {
    for (let half = 0; half < 0x7bff; half++) {
      const [lower, upper] = [halfToFloat(half), halfToFloat(half + 1)];
      const middle = (lower + upper) / 2;
      assert.equal(floatToHalf(middle), half % 2 === 0 ? half : half + 1, `${middle}`);
      assert.equal(floatToHalf(lower + (upper - lower) * 0.499), half);
      assert.equal(floatToHalf(lower + (upper - lower) * 0.501), half + 1);
    }
  });

  it("makes what is too large infinite, and what is too small zero", () => {
    assert.equal(floatToHalf(65_519), 0x7bff);
    assert.equal(floatToHalf(65_520), 0x7c00);
    assert.equal(floatToHalf(-1e9), 0xfc00);
    assert.equal(floatToHalf(2 ** -26), 0);
    assert.equal(floatToHalf(-(2 ** -40)), 0x8000);
  });
});
