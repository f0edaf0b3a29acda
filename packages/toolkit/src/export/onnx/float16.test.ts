import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { floatToHalf } from "./float16.js";

/** IEEE 754's own definition of a half. */
function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

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
