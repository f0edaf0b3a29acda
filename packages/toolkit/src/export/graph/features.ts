/**
 * Waveforms to mel features inside the graph: the numbers of acoustic-model/features.ts, by operators that every ONNX
 * runtime has and runs fast.
 *
 * The Fourier transform of each frame is a convolution over the waveform with stride hopSamples, whose kernels are the
 * windowed cosines and sines. It costs more arithmetic than a fast transform and takes less time, because it is one
 * matrix product; ONNX Runtime's STFT works frame by frame.
 */
import type { FeatureConfig } from "../../acoustic-model/feature-config.js";
import { melFilterBank } from "../../acoustic-model/mel-filter-bank.js";
import type { GraphBuilder, Value } from "../onnx/graph-builder.js";
import { lengthMask } from "./lengths.js";
import { transposeLast } from "./weights.js";

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
  const mel = melSpectrum(graph, reflectEnds(graph, inputs, config), config); // [B, T, M]
  const values = config.kind === "log-mel" ? graph.op("Log", [graph.op("Add", [mel, graph.float(LOG_FLOOR)])]) : mel;
  const mask = graph.op("Unsqueeze", [lengthMask(graph, inputs.featureLengths, inputs.frames), graph.ints([2])]); // [B, T, 1]
  const masked = graph.op("Mul", [values, mask]);
  return config.normalisation === "utterance" ? normaliseUtterances(graph, masked, mask) : masked;
}

/**
 * Half a window of reflection at each utterance's own ends. The sample at position p of the padded row is number
 * min(i, 2·(length − 1) − i) with i = |p − half|; what that gives further behind the end is heard by no frame that counts.
 */
function reflectEnds(graph: GraphBuilder, { waveforms, lengths, frames }: FeatureInputs, config: FeatureConfig): Value {
  const { fftSamples, hopSamples } = config;
  const half = fftSamples / 2;
  const hops = graph.op("Mul", [graph.op("Sub", [frames, graph.ints(1)]), graph.ints(hopSamples)]);
  const end = graph.op("Add", [hops, graph.ints(half)]);
  const forward = graph.op("Abs", [graph.op("Range", [graph.ints(-half), end, graph.ints(1)])]); // [W]
  const last = graph.op("Unsqueeze", [graph.op("Sub", [lengths, graph.ints(1)]), graph.ints([1])]); // [B, 1]
  const mirrored = graph.op("Sub", [graph.op("Mul", [last, graph.ints(2)]), forward]); // [B, W]
  const index = graph.op("Max", [graph.op("Min", [forward, mirrored]), graph.ints(0)]); // [B, W]
  return graph.op("GatherElements", [waveforms, index], { axis: 1 });
}

/** [B, W] → [B, T, numMels]: the power of each frequency, gathered into mel bands. */
function melSpectrum(graph: GraphBuilder, padded: Value, config: FeatureConfig): Value {
  const { fftSamples, hopSamples, numMels, sampleRate } = config;
  const image = graph.op("Unsqueeze", [padded, graph.ints([1])]); // [B, 1, W]
  const parts = graph.op("Conv", [image, fourierKernels(graph, fftSamples)], { strides: [hopSamples] });
  const powers = graph.op("Mul", [parts, parts]); // [B, 2·bins, T]
  const numBins = fftSamples / 2 + 1;
  const bank = transposeLast({ data: melFilterBank({ numMels, numBins, sampleRate }), shape: [numBins, numMels] });
  const filters = graph.constant("features/mel", "float32", bank.data, bank.shape); // [M, bins]
  // Once for real and once for imaginary parts: the product adds the two squares.
  const mel = graph.op("MatMul", [graph.op("Concat", [filters, filters], { axis: 1 }), powers]); // [B, M, T]
  return graph.op("Transpose", [mel], { perm: [0, 2, 1] });
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

/**
 * [2·bins, 1, fftSamples]: cosines, then sines, under a periodic Hann window. There are only fftSamples different ones,
 * which the graph holds; runtimes lay out the rest when they load it, as they do with everything that is constant.
 */
function fourierKernels(graph: GraphBuilder, fftSamples: number): Value {
  const angles = Float64Array.from({ length: fftSamples }, (_, n) => (2 * Math.PI * n) / fftSamples);
  const table = (name: string, wave: (angle: number) => number) =>
    graph.constant(`features/${name}`, "float32", Float32Array.from(angles, wave), [fftSamples]);
  const bins = graph.constant("features/bins", "int64", BigInt64Array.from(range(fftSamples / 2 + 1)), [
    fftSamples / 2 + 1,
    1,
  ]);
  const samples = graph.constant("features/samples", "int64", BigInt64Array.from(range(fftSamples)), [1, fftSamples]);
  const turns = graph.op("Mod", [graph.op("Mul", [bins, samples]), graph.ints(fftSamples)]); // [bins, fftSamples]
  const waves = [table("cosine", Math.cos), table("sine", Math.sin)].map((wave) => graph.op("Gather", [wave, turns]));
  const window = table("window", (angle) => 0.5 - 0.5 * Math.cos(angle));
  const kernels = graph.op("Mul", [graph.op("Concat", waves, { axis: 0 }), window]); // [2·bins, fftSamples]
  return graph.op("Unsqueeze", [kernels, graph.ints([1])]);
}

function range(length: number): bigint[] {
  return Array.from({ length }, (_, i) => BigInt(i));
}
