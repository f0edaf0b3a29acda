/**
 * Waveforms to mel features inside the graph: the numbers of acoustic-model/features.ts, by operators that every ONNX
 * runtime has.
 */
import type { FeatureConfig } from "../../acoustic-model/feature-config.js";
import { melFilterBank } from "../../acoustic-model/mel-filter-bank.js";
import type { GraphBuilder, Value } from "../onnx/graph-builder.js";
import { DATA_TYPES } from "../onnx/schema.js";
import { powerSpectrum } from "./fourier.js";
import { withinLengths } from "./lengths.js";

/** As in acoustic-model/features.ts; the tests of parity hold the two together. */
const LOG_FLOOR = 1e-6;
const VARIANCE_FLOOR = 1e-5;

export interface FeatureInputs {
  /** [B, N] */
  waveforms: Value;
  /** [B] */
  lengths: Value;
  /** [B], frames of each utterance */
  featureLengths: Value;
  /** Frames that N samples give, a scalar. */
  frames: Value;
}

/** [B, T, numMels], zero beyond each utterance's length. */
export function featuresOf(graph: GraphBuilder, inputs: FeatureInputs, config: FeatureConfig): Value {
  const values = melFeatures(graph, reflectEnds(graph, inputs, config), config); // [B, T, M]
  const isWithin = withinLengths(graph, inputs.featureLengths, inputs.frames); // [B, T]
  const ofBands = graph.op("Unsqueeze", [isWithin, graph.ints([2])]); // [B, T, 1]
  const masked = graph.op("Where", [ofBands, values, graph.float(0)]); // a product would keep what is not a number
  if (config.normalisation !== "utterance") return masked;
  return normaliseUtterances(graph, masked, graph.op("Cast", [ofBands], { to: DATA_TYPES.float32 }));
}

/**
 * Half a window of reflection at each utterance's own ends: [B, (T − 1) · hopSamples + fftSamples]. What stands further
 * behind an utterance's end is heard by no frame that counts.
 */
function reflectEnds(graph: GraphBuilder, { waveforms, lengths, frames }: FeatureInputs, config: FeatureConfig): Value {
  const { fftSamples, hopSamples } = config;
  const half = fftSamples / 2;
  const samples = graph.op("Pad", [waveforms, graph.ints([0, half, 0, half])], { mode: "reflect" }); // [B, half + N + half]
  const counted = BigInt64Array.from({ length: half }, (_, i) => BigInt(i));
  const steps = graph.constant("features/steps", "int64", counted, [half]);
  const end = graph.op("Unsqueeze", [lengths, graph.ints([1])]); // [B, 1]
  const from = graph.op("Sub", [graph.op("Sub", [end, graph.ints(2)]), steps]); // [B, half]
  const to = graph.op("Add", [graph.op("Add", [end, graph.ints(half)]), steps]); // [B, half]
  const mirrored = graph.op("GatherElements", [waveforms, from], { axis: 1 });
  const padded = graph.op("ScatterElements", [samples, to, mirrored], { axis: 1 });
  const hops = graph.op("Mul", [graph.op("Sub", [frames, graph.ints(1)]), graph.ints(hopSamples)]);
  const width = graph.op("Unsqueeze", [graph.op("Add", [hops, graph.ints(fftSamples)]), graph.ints([0])]);
  return graph.op("Slice", [padded, graph.ints([0]), width, graph.ints([1])]);
}

/** [B, (T − 1) · hopSamples + fftSamples] → [B, T, numMels], before any normalisation. */
export function melFeatures(graph: GraphBuilder, padded: Value, config: FeatureConfig): Value {
  const mel = melSpectrum(graph, padded, config);
  return config.kind === "log-mel" ? graph.op("Log", [graph.op("Add", [mel, graph.float(LOG_FLOOR)])]) : mel;
}

/** [B, W] → [B, T, numMels]: the power of each frequency, gathered into mel bands. */
function melSpectrum(graph: GraphBuilder, padded: Value, config: FeatureConfig): Value {
  const { fftSamples, numMels, sampleRate } = config;
  const { squares, bins } = powerSpectrum(graph, padded, config); // [B, rows, T]
  const numBins = fftSamples / 2 + 1;
  const bank = melFilterBank({ numMels, numBins, sampleRate }); // [bins, numMels]
  const filters = new Float32Array(numMels * bins.length);
  for (const [row, bin] of bins.entries()) {
    if (bin >= numBins) continue;
    for (let mel = 0; mel < numMels; mel++) filters[mel * bins.length + row] = bank[bin * numMels + mel]!;
  }
  const bands = graph.op("MatMul", [
    graph.constant("features/mel", "float32", filters, [numMels, bins.length]),
    squares,
  ]); // [B, numMels, T]
  return graph.op("Transpose", [bands], { perm: [0, 2, 1] });
}

/**
 * Mean 0 and variance 1 for each band, over the frames that the mask holds. The mean is taken away twice: what rounding
 * left of it the first time would be all that a silent band holds, and the variance's floor would make it large.
 */
function normaliseUtterances(graph: GraphBuilder, features: Value, mask: Value): Value {
  const frames = sumOverTime(graph, mask); // [B, 1, 1]
  const meanOf = (values: Value) => graph.op("Div", [sumOverTime(graph, values), frames]); // [B, 1, M]
  const centre = (values: Value) => graph.op("Mul", [graph.op("Sub", [values, meanOf(values)]), mask]); // [B, T, M]
  const centred = centre(centre(features));
  const variance = meanOf(graph.op("Mul", [centred, centred]));
  return graph.op("Div", [centred, graph.op("Sqrt", [graph.op("Add", [variance, graph.float(VARIANCE_FLOOR)])])]);
}

/**
 * Frame after frame: zeros behind an utterance's end then change not even the last bit. A plain sum's order depends on how
 * long the batch is, and weights of 8 bits make of a last bit a whole step.
 */
function sumOverTime(graph: GraphBuilder, value: Value): Value {
  return graph.op("Gather", [graph.op("CumSum", [value, graph.ints(1)]), graph.ints([-1])], { axis: 1 });
}
