import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { Random } from "../../data/index.js";
import { GraphBuilder } from "../onnx/graph-builder.js";
import { encodeModel } from "../onnx/schema.js";
import { quantisedProduct, quantiseRows, quantiseWeight } from "./quantise.js";
import type { Weight } from "./weights.js";

const random = new Random("quantise");

function randomWeight(rows: number, columns: number): Weight {
  return { data: Float32Array.from({ length: rows * columns }, () => 2 * random.next() - 1), shape: [rows, columns] };
}

/** weight · row, in double precision. */
function exactProduct({ data, shape }: Weight, row: ArrayLike<number>): number[] {
  const [outputs = 0, inputs = 0] = shape;
  return Array.from({ length: outputs }, (_, o) => {
    let sum = 0;
    for (let i = 0; i < inputs; i++) sum += data[o * inputs + i]! * row[i]!;
    return sum;
  });
}

async function quantisedProducts(weight: Weight, rows: readonly Float32Array[]): Promise<Float32Array[]> {
  const graph = new GraphBuilder("product");
  const [outputs = 0, inputs = 0] = weight.shape;
  const input = graph.input("x", "float32", ["rows", inputs]);
  graph.output("y", quantisedProduct(graph, quantiseRows(graph, input), "w", weight), "float32", ["rows", outputs]);
  const opsetImport = [{ domain: "", version: 17 }];
  const session = await InferenceSession.create(
    encodeModel({ irVersion: 8, producerName: "", producerVersion: "", graph: graph.build(), opsetImport }),
  );
  const x = new Tensor("float32", Float32Array.from(rows.flatMap((row) => [...row])), [rows.length, inputs]);
  const y = (await session.run({ x })).y!.data as Float32Array;
  await session.release();
  return rows.map((_, i) => y.slice(i * outputs, (i + 1) * outputs));
}

describe("quantiseWeight", () => {
  it("keeps every value within half a step, in [in, out]", () => {
    const weight = randomWeight(5, 33);
    const { data, scales, shape } = quantiseWeight(weight);
    assert.deepEqual(shape, [33, 5]);
    for (let out = 0; out < 5; out++) {
      for (let i = 0; i < 33; i++) {
        const error = Math.abs(data[i * 5 + out]! * scales[out]! - weight.data[out * 33 + i]!);
        assert.ok(error <= 0.5001 * scales[out]!, `${error} at ${i}, ${out}`);
      }
    }
  });

  it("lets no two neighbours overflow 16 bits beside the largest inputs", () => {
    for (let trial = 0; trial < 50; trial++) {
      const { data, shape } = quantiseWeight(randomWeight(3, 40));
      const [inputs = 0, outputs = 0] = shape;
      let largest = 0;
      for (let i = 0; i < inputs; i += 2) {
        for (let out = 0; out < outputs; out++) {
          largest = Math.max(
            largest,
            255 * (Math.abs(data[i * outputs + out]!) + Math.abs(data[(i + 1) * outputs + out]!)),
          );
        }
      }
      assert.ok(largest < 2 ** 15, `${largest}`);
      assert.ok(largest > 0.95 * 2 ** 15, `${largest} leaves bits unused`);
    }
  });

  it("takes columns of zeros", () => {
    const { data, scales } = quantiseWeight({ data: new Float32Array(8), shape: [2, 4] });
    assert.ok(data.every((value) => value === 0) && scales.every((scale) => scale > 0));
  });
});

describe("a product in whole numbers", () => {
  it("is near the exact one, whatever the rows' sizes", async () => {
    const weight = randomWeight(16, 200);
    const rows = [1, 1e-6, 1e4, 0].map((size) =>
      Float32Array.from({ length: 200 }, () => size * (2 * random.next() - 1)),
    );
    const products = await quantisedProducts(weight, rows);
    for (const [i, row] of rows.entries()) {
      const size = Math.max(...row.map(Math.abs));
      for (const [out, exact] of exactProduct(weight, row).entries()) {
        // Rounding errors of 200 products, of weights and of inputs, add up as a random walk of steps under 0.01.
        assert.ok(Math.abs(products[i]![out]! - exact) <= 0.3 * size, `row ${i}: ${products[i]![out]} for ${exact}`);
      }
    }
  });

  it("does not depend on other rows", async () => {
    const weight = randomWeight(16, 64);
    const rows = [1, 50].map((size) => Float32Array.from({ length: 64 }, () => size * (2 * random.next() - 1)));
    const [alone] = await quantisedProducts(weight, rows.slice(0, 1));
    const [beside] = await quantisedProducts(weight, rows);
    assert.deepEqual(beside, alone);
  });
});
