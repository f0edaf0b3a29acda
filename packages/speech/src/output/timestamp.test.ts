import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSeconds, formatTimestamp, toMilliseconds } from "./timestamp.js";

const clock = (seconds: number): string => formatTimestamp(toMilliseconds(seconds), ",");

test("rounding carries over", () => {
  const cases: [number, string][] = [
    [0, "00:00:00,000"],
    [0.0004, "00:00:00,000"],
    [0.0005, "00:00:00,001"],
    [1.005, "00:00:01,005"],
    [59.9994, "00:00:59,999"],
    [59.9996, "00:01:00,000"],
    [3599.9996, "01:00:00,000"],
    [3661.25, "01:01:01,250"],
    [359_999.9999, "100:00:00,000"],
  ];
  for (const [seconds, expected] of cases) assert.equal(clock(seconds), expected);
  assert.equal(formatSeconds(toMilliseconds(59.9996)), "60.000");
  assert.equal(formatSeconds(1_234_005), "1234.005");
});

test("every millisecond of a minute is written as itself", () => {
  for (let millisecond = 0; millisecond < 60_000; millisecond++) {
    const expected = `00:00:${(millisecond / 1000).toFixed(3).padStart(6, "0").replace(".", ",")}`;
    assert.equal(clock(millisecond / 1000), expected);
  }
});

test("impossible times are refused", () => {
  for (const seconds of [-0.1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => toMilliseconds(seconds), {
      code: "number-out-of-range",
      message: `a time is ${seconds} s; it must be finite and not negative`,
    });
  }
});
