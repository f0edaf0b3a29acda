/**
 * Builds packages/recognizer/models/speech-detector.onnx from Silero's model of voice activity.
 *
 *     npm pack @ricky0123/vad-web && tar xzf ricky0123-vad-web-*.tgz
 *     node tools/build-speech-detector.mjs package/dist/silero_vad_v6.onnx
 *
 * Only a maintainer runs this: the result is in the repository. Silero's file hears one piece of sound a run, and keeps
 * a second model for 8 kHz. Ours has the same weights for 16 kHz and the same arithmetic, written as a graph that hears
 * many pieces of several sounds a run: only its recurrence goes from piece to piece. Its convolutions see four positions
 * and fewer, for which ONNX Runtime's own are slow; here each is one product of matrices over all pieces, whose matrix has
 * the kernel at each position, and zeros elsewhere. ONNX Runtime makes these when it loads the graph.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { GraphBuilder } from "../packages/toolkit/dist/export/onnx/graph-builder.js";
import { DATA_TYPES, decodeModel, encodeModel } from "../packages/toolkit/dist/export/onnx/schema.js";

/** @typedef {import("../packages/toolkit/dist/export/onnx/schema.js").GraphMessage} GraphMessage */
/** @typedef {{ data: Float32Array, dims: number[] }} Weight */

const OUTPUT = fileURLToPath(new URL("../packages/recognizer/models/speech-detector.onnx", import.meta.url));
/** New samples of a piece, and those before them that are heard again. */
const PIECE = 512;
const CONTEXT = 64;
const HIDDEN = 128;
/** Windows of the Fourier transform in a piece; one begins where the one before is half over. */
const POSITIONS = 4;
const WINDOW = 256;
/** Of which frequencies it tells. */
const BANDS = 129;
const NUM_PIECES = 50;
const TOLERANCE = 1e-5;

/**
 * The constants of the branch for 16 kHz, by the names that Silero's own code gives them.
 *
 * @param {Uint8Array} bytes
 */
function readWeights(bytes) {
  const choice = decodeModel(bytes).graph.node.find(({ opType }) => opType === "If");
  const branch = /** @type {GraphMessage} */ (choice?.attribute.find(({ name }) => name === "then_branch")?.g);
  /** @type {Map<string, Weight>} */
  const weights = new Map();
  for (const { output, attribute } of branch.node) {
    const tensor = attribute.find(({ name }) => name === "value")?.t;
    if (tensor?.dataType !== DATA_TYPES.float32 || !tensor.rawData) continue;
    const data = new Float32Array(Uint8Array.from(tensor.rawData).buffer);
    weights.set(/** @type {string} */ (output[0]).replace(/^.*Inline_0__/, ""), { data, dims: tensor.dims });
  }
  return weights;
}

