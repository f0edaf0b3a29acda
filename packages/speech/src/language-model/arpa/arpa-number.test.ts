import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../seeded-random.test.support.js";
import { parseNumber, writeNumber } from "./arpa-number.js";

const encode = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseNumber(encode(`x${text}x`), 1, 1 + encode(text).length);

function write(value: number): string {
  const bytes = new Uint8Array(40);
  return new TextDecoder().decode(bytes.subarray(3, writeNumber(bytes, 3, value)));
}

test("numbers read as JavaScript reads them", () => {
  for (const text of ["0", "-0.5", "-99", "12.25", "-1e-3", "+2.5", "-1.23456789012345678", "5.", "-.5", "-0.30103"]) {
    assert.equal(parse(text), Number(text), text);
  }
  for (const text of ["-inf", "-1e400"]) assert.equal(parse(text), -99);
});

test("what is no number is none", () => {
  for (const text of ["", "-", ".", "1.2.3", "0x10", "one", "1,5", "nan", "inf", "1e400", "1e", "--1"]) {
    assert.ok(Number.isNaN(parse(text)), text);
  }
});

test("numbers are written short, to seven decimals", () => {
  assert.equal(write(0), "0");
  assert.equal(write(-1e-9), "0");
  assert.equal(write(-0.5), "-0.5");
  assert.equal(write(-99), "-99");
  assert.equal(write(10.0000001), "10.0000001");
  const random = new SeededRandom(7);
  for (let i = 0; i < 1000; i++) {
    const value = -10 * random.next() ** 4;
    assert.ok(Math.abs(parse(write(value)) - value) <= 5.1e-8, String(value));
  }
});
