/**
 * The whole recogniser as one ONNX graph: waveforms and lengths in; log-probabilities, their lengths and the features
 * out. It follows acoustic-model/deepspeech.ts layer by layer, and keeps its promise: an utterance's results do not
 * depend on its batch.
 */
import type { BundlePrecision } from "@deepspeech-ts/speech";
import type { FeatureConfig } from "../../acoustic-model/feature-config.js";
import type { ModelConfig } from "../../acoustic-model/model-config.js";
import { GraphBuilder, type Value } from "../onnx/graph-builder.js";
import { DATA_TYPES, encodeModel, type GraphMessage } from "../onnx/schema.js";
import { featuresOf } from "./features.js";
import { type Context, convolution, gelu, normaliseAndActivate, readConvolution, readNorm } from "./layers.js";
import { framesAfterStride, framesOfSamples, lengthMask, sizeOf, withinLengths } from "./lengths.js";
import { linear, readLinear } from "./linear.js";
import { quantisedGru } from "./quantised-recurrence.js";
import { gru, readGru } from "./recurrence.js";
import { readRowConvolution, rowConvolution } from "./row-convolution.js";
import { readRunningNorm, runningNorm } from "./running-norm.js";
import type { Constants, NamedWeight, Weights } from "./weights.js";

/** Opset 17 is the first with LayerNormalization; IR 8 goes with it. */
const OPSET = 17;
const IR_VERSION = 8;

/** What graph is written. */
export interface GraphOptions {
  model: ModelConfig;
  features: FeatureConfig;
  weights: Weights;
  precision: BundlePrecision;
  /** The project's version, which the file names as its producer's. */
  producerVersion: string;
}

/** The bytes of an ONNX file. */
export function encodeGraph(graph: GraphMessage, { producerVersion }: GraphOptions): Uint8Array<ArrayBuffer> {
  const opsetImport = [{ domain: "", version: OPSET }];
  return encodeModel({ irVersion: IR_VERSION, producerName: "deepspeech-ts", producerVersion, graph, opsetImport });
}

/** What model.onnx holds. */
export function wholeGraph({ model, features: featureConfig, weights, precision }: GraphOptions): GraphMessage {
  const graph = new GraphBuilder("deepspeech");
  const context = { graph, weights, precision };
  const waveforms = graph.input("waveforms", "float32", ["batch", "samples"]);
  const lengths = graph.input("lengths", "int64", ["batch"]);

  const featureLengths = framesOfSamples(graph, lengths, featureConfig.hopSamples);
  const frames = framesOfSamples(graph, sizeOf(graph, waveforms, 1), featureConfig.hopSamples);
  const features = featuresOf(graph, { waveforms, lengths, featureLengths, frames }, featureConfig); // [B, T, M]
  const logProbLengths = framesAfterStride(graph, featureLengths, model.timeStride);
  const outputFrames = framesAfterStride(graph, frames, model.timeStride);
  const normalised =
    model.direction === "forward" ? normalisedSoFar(context, features, featureLengths, frames) : features;
  const logProbs = logProbsOf(context, normalised, { lengths: logProbLengths, frames: outputFrames }, model);

  graph.output("log_probs", logProbs, "float32", ["batch", "frames", model.numTokens + model.numPhones]);
  graph.output("log_prob_lengths", logProbLengths, "int64", ["batch"]);
  graph.output("features", features, "float32", ["batch", "feature_frames", featureConfig.numMels]);
  return graph.build();
}

/**
 * The trained parameters of such a graph, by their names in the state dict: what `wholeGraph` took, or what is left of it
 * in fewer bits.
 * @throws UserError where the graph is another, or of int8
 */
export function readWeights(constants: Constants, model: ModelConfig): Weights {
  // The first layer that is not there ends it, however many a header speaks of.
  const ofLayers = (count: number, read: (layer: number) => NamedWeight[]) => {
    const weights: NamedWeight[] = [];
    for (let layer = 0; layer < count; layer++) weights.push(...read(layer));
    return weights;
  };
  return new Map([
    ...readConvolution(constants, "cnn"),
    ...ofLayers(model.residualLayers, (i) =>
      [1, 2].flatMap((part) => [
        ...readNorm(constants, `rescnn_layers.${i}.layer_norm${part}.layer_norm`),
        ...readConvolution(constants, `rescnn_layers.${i}.cnn${part}`),
      ]),
    ),
    ...readLinear(constants, "fully_connected"),
    ...ofLayers(model.recurrentLayers, (i) => [
      ...readNorm(constants, `birnn_layers.${i}.layer_norm`),
      ...readGru(constants, `birnn_layers.${i}.BiGRU`),
    ]),
    ...readLinear(constants, "classifier.0"),
    ...readLinear(constants, "classifier.3"),
    ...(hasLookahead(model) ? readRowConvolution(constants) : []),
    ...(model.direction === "forward" ? readRunningNorm(constants) : []),
  ]);
}