/** @param {Map<string, Weight>} weights */
function buildGraph(weights) {
  const graph = new GraphBuilder("speech-detector");
  const weight = (/** @type {string} */ name) => /** @type {Weight} */ (weights.get(name));
  const constant = (/** @type {string} */ name, { data, dims } = weight(name)) =>
    graph.constant(name, "float32", data, dims);

  const pieces = graph.input("pieces", "float32", ["pieces", "sounds", CONTEXT + PIECE]);
  const hidden = graph.input("hidden", "float32", [1, "sounds", HIDDEN]);
  const cell = graph.input("cell", "float32", [1, "sounds", HIDDEN]);
  const reshape = (/** @type {string} */ value, /** @type {number[]} */ dims) =>
    graph.op("Reshape", [value, graph.ints(dims)]);
  const slice = (/** @type {string} */ value, /** @type {number} */ from, /** @type {number} */ to) =>
    graph.op("Slice", [value, graph.ints([from]), graph.ints([to]), graph.ints([1])]);

  // Magnitudes of a Fourier transform over four windows, each of two halves: [N · 4, 258], the real parts before the
  // imaginary ones.
  const padded = graph.op("Pad", [pieces, graph.ints([0, 0, 0, 0, 0, CONTEXT])], { mode: "reflect" });
  const halves = reshape(padded, [-1, POSITIONS + 1, WINDOW / 2]);
  const windows = graph.op("Concat", [slice(halves, 0, POSITIONS), slice(halves, 1, POSITIONS + 1)], { axis: 2 });
  const spectrum = graph.op("MatMul", [reshape(windows, [-1, WINDOW]), constant("basis", basisOf(weights))]);
  const squares = graph.op("Mul", [spectrum, spectrum]);
  const [real, imaginary] = graph.ops("Split", [squares, graph.ints([BANDS, BANDS])], 2, { axis: 1 });
  const magnitudes = graph.op("Sqrt", [
    graph.op("Add", [/** @type {string} */ (real), /** @type {string} */ (imaginary)]),
  ]);
  let x = reshape(magnitudes, [-1, POSITIONS * BANDS]);
  let positions = POSITIONS;
  for (const [layer, stride] of [1, 2, 2, 1].entries()) {
    const name = `encoder.${layer}.reparam_conv`;
    const outputs = Math.ceil(positions / stride);
    x = graph.op("Relu", [
      graph.op("Gemm", [x, ...overPositions(graph, constant, { name, weights, positions, stride, outputs })]),
    ]);
    positions = outputs;
  }
  // [pieces, sounds, 128]: a piece is a step of the recurrence.
  const steps = graph.op("Reshape", [
    x,
    graph.op("Concat", [graph.op("Shape", [pieces], { end: 2 }), graph.ints([HIDDEN])], { axis: 0 }),
  ]);
  const [ys, lastHidden, lastCell] = graph.ops(
    "LSTM",
    [
      steps,
      constant("W", forOnnx(weight("decoder.rnn.weight_ih"))),
      constant("R", forOnnx(weight("decoder.rnn.weight_hh"))),
      constant("B", biases(weight("decoder.rnn.bias_ih"), weight("decoder.rnn.bias_hh"))),
      "",
      hidden,
      cell,
    ],
    3,
    { hidden_size: HIDDEN },
  );
  // One direction's axis goes: [pieces, sounds, 128].
  const active = graph.op("Squeeze", [graph.op("Relu", [/** @type {string} */ (ys)]), graph.ints([1])]);
  const column = { data: weight("decoder.decoder.2.weight").data, dims: [HIDDEN, 1] };
  const logits = graph.op("Add", [
    graph.op("MatMul", [active, constant("decoder.decoder.2.weight", column)]),
    constant("decoder.decoder.2.bias"),
  ]);
  graph.output("probabilities", graph.op("Sigmoid", [logits]), "float32", ["pieces", "sounds", 1]);
  graph.output("last_hidden", /** @type {string} */ (lastHidden), "float32", [1, "sounds", HIDDEN]);
  graph.output("last_cell", /** @type {string} */ (lastCell), "float32", [1, "sounds", HIDDEN]);
  return encodeModel({
    irVersion: 8,
    producerName: "silero-vad, rewritten by deepspeech-ts",
    producerVersion: "1",
    graph: graph.build(),
    opsetImport: [{ domain: "", version: 17 }],
  });
}

/**
 * The Fourier transform's, for windows that are rows.
 *
 * @param {Map<string, Weight>} weights
 * @returns {Weight}
 */
function basisOf(weights) {
  const { data } = /** @type {Weight} */ (weights.get("stft.forward_basis_buffer"));
  return { data: transposed(data, 2 * BANDS, WINDOW), dims: [WINDOW, 2 * BANDS] };
}

/**
 * A convolution with a kernel of three and one zero on either side as a matrix [positions · channels in, outputs ·
 * channels out], and its bias.
 *
 * @param {GraphBuilder} graph
 * @param {(name: string, weight: Weight) => string} constant
 * @param {{ name: string, weights: Map<string, Weight>, positions: number, stride: number, outputs: number }} layer
 */
