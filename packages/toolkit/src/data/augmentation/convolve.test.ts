import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../random.js";
import { convolve } from "./convolve.js";
import { fft, inverseFft } from "./fft.js";

function noise(length: number, ...key: string[]): Float32Array<ArrayBuffer> {
  const random = new Random("convolve", length, ...key);
  return Float32Array.from({ length }, () => 2 * random.next() - 1);
}

function directly(signal: Float32Array, kernel: Float32Array): Float64Array {
  const output = new Float64Array(signal.length + kernel.length - 1);
  for (const [k, weight] of kernel.entries()) {
    for (const [n, sample] of signal.entries()) output[n + k] = (output[n + k] as number) + weight * sample;
  }
  return output;
}

function greatestDifference(a: Float64Array, b: Float64Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((greatest, value, i) => Math.max(greatest, Math.abs(value - (b[i] as number))), 0);
}

test("is the sum that defines it, over one block, many blocks and half pairs of blocks", () => {
  const lengths = [
    [1, 1],
    [5, 3],
    [3, 5],
    [4096, 1],
    [4000, 97],
    [4001, 97],
    [8193, 300],
    [20_000, 3000],
  ] as const;
  for (const [n, m] of lengths) {
    const [signal, kernel] = [noise(n, "signal"), noise(m, "kernel")];
    const difference = greatestDifference(convolve(signal, kernel), directly(signal, kernel));
    assert.ok(difference < 1e-11, `${n} by ${m}: ${difference}`);
  }
});

test("the transform is the sum that defines it, and its inverse leads back", () => {
  const size = 64;
  const [re, im] = [Float64Array.from(noise(size, "re")), Float64Array.from(noise(size, "im"))];
  const spectrum = { re: re.slice(), im: im.slice() };
  fft(spectrum);
  for (let k = 0; k < size; k++) {
    let [real, imaginary] = [0, 0];
    for (let n = 0; n < size; n++) {
      const angle = (-2 * Math.PI * k * n) / size;
      real += re[n]! * Math.cos(angle) - im[n]! * Math.sin(angle);
      imaginary += re[n]! * Math.sin(angle) + im[n]! * Math.cos(angle);
    }
    assert.ok(Math.hypot(real - spectrum.re[k]!, imaginary - spectrum.im[k]!) < 1e-12, `bin ${k}`);
  }
  inverseFft(spectrum);
  assert.ok(greatestDifference(spectrum.re, re) < 1e-14 && greatestDifference(spectrum.im, im) < 1e-14);
});

test("a size that is no power of two is refused", () => {
  assert.throws(() => fft({ re: new Float64Array(12), im: new Float64Array(12) }), {
    message: "fft: the size is 12, expected a power of two",
  });
});
