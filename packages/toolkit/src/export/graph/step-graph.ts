/**
 * A forward model in steps: some frames' samples and a state in; the log-probabilities of as many frames, which lie a fixed
 * delay behind, and the next state out. Cut into steps of whatever lengths, an utterance gives what the whole graph
 * (model-graph.ts) gives of it at once.
 *
 * Layers that hear ahead answer later: each keeps the frames that its next answers need. Before an utterance's first
 * frame and behind its last there are zeros, wherever a convolution could see them, and GRUs keep their state. The
 * samples' end is known only when it has come; until then an utterance is taken as endless.
 *
 *     samples    [B, S]  S = frames · timeStride · hopSamples + fftSamples − hopSamples: the frames' windows, which
 *                        overlap; sound is reflected at its ends as acoustic-model/features.ts does it
 *     positions  [B]     frames of output that earlier steps took in
 *     ends       [B]     frames of features of the whole utterance, once that is known; before, a very large number
 *     state      [B, stateSize]; zeros at the beginning
 *     log_probs  [B, frames, V]: the first is frame `positions − delayFrames` of the utterance
 *     next_state [B, stateSize]
 */
import type { StreamingFacts } from "@deepspeech-ts/speech";
import type { FeatureConfig } from "../../acoustic-model/feature-config.js";
import { residualReach } from "../../acoustic-model/latency.js";
import { convolutionReach, type ModelConfig } from "../../acoustic-model/model-config.js";
import { GraphBuilder, type Value } from "../onnx/graph-builder.js";
import { DATA_TYPES, type GraphMessage } from "../onnx/schema.js";
import { melFeatures } from "./features.js";
import { type Context, convolution, normaliseAndActivate } from "./layers.js";
import { framesAfterStride, sizeOf } from "./lengths.js";
import { linear } from "./linear.js";
import { classify, encodeGraph, type GraphOptions, hasLookahead, wholeGraph } from "./model-graph.js";
import { quantisedGru } from "./quantised-recurrence.js";
import { gru } from "./recurrence.js";
import { rowConvolution } from "./row-convolution.js";
import { runningNorm } from "./running-norm.js";
import { StepState, stateSize, stemDelay } from "./step-state.js";

/** Frames of output by which answers lie behind what was taken in. */
function delayFrames(model: ModelConfig): number {
  return stemDelay(model) + residualReach(model) + model.lookaheadFrames;
}

/** How a forward model's steps are run; undefined for one that reads both ways. */
export function streamingFacts(
  model: ModelConfig,
  { fftSamples, hopSamples }: Pick<FeatureConfig, "fftSamples" | "hopSamples">,
): StreamingFacts | undefined {
  if (model.direction !== "forward") return undefined;
  const sound = { windowSamples: fftSamples, hopSamples, stride: model.timeStride };
  return { ...sound, delayFrames: delayFrames(model), stateSize: stateSize(model) };
}

/**
 * The bytes of model.onnx and, of a forward model, of step.onnx, which lacks the constants that the other has under the
 * same name.
 */
export function modelGraphs(options: GraphOptions): { model: Uint8Array<ArrayBuffer>; step?: Uint8Array<ArrayBuffer> } {
  const whole = wholeGraph(options);
  const model = encodeGraph(whole, options);
  if (options.model.direction !== "forward") return { model };
  const step = stepGraph(options);
  const shared = new Set(whole.initializer.map(({ name }) => name));
  const initializer = step.initializer.filter(({ name }) => !shared.has(name));
  return { model, step: encodeGraph({ ...step, initializer }, options) };
}

function stepGraph({ model, features: config, weights, precision }: GraphOptions): GraphMessage {
  // Its values' and small constants' names begin with its name, and so are no names of the other graph's.
  const graph = new GraphBuilder("step");
  const context = { graph, weights, precision };
  const samples = graph.input("samples", "float32", ["batch", "samples"]);
  const positions = graph.input("positions", "int64", ["batch"]);
  const ends = graph.input("ends", "int64", ["batch"]);
  const state = new StepState(graph, model, graph.input("state", "float32", ["batch", stateSize(model)]));
  const step = new Step(context, model, { state, positions, ends });
  const logProbs = step.run(melFeatures(graph, samples, config));
  graph.output("log_probs", logProbs, "float32", ["batch", "frames", model.numTokens + model.numPhones]);
  graph.output("next_state", state.next(), "float32", ["batch", stateSize(model)]);
  return graph.build();
}

interface StepInputs {
  state: StepState;
  positions: Value;
  ends: Value;
}

class Step {
  readonly #context: Context;
  readonly #model: ModelConfig;
  readonly #state: StepState;
  readonly #positions: Value;
  readonly #ends: Value;

  constructor(context: Context, model: ModelConfig, { state, positions, ends }: StepInputs) {
    this.#context = context;
    this.#model = model;
    this.#state = state;
    this.#positions = positions;
    this.#ends = ends;
  }

