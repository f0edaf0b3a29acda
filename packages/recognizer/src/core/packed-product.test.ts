import assert from "node:assert/strict";
import { test } from "node:test";
import { randomNumbers } from "../fixtures.test.support.js";
import { LayerAssembly } from "./layer-assembly.js";
import { PackedProduct, type ProductWeights } from "./packed-product.js";

/** The normal distribution's, to 2e-4: Bowling et al. 2009. */
function logisticCdf(x: number): number {
  return 1 / (1 + Math.exp(-(0.07056 * x ** 3 + 1.5976 * x)));
}

/** By the definition, in double precision. */
function multiply({ inputs, outputs, weights, isTransposed, bias }: ProductWeights, rows: Float32Array): Float64Array {
  return Float64Array.from({ length: (rows.length / inputs) * outputs }, (_, i) => {
    const [row, output] = [Math.floor(i / outputs), i % outputs];
    let sum = bias?.[output] ?? 0;
    for (let input = 0; input < inputs; input++) {
      const weight = weights.data[isTransposed ? input * outputs + output : output * inputs + input]!;
      sum += rows[row * inputs + input]! * weight;
    }
    return sum;
  });
}

test("results are those of the definition, for any size, and whatever was multiplied before", () => {
  const random = randomNumbers(7);
  const floats = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1);
  const assembly = new LayerAssembly();
  const cases = [
    { inputs: 24, outputs: 8, numRows: 1 },
    { inputs: 7, outputs: 40, numRows: 203 },
    { inputs: 1, outputs: 16, numRows: 96 },
    { inputs: 300, outputs: 24, numRows: 99 },
  ].map(({ inputs, outputs, numRows }, i) => {
    const isTransposed = i % 2 === 1;
    const bias = i < 2 ? floats(outputs) : undefined;
    const weights = { inputs, outputs, weights: { data: floats(inputs * outputs) }, isTransposed, bias };
    return { weights, product: new PackedProduct(assembly, weights), rows: floats(numRows * inputs) };
  });
  // By turns, as layers of one model are.
  for (const { weights, product, rows } of [...cases, ...cases.toReversed()]) {
    const [found, expected] = [product.run(rows), multiply(weights, rows)];
    assert.equal(found.length, expected.length);
    const furthest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
    assert.ok(furthest < 5e-5, `${weights.inputs} inputs: ${furthest} off`);
  }
  assert.equal(cases[0]!.product.run(new Float32Array()).length, 0);
});

test("inputs are normalised and activated before", () => {
  const random = randomNumbers(8);
  const [inputs, outputs, numRows] = [12, 8, 101];
  const floats = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1);
  const norm = { scale: floats(inputs), shift: floats(inputs), epsilon: 1e-5 };
  const weights = { inputs, outputs, weights: { data: floats(inputs * outputs) }, isTransposed: false };
  const assembly = new LayerAssembly();
  const rows = floats(numRows * inputs);
  const active = rows.map((value, i) => {
    const row = rows.subarray(i - (i % inputs), i - (i % inputs) + inputs);
    const mean = row.reduce((sum, own) => sum + own, 0) / inputs;
    const variance = row.reduce((sum, own) => sum + (own - mean) ** 2, 0) / inputs;
    const normal =
      ((value - mean) / Math.sqrt(variance + norm.epsilon)) * norm.scale[i % inputs]! + norm.shift[i % inputs]!;
    return normal * logisticCdf(normal);
  });
  const [found, expected] = [new PackedProduct(assembly, { ...weights, norm }).run(rows), multiply(weights, active)];
  const furthest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
  // So far is the approximation from the integral.
  assert.ok(furthest < 5e-3, `${furthest} off`);
});

test("outputs that fill no vectors are not taken", () => {
  assert.equal(PackedProduct.takes({ inputs: 8, outputs: 29 }), false);
  assert.equal(PackedProduct.takes({ inputs: 7, outputs: 32 }), true);
});
