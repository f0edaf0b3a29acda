/**
 * Builds packages/recognizer/models/speech-detector.onnx from Silero's model of voice activity.
 *
 *     npm pack @ricky0123/vad-web && tar xzf ricky0123-vad-web-*.tgz
 *     node tools/build-speech-detector.mjs package/dist/silero_vad_v6.onnx
 *
 * Only a maintainer runs this: the result is in the repository. Silero's file hears one piece of sound a run, and keeps
 * a second model for 8 kHz. Ours has the same weights for 16 kHz and the same arithmetic, written as a graph that hears
 * many pieces a run: only its recurrence goes from piece to piece. That takes a seventh of the time and half the bytes.
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

  const pieces = graph.input("pieces", "float32", ["pieces", CONTEXT + PIECE]);
  const hidden = graph.input("hidden", "float32", [1, 1, HIDDEN]);
  const cell = graph.input("cell", "float32", [1, 1, HIDDEN]);

  // Magnitudes of a Fourier transform, as a convolution: [N, 258, 4], the real parts before the imaginary ones.
  const padded = graph.op("Pad", [pieces, graph.ints([0, 0, 0, CONTEXT])], { mode: "reflect" });
  const channel = graph.op("Unsqueeze", [padded, graph.ints([1])]);
  const spectrum = graph.op("Conv", [channel, constant("stft.forward_basis_buffer")], { strides: [128] });
  const squares = graph.op("Mul", [spectrum, spectrum]);
  const [real, imaginary] = graph.ops("Split", [squares, graph.ints([129, 129])], 2, { axis: 1 });
  let x = graph.op("Sqrt", [graph.op("Add", [/** @type {string} */ (real), /** @type {string} */ (imaginary)])]);
  for (const [layer, stride] of [1, 2, 2, 1].entries()) {
    const name = `encoder.${layer}.reparam_conv`;
    const inputs = [x, constant(`${name}.weight`), constant(`${name}.bias`)];
    x = graph.op("Relu", [graph.op("Conv", inputs, { strides: [stride], pads: [1, 1] })]);
  }
  // [N, 128, 1]: a piece is a step of the recurrence, in a batch of one.
  const steps = graph.op("Transpose", [x], { perm: [0, 2, 1] });
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
  const flat = graph.op("Reshape", [graph.op("Relu", [/** @type {string} */ (ys)]), graph.ints([-1, HIDDEN])]);
  const column = { data: weight("decoder.decoder.2.weight").data, dims: [HIDDEN, 1] };
  const logits = graph.op("Add", [
    graph.op("MatMul", [flat, constant("decoder.decoder.2.weight", column)]),
    constant("decoder.decoder.2.bias"),
  ]);
  graph.output("probabilities", graph.op("Sigmoid", [logits]), "float32", ["pieces", 1]);
  graph.output("last_hidden", /** @type {string} */ (lastHidden), "float32", [1, 1, HIDDEN]);
  graph.output("last_cell", /** @type {string} */ (lastCell), "float32", [1, 1, HIDDEN]);
  return encodeModel({
    irVersion: 8,
    producerName: "silero-vad, rewritten by deepspeech-ts",
    producerVersion: "1",
    graph: graph.build(),
    opsetImport: [{ domain: "", version: 17 }],
  });
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
  const zeros = new Tensor("float32", new Float32Array(HIDDEN), [1, 1, HIDDEN]);
  const all = new Tensor("float32", Float32Array.from(pieces.flatMap((piece) => [...piece])), [
    NUM_PIECES,
    CONTEXT + PIECE,
  ]);
  const { probabilities } = await ours.run({ pieces: all, hidden: zeros, cell: zeros });
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - Number(probabilities?.data[i]))));
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