/** [B, T, M] → [B, T', V], as `classify` */
function logProbsOf(
  context: Context,
  features: Value,
  output: { lengths: Value; frames: Value },
  model: ModelConfig,
): Value {
  const { graph } = context;
  const images = convolutions(context, features, output, model); // [B, C, T', F']
  const joined = graph.op("Reshape", [graph.op("Transpose", [images], { perm: [2, 0, 1, 3] }), graph.ints([0, 0, -1])]); // [T', B, C·F']: recurrence wants time first
  let hidden = linear(context, joined, "fully_connected"); // [T', B, hidden]
  const recurrent = recurrentLayer(context, output.lengths);
  for (let i = 0; i < model.recurrentLayers; i++) {
    const active = normaliseAndActivate(context, hidden, `birnn_layers.${i}.layer_norm`);
    hidden = recurrent(active, `birnn_layers.${i}.BiGRU`); // [T', B, width]
  }
  if (hasLookahead(model)) {
    const mask = graph.op("Transpose", [lengthMask(graph, output.lengths, output.frames)], { perm: [1, 0] }); // [T', B]
    const own = graph.op("Mul", [hidden, graph.op("Unsqueeze", [mask, graph.ints([2])])]);
    hidden = rowConvolution(context, own).frames;
  }
  return classify(context, hidden, model);
}

/** [T', B, width] → [B, T', V]; of a model that writes phones, their log-probabilities stand behind those of its tokens. */
export function classify(context: Context, hidden: Value, { numTokens, numPhones }: ModelConfig): Value {
  const { graph } = context;
  const active = gelu(graph, linear(context, hidden, "classifier.0")); // [T', B, hidden]
  const classified = linear(lastLayer(context), active, "classifier.3"); // [T', B, V]
  const byUtterance = graph.op("Transpose", [classified], { perm: [1, 0, 2] });
  if (numPhones === 0) return graph.op("LogSoftmax", [byUtterance], { axis: -1 });
  const logProbs = [
    [0, numTokens],
    [numTokens, numTokens + numPhones],
  ].map(([from = 0, to = 0]) => {
    const own = graph.op("Slice", [byUtterance, graph.ints([from]), graph.ints([to]), graph.ints([2])]);
    return graph.op("LogSoftmax", [own], { axis: -1 });
  });
  return graph.op("Concat", logProbs, { axis: -1 });
}

/**
 * What the last layer rounds off is in log-probabilities as it is, no layer after it evens it out; and its weights are
 * the fewest. So 8 bits are not for them.
 */
function lastLayer(context: Context): Context {
  const { precision } = context;
  return precision === "int8" || precision === "web" ? { ...context, precision: "fp16" } : context;
}

export function hasLookahead({ direction, lookaheadFrames }: ModelConfig): boolean {
  return direction === "forward" && lookaheadFrames > 0;
}

/** A forward model's first layer: [B, T, M] → [B, T, M], zero beyond each utterance's length. */
function normalisedSoFar(context: Context, features: Value, lengths: Value, frames: Value): Value {
  const { graph } = context;
  const isWithin = graph.op("Unsqueeze", [withinLengths(graph, lengths, frames), graph.ints([2])]);
  return graph.op("Where", [isWithin, runningNorm(context, features).frames, graph.float(0)]);
}

/** The kind of GRU that goes with the precision, as a function of its input [T', B, input] and its name. */
function recurrentLayer(context: Context, lengths: Value) {
  if (context.precision === "int8") {
    return (input: Value, name: string) => quantisedGru(context, input, name, { lengths }).frames;
  }
  const rows = context.graph.op("Cast", [lengths], { to: DATA_TYPES.int32 });
  return (input: Value, name: string) => gru(context, input, name, { lengths: rows }).frames;
}

/** [B, T, M] → [B, C, T', F'], zero beyond each utterance's length wherever a convolution could see it. */
function convolutions(
  context: Context,
  features: Value,
  output: { lengths: Value; frames: Value },
  { kernelSize, timeStride, frequencyStride, residualLayers }: ModelConfig,
): Value {
  const { graph } = context;
  const mask = graph.op("Unsqueeze", [lengthMask(graph, output.lengths, output.frames), graph.ints([1, 3])]); // [B, 1, T', 1]
  const keepValid = (value: Value) => graph.op("Mul", [value, mask]);
  const image = graph.op("Unsqueeze", [features, graph.ints([1])]); // [B, 1, T, M]
  const strides = [timeStride, frequencyStride] as const;
  let images = keepValid(convolution(context, image, "cnn", { kernelSize, strides }));
  for (let i = 0; i < residualLayers; i++) {
    let change = images;
    for (const part of [1, 2]) {
      const active = normaliseAndActivate(context, change, `rescnn_layers.${i}.layer_norm${part}.layer_norm`);
      change = convolution(context, keepValid(active), `rescnn_layers.${i}.cnn${part}`, { kernelSize });
    }
    images = graph.op("Add", [keepValid(change), images]);
  }
  return images;
}
