import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InferenceSession } from "onnxruntime-node";
import { temporaryFolder } from "../../data/fixtures.test.support.js";
import { graphOf, randomModel } from "../export.test.support.js";
import { floatToHalf, halfToFloat } from "../onnx/float16.js";
import { DATA_TYPES, decodeModel } from "../onnx/schema.js";
import { expandWeight, groupSizeOf, roundWeight } from "./expanded-weights.js";

const nearestHalf = (value: number) => halfToFloat(floatToHalf(value));

describe("roundWeight", () => {
  it("gives each output a scale of its own, along whichever axis the inputs lie", () => {
    const data = Float32Array.of(1, -2, 0.5, 254, 127, -100);
    const byRow = roundWeight({ data, shape: [1, 2, 3] }, 2);
    assert.deepEqual([...byRow.data], [64, -127, 32, 127, 64, -50]);
    assert.deepEqual([...byRow.scales.data], [nearestHalf(2 / 127), 2]);
    assert.deepEqual(byRow.scales.shape, [1, 2, 1]);
    const byColumn = roundWeight({ data, shape: [2, 3] }, 0);
    assert.deepEqual([...byColumn.data], [1, -2, 1, 127, 127, -127]);
    assert.deepEqual([...byColumn.scales.data], [2, 1, nearestHalf(100 / 127)]);
    assert.deepEqual(byColumn.scales.shape, [1, 3]);
  });

  it("lets a large weight coarsen its own group of inputs alone", () => {
    const [numInputs, groupSize] = [160, 40];
    for (const [shape, inputAxis] of [
      [[2, 3, numInputs], 2],
      [[numInputs, 6], 0],
    ] as const) {
      const weight = { data: Float32Array.from({ length: 6 * numInputs }, (_, i) => Math.sin(i)), shape };
      const stride = inputAxis === 0 ? 6 : 1;
      weight.data[3 * stride] = 100; // the first output's fourth input
      const rounded = roundWeight(weight, inputAxis);
      assert.deepEqual(rounded.scales.shape, shape.with(inputAxis, 4));
      const coarse = new Set(Array.from({ length: groupSize }, (_, input) => input * stride));
      for (const [i, value] of expandWeight(rounded, shape, inputAxis).data.entries()) {
        const off = Math.abs(value - weight.data[i]!);
        assert.ok(off <= (coarse.has(i) ? 100 : 1) / 127 / 2 + 1e-3, `${i} is off by ${off}`);
      }
    }
  });

  it("groups as many inputs as divide them, up to 64, and all where that would be few", () => {
    const sizes = { 1: 1, 24: 24, 64: 64, 80: 40, 97: 97, 128: 64, 134: 134, 512: 64, 1280: 64 };
    for (const [numInputs, size] of Object.entries(sizes)) assert.equal(groupSizeOf(Number(numInputs)), size);
  });

  it("takes outputs of which nothing comes, and next to nothing", () => {
    const nothing = roundWeight({ data: new Float32Array(4), shape: [2, 2] }, 0);
    assert.deepEqual(
      [[...nothing.data], [...nothing.scales.data]],
      [
        [0, 0, 0, 0],
        [1, 1],
      ],
    );
    // Below 2^-14 halves are coarse, and below 2^-25 they are zero: scales must still hold the largest weight.
    for (const largest of [1e-3, 1.3e-5, 1e-9]) {
      const { data, scales } = roundWeight({ data: Float32Array.of(largest, -largest), shape: [2, 1] }, 0);
      const scale = scales.data[0]!;
      assert.ok(scale > 0 && data.every((value) => Math.abs(value) <= 127), `${largest}: ${data} times ${scale}`);
      assert.ok(Math.abs(data[0]! * scale - largest) <= scale / 2 && data[0] === -data[1]!, `${data} times ${scale}`);
    }
  });
});

describe("a graph for pages", () => {
  it("is that of fp32 once it is opened: nothing is rounded or expanded as it runs", async (t) => {
    const folder = await temporaryFolder(t);
    using model = randomModel(folder);
    const opened = async (precision: "fp32" | "web") => {
      const optimizedModelFilePath = join(folder, `${precision}.onnx`);
      // No further than where constants are folded: what comes after is the processor's own.
      const session = await InferenceSession.create(graphOf(model, precision), {
        graphOptimizationLevel: "basic",
        optimizedModelFilePath,
      });
      await session.release();
      return decodeModel(readFileSync(optimizedModelFilePath)).graph;
    };
    const [exact, own] = [await opened("fp32"), await opened("web")];
    assert.deepEqual(own.node.map(({ opType }) => opType).sort(), exact.node.map(({ opType }) => opType).sort());
    const { int8, float16 } = DATA_TYPES;
    const isStored = ({ dataType }: { dataType: number }) => dataType === int8 || dataType === float16;
    assert.deepEqual(own.initializer.filter(isStored), []);
  });
});
