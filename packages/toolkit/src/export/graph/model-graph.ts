/**
 * The whole recogniser as one ONNX graph: waveforms and lengths in; log-probabilities, their lengths and the features
 * out. It follows acoustic-model/deepspeech.ts layer by layer, and keeps its promise: an utterance's results do not
 * depend on its batch.
 */
import type { BundlePrecision } from "@deepspeech-ts/speech";
import type { FeatureConfig } from "../../acoustic-model/feature-config.js";
import type { ModelConfig } from "../../acoustic-model/model-config.js";
import { GraphBuilder, type Value } from "../onnx/graph-builder.js";
import { DATA_TYPES, encodeModel } from "../onnx/schema.js";
import { featuresOf } from "./features.js";
import { type Context, convolution, gelu, normaliseAndActivate, readConvolution, readNorm } from "./layers.js";
import { framesAfterStride, framesOfSamples, lengthMask, sizeOf } from "./lengths.js";
import { linear, readLinear } from "./linear.js";
import { quantisedGru } from "./quantised-recurrence.js";
import { bidirectionalGru, readGru } from "./recurrence.js";
import type { Constants, NamedWeight, Weights } from "./weights.js";

/** Opset 17 is the first with LayerNormalization; IR 8 goes with it. */
const OPSET = 17;
const IR_VERSION = 8;

export interface GraphOptions {
  model: ModelConfig;
  features: FeatureConfig;
  weights: Weights;
  precision: BundlePrecision;
  /** The project's version, which the file names as its producer's. */
  producerVersion: string;
}

/** The bytes of model.onnx. */
export function modelGraph(options: GraphOptions): Uint8Array<ArrayBuffer> {
  const { model, features: featureConfig, weights, precision, producerVersion } = options;
  const graph = new GraphBuilder("deepspeech");
  const context = { graph, weights, precision };
  const waveforms = graph.input("waveforms", "float32", ["batch", "samples"]);
  const lengths = graph.input("lengths", "int64", ["batch"]);

  const featureLengths = framesOfSamples(graph, lengths, featureConfig.hopSamples);
  const frames = framesOfSamples(graph, sizeOf(graph, waveforms, 1), featureConfig.hopSamples);
  const features = featuresOf(graph, { waveforms, lengths, featureLengths, frames }, featureConfig); // [B, T, M]
  const logProbLengths = framesAfterStride(graph, featureLengths, model.timeStride);
  const outputFrames = framesAfterStride(graph, frames, model.timeStride);
  const logProbs = logProbsOf(context, features, { lengths: logProbLengths, frames: outputFrames }, model);

  graph.output("log_probs", logProbs, "float32", ["batch", "frames", model.numTokens]);
  graph.output("log_prob_lengths", logProbLengths, "int64", ["batch"]);
  graph.output("features", features, "float32", ["batch", "feature_frames", featureConfig.numMels]);
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: "deepspeech-ts",
    producerVersion,
    graph: graph.build(),
    opsetImport: [{ domain: "", version: OPSET }],
  });
}

/**
 * The trained parameters of such a graph, by their names in the state dict: what `modelGraph` took, or nearest halves of it.
 * @throws UserError where the graph is another, or its weights are rounded to 8 bits
 */
export function readWeights(
  constants: Constants,
  model: Pick<ModelConfig, "residualLayers" | "recurrentLayers">,
): Weights {
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
  ]);
}

/** [B, T, M] → [B, T', V] */
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
    hidden = recurrent(active, `birnn_layers.${i}.BiGRU`); // [T', B, 2·hidden]
  }
  const classified = linear(context, gelu(graph, linear(context, hidden, "classifier.0")), "classifier.3"); // [T', B, V]
  const byUtterance = graph.op("Transpose", [classified], { perm: [1, 0, 2] });
  return graph.op("LogSoftmax", [byUtterance], { axis: -1 });
}

/** The kind of GRU that goes with the precision, as a function of its input [T', B, input] and its name. */
function recurrentLayer(context: Context, lengths: Value) {
  if (context.precision === "int8") return (input: Value, name: string) => quantisedGru(context, input, lengths, name);
  const rows = context.graph.op("Cast", [lengths], { to: DATA_TYPES.int32 });
  return (input: Value, name: string) => bidirectionalGru(context, input, rows, name);
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