function overPositions(graph, constant, { name, weights, positions, stride, outputs }) {
  const { data, dims } = /** @type {Weight} */ (weights.get(`${name}.weight`));
  const [channelsOut = 0, channelsIn = 0] = dims;
  // [3, in, out], as [3 · in, out]: what of it lies beyond the first position or the last meets only zeros.
  const rows = Float32Array.from({ length: data.length }, (_, i) => {
    const [tap, from, to] = [
      Math.floor(i / channelsIn / channelsOut),
      Math.floor(i / channelsOut) % channelsIn,
      i % channelsOut,
    ];
    return data[(to * channelsIn + from) * 3 + tap] ?? 0;
  });
  const kernel = constant(`${name}.weight`, { data: rows, dims: [3 * channelsIn, channelsOut] });
  const columns = Array.from({ length: outputs }, (_, output) => {
    const before = (output * stride - 1) * channelsIn;
    const after = positions * channelsIn - before - 3 * channelsIn;
    return graph.op("Pad", [kernel, graph.ints([before, 0, after, 0])]);
  });
  const matrix = columns.length === 1 ? /** @type {string} */ (columns[0]) : graph.op("Concat", columns, { axis: 1 });
  const bias = constant(`${name}.bias`, /** @type {Weight} */ (weights.get(`${name}.bias`)));
  return [matrix, outputs === 1 ? bias : graph.op("Concat", Array(outputs).fill(bias), { axis: 0 })];
}

/**
 * @param {Float32Array} data
 * @param {number} rows
 * @param {number} columns
 */
function transposed(data, rows, columns) {
  return Float32Array.from({ length: data.length }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
}

/**
 * Gates in PyTorch's order (input, forget, cell, output) to ONNX's (input, output, forget, cell).
 *
 * @param {Weight} weight
 * @returns {Weight}
 */
function forOnnx({ data, dims }) {
  const gate = data.length / 4;
  const ordered = [0, 3, 1, 2].map((index) => data.subarray(index * gate, (index + 1) * gate));
  const whole = new Float32Array(data.length);
  for (const [index, part] of ordered.entries()) whole.set(part, index * gate);
  return { data: whole, dims: [1, ...dims] };
}

/**
 * @param {Weight} input
 * @param {Weight} recurrent
 * @returns {Weight}
 */
function biases(input, recurrent) {
  const data = Float32Array.of(...forOnnx(input).data, ...forOnnx(recurrent).data);
  return { data, dims: [1, data.length] };
}

/**
 * What both make of the same sound must be the same.
 *
 * @param {string} path Silero's
 * @param {Uint8Array} built ours
 */
async function compare(path, built) {
  const sound = Float32Array.from(
    { length: CONTEXT + NUM_PIECES * PIECE },
    (_, i) => 0.3 * Math.sin(i * i * 1e-5) ** 3,
  );
  const pieces = Array.from({ length: NUM_PIECES }, (_, i) => sound.slice(i * PIECE, i * PIECE + CONTEXT + PIECE));
  const theirs = await InferenceSession.create(path);
  let state = new Tensor("float32", new Float32Array(2 * HIDDEN), [2, 1, HIDDEN]);
  const expected = [];
  for (const piece of pieces) {
    const input = new Tensor("float32", piece, [1, piece.length]);
    const outputs = await theirs.run({ input, state, sr: new Tensor("int64", BigInt64Array.of(16_000n), []) });
    state = /** @type {typeof state} */ (outputs.stateN);
    expected.push(Number(outputs.output?.data[0]));
  }
  const ours = await InferenceSession.create(built);
  // Beside a sound that is silent.
  const zeros = new Tensor("float32", new Float32Array(2 * HIDDEN), [1, 2, HIDDEN]);
  const both = pieces.flatMap((piece) => [...piece, ...new Float32Array(piece.length)]);
  const all = new Tensor("float32", Float32Array.from(both), [NUM_PIECES, 2, CONTEXT + PIECE]);
  const { probabilities } = await ours.run({ pieces: all, hidden: zeros, cell: zeros });
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - Number(probabilities?.data[2 * i]))));
  assert.ok(worst < TOLERANCE, `off by ${worst}`);
  return worst;
}

const [path] = process.argv.slice(2);
if (!path) throw new Error("give the path of silero_vad_v6.onnx");
const built = buildGraph(readWeights(readFileSync(path)));
const worst = await compare(path, built);
mkdirSync(new URL(".", `file://${OUTPUT}`), { recursive: true });
writeFileSync(OUTPUT, built);
console.log(`${OUTPUT}: ${built.length} bytes; probabilities within ${worst.toExponential(1)} of Silero's`);
