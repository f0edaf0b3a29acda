/** The shape of the graph: what a checker of ONNX models looks at, and what recognisers rely on. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BUNDLE_PRECISIONS } from "@deepspeech-ts/speech";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { temporaryFolder } from "../../data/fixtures.test.support.js";
import { graphOf, randomModel, sampleWaveforms } from "../export.test.support.js";
import { DATA_TYPES, decodeModel, type GraphMessage } from "../onnx/schema.js";

/** All of ONNX's own operators that a runtime must have. */
const ALWAYS = [
  ...["Add", "Cast", "Conv", "CumSum", "Div", "Erf", "Gather", "GatherElements", "Identity", "LayerNormalization"],
  ...["Less", "Log", "LogSoftmax", "MatMul", "Mul", "Pad", "Range", "Reshape", "ScatterElements", "Shape", "Slice"],
  ...["Sqrt", "Sub", "Transpose", "Unsqueeze", "Where"],
];
const OPERATORS = {
  fp32: [...ALWAYS, "GRU"],
  fp16: [...ALWAYS, "GRU"],
  web: [...ALWAYS, "GRU"],
  int8: [
    ...[...ALWAYS, "Abs", "Concat", "Expand", "MatMulInteger", "Max", "QuantizeLinear", "ReduceMax"],
    ...["ReverseSequence", "Scan", "Sigmoid", "Split", "Squeeze", "Tanh"],
  ],
};

/** Every value is made once, and before it is used; gives the operators. */
function checkGraph(graph: GraphMessage, outer: ReadonlySet<string> = new Set()): Set<string> {
  const known = new Set(outer);
  const operators = new Set<string>();
  const define = (name: string) => {
    assert.ok(!known.has(name), `${name} is made twice`);
    known.add(name);
  };
  for (const { name } of [...graph.input, ...graph.initializer]) define(name);
  for (const { name, opType, input, output, attribute } of graph.node) {
    for (const value of input) assert.ok(value === "" || known.has(value), `${name} uses ${value} before it is made`);
    operators.add(opType);
    for (const { g } of attribute) if (g) for (const inner of checkGraph(g, known)) operators.add(inner);
    for (const value of output) define(value);
  }
  for (const { name } of graph.output) assert.ok(known.has(name), `output ${name} is not made`);
  for (const { name, dims, dataType, rawData } of graph.initializer) {
    const bytes = { 1: 4, 2: 1, 3: 1, 6: 4, 7: 8, 10: 2 }[dataType];
    assert.equal(rawData.length, dims.reduce((total, size) => total * size, 1) * bytes!, `${name} fills its shape`);
  }
  return operators;
}

describe("modelGraph", () => {
  for (const precision of BUNDLE_PRECISIONS) {
    it(`is in order in ${precision}`, async (t) => {
      using model = randomModel(await temporaryFolder(t));
      const { graph, opsetImport, irVersion, producerName } = decodeModel(graphOf(model, precision));
      assert.deepEqual([...checkGraph(graph)].sort(), OPERATORS[precision].toSorted());
      assert.deepEqual([irVersion, producerName, opsetImport], [8, "deepspeech-ts", [{ version: 17 }]]);
      assert.ok(
        graph.node.every((node) => !("domain" in node)),
        "all operators are ONNX's own",
      );
      assert.deepEqual(
        [...graph.input, ...graph.output].map(({ name, type }) => [
          name,
          type.tensorType.elemType,
          type.tensorType.shape.dim.map(({ dimValue, dimParam }) => dimParam ?? dimValue),
        ]),
        [
          ["waveforms", DATA_TYPES.float32, ["batch", "samples"]],
          ["lengths", DATA_TYPES.int64, ["batch"]],
          ["log_probs", DATA_TYPES.float32, ["batch", "frames", 29]],
          ["log_prob_lengths", DATA_TYPES.int64, ["batch"]],
          ["features", DATA_TYPES.float32, ["batch", "feature_frames", 40]],
        ],
      );
    });
  }

  it("stores weights as the precision says", async (t) => {
    using model = randomModel(await temporaryFolder(t));
    const matrixTypes = (precision: keyof typeof OPERATORS) => {
      const { graph } = decodeModel(graphOf(model, precision));
      const bodies = graph.node.flatMap(({ attribute }) => attribute.flatMap(({ g }) => (g ? [g] : [])));
      const constants = [graph, ...bodies].flatMap(({ initializer }) => initializer);
      const matrices = constants.filter(({ name }) =>
        /(BiGRU\.weight_\w+|(fully_connected|classifier\.0)\.weight)(:(?!scales)\S+)?$/.test(name),
      );
      return [...new Set(matrices.filter(({ dims }) => dims.length >= 2).map(({ dataType }) => dataType))];
    };
    assert.deepEqual(matrixTypes("fp32"), [DATA_TYPES.float32]);
    assert.deepEqual(matrixTypes("int8"), [DATA_TYPES.int8]);
    assert.deepEqual(matrixTypes("web"), [DATA_TYPES.int8]);
    for (const precision of ["fp16", "web"] as const) {
      const { initializer } = decodeModel(graphOf(model, precision)).graph;
      const trained = initializer.filter(({ name }) => /weight|bias/.test(name));
      assert.ok(trained.length > 0 && trained.every(({ dataType }) => dataType !== DATA_TYPES.float32), precision);
    }
  });

  it("never rounds the last layer's weights to 8 bits", async (t) => {
    using model = randomModel(await temporaryFolder(t));
    for (const precision of ["fp16", "int8", "web"] as const) {
      const { initializer } = decodeModel(graphOf(model, precision)).graph;
      const last = initializer.filter(({ name }) => name.startsWith("classifier.3.weight"));
      assert.deepEqual(
        last.map(({ dataType }) => dataType),
        [DATA_TYPES.float16],
        precision,
      );
    }
  });

  it("gives the same whether ONNX Runtime optimises it or not", async (t) => {
    using model = randomModel(await temporaryFolder(t));
    const [waveform] = (await sampleWaveforms(1)) as [Float32Array];
    const feeds = {
      waveforms: new Tensor("float32", waveform, [1, waveform.length]),
      lengths: new Tensor("int64", BigInt64Array.of(BigInt(waveform.length)), [1]),
    };
    for (const precision of ["fp32", "fp16", "web"] as const) {
      const answers: Float32Array[] = [];
      for (const graphOptimizationLevel of ["disabled", "all"] as const) {
        const session = await InferenceSession.create(graphOf(model, precision), { graphOptimizationLevel });
        answers.push((await session.run(feeds)).log_probs!.data as Float32Array);
        await session.release();
      }
      const [plain, optimised] = answers as [Float32Array, Float32Array];
      assert.ok(
        plain.every((value, i) => Math.abs(value - optimised[i]!) < 1e-4),
        precision,
      );
    }
  });
});
