/** Each layer's parameters, written into a graph and read back: what one function turns around, the other turns back. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BundlePrecision } from "@deepspeech-ts/speech";
import { GraphBuilder } from "../onnx/graph-builder.js";
import { decodeModel, encodeModel } from "../onnx/schema.js";
import { type Context, convolution, normaliseAndActivate, readConvolution, readNorm } from "./layers.js";
import { linear, readLinear } from "./linear.js";
import { gru, readGru } from "./recurrence.js";
import { readRowConvolution, rowConvolution } from "./row-convolution.js";
import { type Constants, type NamedWeight, readFloats, type Weights } from "./weights.js";

/** Parameters of these shapes; all numbers differ, so that no two can change places unseen. */
function numbered(shapes: Readonly<Record<string, readonly number[]>>): Weights {
  let next = 1;
  const weightOf = (shape: readonly number[]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return { data: Float32Array.from({ length: size }, () => next++ * 0.1), shape };
  };
  return new Map(Object.entries(shapes).map(([name, shape]) => [name, weightOf(shape)]));
}

/** The constants of what `write` adds to a graph, from the bytes of a file. */
function constantsOf(weights: Weights, write: (context: Context) => void, precision: BundlePrecision): Constants {
  const graph = new GraphBuilder("test");
  write({ graph, weights, precision });
  const header = { irVersion: 8, producerName: "", producerVersion: "", opsetImport: [] };
  const { initializer } = decodeModel(encodeModel({ ...header, graph: graph.build() })).graph;
  return { source: "a.dsb", byName: new Map(initializer.map((tensor) => [tensor.name, tensor])) };
}

interface Layer {
  shapes: Readonly<Record<string, readonly number[]>>;
  write: (context: Context) => void;
  read: (constants: Constants, name: string) => NamedWeight[];
}

const LAYERS: Readonly<Record<string, Layer>> = {
  "a linear layer": {
    shapes: { "x.weight": [3, 5], "x.bias": [3] },
    write: (context) => linear(context, "input", "x"),
    read: readLinear,
  },
  "a convolution": {
    shapes: { "x.weight": [4, 2, 3, 3], "x.bias": [4] },
    write: (context) => convolution(context, "input", "x", { kernelSize: 3 }),
    read: readConvolution,
  },
  "a layer norm": {
    shapes: { "x.weight": [6], "x.bias": [6] },
    write: (context) => normaliseAndActivate(context, "input", "x"),
    read: readNorm,
  },
  "a bidirectional GRU": {
    shapes: Object.fromEntries(
      ["l0", "l0_reverse"].flatMap((end) => [
        [`x.weight_ih_${end}`, [12, 5]],
        [`x.weight_hh_${end}`, [12, 4]],
        [`x.bias_ih_${end}`, [12]],
        [`x.bias_hh_${end}`, [12]],
      ]),
    ),
    write: (context) => gru(context, "input", "x", { lengths: "lengths" }),
    read: readGru,
  },
  "a forward GRU": {
    shapes: { "x.weight_ih_l0": [12, 5], "x.weight_hh_l0": [12, 4], "x.bias_ih_l0": [12], "x.bias_hh_l0": [12] },
    write: (context) => gru(context, "input", "x", { lengths: "lengths" }),
    read: readGru,
  },
  "a row convolution": {
    shapes: { "lookahead.weight": [4, 3] },
    write: (context) => rowConvolution(context, "input"),
    read: (constants) => readRowConvolution(constants),
  },
};

describe("weights read back from a graph", () => {
  for (const [name, { shapes, write, read }] of Object.entries(LAYERS)) {
    it(`are those of ${name}`, () => {
      const weights = numbered(shapes);
      const found = new Map(read(constantsOf(weights, write, "fp32"), "x"));
      assert.deepEqual([...found.keys()].sort(), [...weights.keys()].sort());
      for (const [name, weight] of weights) assert.deepEqual(found.get(name), weight, name);
    });

    it(`are those of ${name} to half precision`, () => {
      const weights = numbered(shapes);
      const found = new Map(read(constantsOf(weights, write, "fp16"), "x"));
      assert.deepEqual([...found.keys()].sort(), [...weights.keys()].sort());
      for (const [name, { data, shape }] of weights) {
        assert.deepEqual(found.get(name)!.shape, shape);
        for (const [i, value] of found.get(name)!.data.entries()) {
          assert.ok(Math.abs(value - data[i]!) <= Math.abs(data[i]!) * 2 ** -11, `${name}[${i}] is ${value}`);
        }
      }
    });

    it(`are those of ${name} to 8 bits`, () => {
      const weights = numbered(shapes);
      const found = new Map(read(constantsOf(weights, write, "web"), "x"));
      assert.deepEqual([...found.keys()].sort(), [...weights.keys()].sort());
      for (const [name, { data, shape }] of weights) {
        assert.deepEqual(found.get(name)!.shape, shape);
        // Half a step of the largest weight's scale, which a half may round up.
        const step = (Math.max(...data) / 127 / 2) * (1 + 2 ** -10);
        for (const [i, value] of found.get(name)!.data.entries()) {
          assert.ok(Math.abs(value - data[i]!) <= step, `${name}[${i}] is ${value} for ${data[i]}`);
        }
      }
    });
  }

  it("in 8 bits are refused where their scales are another shape's", () => {
    const weights = numbered({ "x.weight": [3, 5], "x.bias": [3] });
    const constants = constantsOf(weights, (context) => linear(context, "input", "x"), "web");
    const scales = constants.byName.get("x.weight:scales:half")!;
    const dims = [1, 2];
    const byName = new Map(constants.byName).set(scales.name, { ...scales, dims, rawData: scales.rawData.slice(0, 4) });
    assert.throws(() => readLinear({ ...constants, byName }, "x"), {
      name: "UserError",
      message: /^a\.dsb: its graph holds no floats by the name x\.weight;/,
    });
  });

  it("are refused where the graph has no such floats", () => {
    const graph = new GraphBuilder("test");
    graph.constant("whole", "int64", BigInt64Array.of(1n), [1]);
    graph.constant("short", "float32", Float32Array.of(1), [2]);
    const constants = { source: "a.dsb", byName: new Map(graph.build().initializer.map((own) => [own.name, own])) };
    for (const name of ["whole", "short", "absent"]) {
      const advice = 'fine-tune from a checkpoint, or from a bundle that "deepspeech export" wrote';
      const message = `a.dsb: its graph holds no floats by the name ${name}; ${advice}.`;
      assert.throws(() => readFloats(constants, name), { name: "UserError", message });
    }
  });
});