  /** [B, n · timeStride, M] → [B, n, V] */
  run(features: Value): Value {
    const { graph } = this.#context;
    const images = this.#convolutions(this.#normalised(features)); // [B, C, n, F']
    const byTime = graph.op("Transpose", [images], { perm: [2, 0, 1, 3] });
    const joined = graph.op("Reshape", [byTime, graph.ints([0, 0, -1])]); // [n, B, C·F']
    const hidden = this.#recurrent(linear(this.#context, joined, "fully_connected")); // [n, B, hidden]
    return classify(this.#context, hasLookahead(this.#model) ? this.#lookahead(hidden) : hidden, this.#model);
  }

  /** [B, n · timeStride, M], zero behind the utterance's end. */
  #normalised(features: Value): Value {
    const { graph } = this.#context;
    const first = graph.op("Mul", [this.#positions, graph.ints(this.#model.timeStride)]); // [B]
    const sums = { sum: this.#state.take("norm.sum"), squares: this.#state.take("norm.squares") };
    const { frames, sum, squares } = runningNorm(this.#context, features, { frames: first, ...sums });
    this.#state.give("norm.sum", sum);
    this.#state.give("norm.squares", squares);
    const isWithin = this.#isWithin(first, sizeOf(graph, features, 1), this.#ends); // [B, n · timeStride]
    return graph.op("Where", [graph.op("Unsqueeze", [isWithin, graph.ints([2])]), frames, graph.float(0)]);
  }

  /** [B, n · timeStride, M] → [B, C, n, F'] */
  #convolutions(features: Value): Value {
    const { graph } = this.#context;
    const { kernelSize, timeStride, frequencyStride, residualLayers } = this.#model;
    const reach = convolutionReach(this.#model);
    const image = graph.op("Unsqueeze", [this.#state.prepend("features", features, 1), graph.ints([1])]);
    const strides = [timeStride, frequencyStride] as const;
    let images = convolution(this.#context, image, "cnn", { kernelSize, strides, padsTime: false });
    let delay = stemDelay(this.#model);
    for (let layer = 0; layer < residualLayers; layer++) {
      let change = images;
      for (const part of ["1", "2"]) {
        const norm = `rescnn_layers.${layer}.layer_norm${part}.layer_norm`;
        const active = this.#masked(normaliseAndActivate(this.#context, change, norm), delay, [1, 3]);
        const all = this.#state.prepend(`residual.${layer}.cnn${part}`, active, 2);
        change = convolution(this.#context, all, `rescnn_layers.${layer}.cnn${part}`, { kernelSize, padsTime: false });
        delay += reach;
      }
      // What the block adds to has waited for it.
      const waiting = this.#state.prepend(`residual.${layer}.input`, images, 2);
      const frames = sizeOf(graph, images, 2);
      const due = graph.op("Slice", [
        waiting,
        graph.ints([0]),
        graph.op("Unsqueeze", [frames, graph.ints([0])]),
        graph.ints([2]),
      ]);
      images = graph.op("Add", [change, due]);
    }
    return images;
  }

  /** [n, B, hidden] → [n, B, hidden] */
  #recurrent(input: Value): Value {
    const { graph, precision } = this.#context;
    const within = this.#mask(stemDelay(this.#model) + residualReach(this.#model), sizeOf(graph, input, 0)); // [B, n]
    const outside = graph.op("Transpose", [graph.op("Sub", [graph.float(1), within])], { perm: [1, 0] });
    const isOutside = graph.op("Unsqueeze", [outside, graph.ints([2])]); // [n, B, 1]
    const layer = precision === "int8" ? quantisedGru : gru;
    let hidden = input;
    for (let i = 0; i < this.#model.recurrentLayers; i++) {
      const active = normaliseAndActivate(this.#context, hidden, `birnn_layers.${i}.layer_norm`);
      const from = { state: this.#state.take(`recurrent.${i}`), isOutside };
      const { frames, last } = layer(this.#context, active, `birnn_layers.${i}.BiGRU`, { from });
      this.#state.give(`recurrent.${i}`, graph.op("Squeeze", [last, graph.ints([0])]));
      hidden = frames;
    }
    return graph.op("Mul", [hidden, graph.op("Sub", [graph.float(1), isOutside])]);
  }

  #lookahead(hidden: Value): Value {
    const { frames, last } = rowConvolution(this.#context, hidden, this.#state.take("lookahead"));
    this.#state.give("lookahead", last);
    return frames;
  }

  /** Zero outside the utterance, of frames that lie `delay` behind. @param axes that a mask [B, n] lacks */
  #masked(images: Value, delay: number, axes: readonly number[]): Value {
    const { graph } = this.#context;
    const mask = this.#mask(delay, sizeOf(graph, images, 2));
    return graph.op("Mul", [images, graph.op("Unsqueeze", [mask, graph.ints(axes)])]);
  }

  /** [B, frames]: 1 within the utterance, else 0. */
  #mask(delay: number, frames: Value): Value {
    const { graph } = this.#context;
    const first = graph.op("Sub", [this.#positions, graph.ints(delay)]); // [B]
    const end = framesAfterStride(graph, this.#ends, this.#model.timeStride);
    return graph.op("Cast", [this.#isWithin(first, frames, end)], { to: DATA_TYPES.float32 });
  }

  /** [B, count]: whether a frame, counted from `first`, is one of 0 … end − 1. */
  #isWithin(first: Value, count: Value, end: Value): Value {
    const { graph } = this.#context;
    const steps = graph.op("Range", [graph.ints(0), count, graph.ints(1)]); // [count]
    const places = graph.op("Add", [graph.op("Unsqueeze", [first, graph.ints([1])]), steps]); // [B, count]
    const hasBegun = graph.op("Less", [graph.ints(-1), places]);
    const isBefore = graph.op("Less", [places, graph.op("Unsqueeze", [end, graph.ints([1])])]);
    return graph.op("And", [hasBegun, isBefore]);
  }
}
