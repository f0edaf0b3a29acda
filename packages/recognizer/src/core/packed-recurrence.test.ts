import assert from "node:assert/strict";
import { test } from "node:test";
import { randomNumbers } from "../fixtures.test.support.js";
import { LayerAssembly } from "./layer-assembly.js";
import { PackedRecurrence, type RecurrentWeights } from "./packed-recurrence.js";

/** Of a layer with gates as wide open, and states as large, as they get. */
function layerOf(directions: number, hidden: number, groups: number, random: () => number): RecurrentWeights {
  const rows = directions * 3 * hidden;
  return {
    ...{ directions, hidden },
    weights: Int8Array.from({ length: rows * hidden }, () => Math.floor(255 * random()) - 127),
    scales: Float32Array.from({ length: rows * groups }, () => (random() * 4) / 127 / Math.sqrt(hidden)),
    stateBias: Float32Array.from({ length: directions * hidden }, () => 2 * random() - 1),
  };
}

/** By the definition, in double precision. */
function recur(layer: RecurrentWeights, gates: Float32Array, lengths: readonly number[]): Float64Array {
  const { directions, hidden, weights, scales, stateBias } = layer;
  const [batch, rows] = [lengths.length, 3 * hidden];
  const numFrames = gates.length / (batch * directions * rows);
  const groups = scales.length / (directions * rows);
  const output = new Float64Array(numFrames * directions * batch * hidden);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  for (let direction = 0; direction < directions; direction++) {
    for (const [row, length] of lengths.entries()) {
      let state = new Float64Array(hidden);
      for (let step = 0; step < length; step++) {
        const frame = direction === 0 ? step : length - 1 - step;
        const ofState = Float64Array.from({ length: rows }, (_, gate) => {
          const own = direction * rows + gate;
          const scaleOf = (input: number) => scales[own * groups + Math.floor((input * groups) / hidden)]!;
          return state.reduce((sum, value, input) => sum + value * weights[own * hidden + input]! * scaleOf(input), 0);
        });
        const at = ((frame * batch + row) * directions + direction) * rows;
        state = state.map((before, i) => {
          const update = sigmoid(gates[at + i]! + ofState[i]!);
          const reset = sigmoid(gates[at + hidden + i]! + ofState[hidden + i]!);
          const inner = ofState[2 * hidden + i]! + stateBias[direction * hidden + i]!;
          const candidate = Math.tanh(gates[at + 2 * hidden + i]! + reset * inner);
          return (1 - update) * candidate + update * before;
        });
        output.set(state, ((frame * directions + direction) * batch + row) * hidden);
      }
    }
  }
  return output;
}

test("results are those of the definition, for any size, batch and length", () => {
  const random = randomNumbers(3);
  const assembly = new LayerAssembly();
  for (const [directions, hidden, groups, lengths] of [
    [2, 64, 1, [30]],
    [2, 40, 2, [7, 1, 12]],
    [1, 24, 4, [300, 0, 129]],
    [2, 384, 6, [20, 5]],
    [1, 8, 2, [128]],
  ] as const) {
    const layer = layerOf(directions, hidden, groups, random);
    const numFrames = Math.max(...lengths);
    const size = numFrames * lengths.length * directions * 3 * hidden;
    // Some far beyond what opens a gate fully.
    const gates = Float32Array.from({ length: size }, () => (random() < 0.01 ? 400 : 4) * (random() - 0.5));
    const recurrence = new PackedRecurrence(assembly, layer);
    const expected = recur(layer, gates, lengths);
    // Twice: an utterance begins with nothing of the one before.
    for (const found of [recurrence.run(gates, lengths), recurrence.run(gates, Int32Array.from(lengths))]) {
      assert.equal(found.length, expected.length);
      const furthest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
      assert.ok(furthest < 2e-5, `${hidden} hidden units: ${furthest} off`);
    }
  }
});

test("sums of the largest weights and states do not overflow", () => {
  const [hidden, numFrames] = [512, 3];
  const layer: RecurrentWeights = {
    ...{ directions: 1, hidden },
    weights: new Int8Array(3 * hidden * hidden).fill(-127),
    scales: new Float32Array(3 * hidden).fill(1e-4),
    stateBias: new Float32Array(hidden),
  };
  // The first frame makes every state -1; in the second all of them add up.
  const gates = new Float32Array(numFrames * 3 * hidden).fill(-50);
  const found = new PackedRecurrence(new LayerAssembly(), layer).run(gates, [numFrames]);
  const expected = recur(layer, gates, [numFrames]);
  assert.ok(expected.every((value, i) => Math.abs(value - found[i]!) < 2e-5));
});

test("sizes that it cannot take are told", () => {
  const random = randomNumbers(4);
  for (const [hidden, groups] of [
    [12, 1],
    [8, 8],
    [72, 8],
    [520, 1],
  ] as const)
    assert.equal(PackedRecurrence.takes(layerOf(1, hidden, groups, random)), false);
});
