import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InferenceSession } from "onnxruntime-node";
import { temporaryFolder } from "../../data/fixtures.test.support.js";
import { graphOf, randomModel } from "../export.test.support.js";
import { DATA_TYPES, decodeModel } from "../onnx/schema.js";
import { roundWeight } from "./expanded-weights.js";

describe("roundWeight", () => {
  it("gives each output a scale of its own, along whichever axis the inputs lie", () => {
    const data = Float32Array.of(1, -2, 0.5, 300, 127, -100);
    const byRow = roundWeight({ data, shape: [1, 2, 3] }, 2);
    assert.deepEqual([...byRow.data], [64, -127, 32, 127, 54, -42]);
    assert.deepEqual([...byRow.scales], [Math.fround(2 / 127), Math.fround(300 / 127)]);
    assert.deepEqual(byRow.scaleShape, [1, 2, 1]);
    const byColumn = roundWeight({ data, shape: [2, 3] }, 0);
    assert.deepEqual([...byColumn.data], [0, -2, 1, 127, 127, -127].with(0, Math.round(127 / 300)));
    assert.deepEqual(
      [...byColumn.scales],
      [300, 127, 100].map((largest) => Math.fround(largest / 127)),
    );
    assert.deepEqual(byColumn.scaleShape, [1, 3]);
  });

  it("takes outputs of which nothing comes", () => {
    const { data, scales } = roundWeight({ data: new Float32Array(4), shape: [2, 2] }, 0);
    assert.deepEqual(
      [[...data], [...scales]],
      [
        [0, 0, 0, 0],
        [1, 1],
      ],
    );
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
    const isWhole = ({ dataType }: { dataType: number }) => dataType === DATA_TYPES.int8;
    assert.deepEqual(own.initializer.filter(isWhole), []);
  });
});
