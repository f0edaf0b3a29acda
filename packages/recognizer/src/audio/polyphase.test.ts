import assert from "node:assert/strict";
import { test } from "node:test";
import { convolve, convolveHere, convolverInWebAssembly, type PolyphaseFilter } from "./polyphase.js";

const SHAPES = [
  { up: 10, down: 11, taps: 72 },
  { up: 160, down: 441, taps: 184 },
  { up: 2, down: 1, taps: 8 },
  { up: 1, down: 48, taps: 3280 },
  { up: 16_000, down: 44_101, taps: 16 },
] as const;

for (const shape of SHAPES) {
  const { up, down, taps } = shape;
  const filter: PolyphaseFilter = { ...shape, coefficients: noise(up * taps, 1) };

  test(`${up}/${down} with ${taps} taps: WebAssembly and JavaScript give the same to the bit`, () => {
    const inWebAssembly = convolverInWebAssembly();
    for (const [count, phase] of [
      [1, 0],
      [300, up - 1],
      [0, 0],
    ] as const) {
      const input = noise(taps + Math.floor((phase + Math.max(0, count - 1) * down) / up), 2);
      const [fast, slow] = [new Float32Array(count), new Float32Array(count)];
      inWebAssembly(filter, input, phase, fast);
      convolveHere(filter, input, phase, slow);
      assert.deepEqual(fast, slow);
      assert.ok(count === 0 || slow.some((sample) => sample !== 0));
    }
  });

  test(`${up}/${down} with ${taps} taps: every output is the product of its row with the input under it`, () => {
    const count = 2 + Math.ceil((40_000 * up) / down);
    const from = { start: 3, phase: up - 1 };
    const reached = from.start + Math.floor((from.phase + count * down) / up);
    const input = noise(reached + taps, 3);
    const place = { ...from };
    const output = convolve(filter, input, place, count);
    assert.deepEqual(place, { start: reached, phase: (from.phase + count * down) % up });
    for (const i of [0, 1, Math.floor(count / 2), count - 1]) {
      const at = from.phase + i * down;
      const start = from.start + Math.floor(at / up);
      const row = filter.coefficients.subarray((at % up) * taps, ((at % up) + 1) * taps);
      const expected = row.reduce((sum, value, tap) => sum + value * (input[start + tap] as number), 0);
      assert.ok(Math.abs((output[i] as number) - expected) < 1e-4, `output ${i}: ${output[i]}, expected ${expected}`);
    }
  });
}

test("where there are fewer rows than phases, an output lies between the two rows beside it", () => {
  const [up, down, taps, rows] = [16_000, 44_101, 16, 4];
  const coefficients = noise(rows * taps, 1);
  const input = noise(500, 2);
  const place = { start: 5, phase: 15_999 };
  const output = convolve({ up, down, taps, coefficients }, input, place, 150);
  const from = (start: number, row: number) =>
    coefficients
      .subarray(row * taps, (row + 1) * taps)
      .reduce((sum, value, tap) => sum + value * (input[start + tap] as number), 0);
  for (const [i, sample] of output.entries()) {
    const at = 15_999 + i * down;
    const start = 5 + Math.floor(at / up);
    const between = ((at % up) * rows) / up;
    const row = Math.floor(between);
    const next = row + 1 < rows ? from(start, row + 1) : from(start + 1, 0);
    const expected = from(start, row) + (between - row) * (next - from(start, row));
    assert.ok(Math.abs(sample - expected) < 1e-5, `output ${i}: ${sample}, expected ${expected}`);
  }
  assert.deepEqual(place, { start: 5 + Math.floor((15_999 + 150 * down) / up), phase: (15_999 + 150 * down) % up });
});

test("filters that take turns do not meet each other's coefficients", () => {
  const run = convolverInWebAssembly();
  const [first, second] = [5, 6].map((seed) => ({ up: 1, down: 1, taps: 8, coefficients: noise(8, seed) }));
  const input = noise(8, 7);
  const of = (filter: PolyphaseFilter) => {
    const output = new Float32Array(1);
    run(filter, input, 0, output);
    return output[0];
  };
  const alone = of(first!);
  assert.notEqual(of(second!), alone);
  assert.equal(of(first!), alone);
});

/** Within ±0.5, the same for a seed. */
function noise(length: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}
