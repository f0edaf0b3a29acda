/**
 * How much memory a training step takes on the device that trains, told before a run from the model's dimensions alone,
 * without libtorch.
 *
 * It counts what the step in training/step.ts holds at its peak. The backward pass frees nothing that the forward pass
 * handed to JavaScript, so every operator's output counts, beside what autograd keeps for the way back, such as the GRU's
 * gates. With N = utterances × frames of output, P = N × channels × bands (one image of the convolutions), I the width of
 * a recurrent layer's input and H the hidden size, in float32 values:
 *
 *                  on the CPU                       on a graphics card
 *     images       P × (2 + 5 a block)              P × (2 + 11.5 a block)
 *     rows         N × (I + 12 H) a layer           N × (3 I + 18.5 H) a layer
 *                  and N × (4 H + 2 tokens)         and N × (4.25 H + 2 tokens)
 *     way back     the greater of 12 N H, the last GRU's gradients, and the images' gradients, 2 P and 2 P as oneDNN
 *                  blocks them, less what autograd has given up by then
 *     parameters   3 times the weights: themselves, gradients, Muon's momenta; 4 times with AdamW's two means; once more for
 *                  their running average
 *
 * of a model that reads both ways; of one that reads forward, half of what the directions make.
 *
 * On the CPU, norm, GELU, dropout and mask are one operator with one output; a graphics card runs them one by one, and
 * turns the reverse GRU's input around by copying. In bf16 on the CPU rows take half, and weights are there once more in
 * bf16; images stay in float32 where the processor has no AMX, as convolutions do, and are counted so for all. Making the
 * features comes before, the update after all this: Muon's makes up to 4 times the weights. Whichever takes most counts.
 *
 * On the CPU a tenth of all that comes on top: what is free between tensors in the allocator's chunks (torch's
 * native/cpu_allocator.cc).
 *
 * Measured against the growth of resident memory in the first step of a process on the CPU (libtorch 1.13, Linux, an AMD
 * EPYC with AVX512-BF16 and no AMX), 8 models and batches of 0.3 to 2.0 GB: within 11% in fp32, and four more steps add 5%
 * at most, or 40 MB; in bf16, where convolutions go in it too, up to 41% less. Other systems have no such allocator and
 * take less. Not measured on graphics cards, where cuDNN's buffers and the allocator's rounding come on top.
 */
import { totalmem } from "node:os";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { type FeatureConfig, numFrames } from "./feature-config.js";
import { type ModelConfig, outputFrames, recurrentWidth } from "./model-config.js";

export interface TrainedBatch {
  numUtterances: number;
  /** Of the longest, which the others are padded to. */
  seconds: number;
}

export interface TrainingMemoryOptions {
  features: FeatureConfig;
  device: "cpu" | "cuda";
  /** Of the products; on the CPU all rows have it. On a graphics card all is counted as fp32. */
  precision: "fp32" | "bf16" | "fp16";
  optimizer: "muon" | "adamw";
  /** Whether a running average of the weights is kept. Default: false. */
  averagesWeights?: boolean;
}

/** Bytes on the training device. */
export interface TrainingMemory {
  weights: number;
  gradients: number;
  /** Muon's momenta, or AdamW's running means. */
  optimizer: number;
  /** The running average of the weights; 0 where there is none. */
  average: number;
  /** All that a step makes and frees again, at its peak. */
  activations: number;
  total: number;
}

const FLOAT_BYTES = 4;
const NARROW_BYTES = 2;
/** oneDNN lays out images in blocks of so many channels, the last one filled up. */
const CHANNEL_BLOCK = 16;
/** What libtorch sets up in its first step: kernels, thread pools, small buffers. Measured. */
const SETUP_BYTES = 35e6;
/** Of the memory in use, what the CPU's allocator has free beside it. Measured. */
const WAITING_PART = 0.1;

/** What the forward pass leaves behind, in values of a layer's image, input or hidden size. */
interface LayerCounts {
  /** Images for each residual block without its dropouts: norms, GELUs, masks, convolutions, a sum. */
  block: number;
  /** Dropouts in a block that leave something of their own. */
  dropoutsInBlock: number;
  /** Inputs for each recurrent layer. */
  input: number;
  /** Hidden sizes for each recurrent layer: gates and their parts, 8; output, 2; what turns directions around. */
  recurrent: number;
  /** What a dropout leaves: its output, and a mask of a byte. */
  dropout: number;
}

const COUNTS: Record<"cpu" | "cuda", LayerCounts> = {
  cpu: { block: 5, dropoutsInBlock: 0, input: 1, recurrent: 10, dropout: 1 },
  cuda: { block: 9, dropoutsInBlock: 2, input: 3, recurrent: 16, dropout: 1.25 },
};

/** The peak memory of a training step on this batch. */
export function trainingMemory(
  model: ModelConfig,
  batch: TrainedBatch,
  { features, device, precision, optimizer, averagesWeights = false }: TrainingMemoryOptions,
): TrainingMemory {
  const weights = FLOAT_BYTES * numParameters(model);
  const average = averagesWeights ? weights : 0;
  const held = { weights, gradients: weights, optimizer: optimizer === "muon" ? weights : 2 * weights, average };
  const frames = numFrames(Math.floor(batch.seconds * features.sampleRate), features);
  const rows = batch.numUtterances * outputFrames(frames, model);
  const isNarrow = precision !== "fp32" && device === "cpu";
  const narrowWeights = isNarrow ? NARROW_BYTES * numParameters(model) : 0;
  const rowBytes = isNarrow ? NARROW_BYTES : FLOAT_BYTES;
  const stages = [
    FLOAT_BYTES * batch.numUtterances * frames * featureValues(features),
    narrowWeights + forwardBytes(model, rows, rowBytes, COUNTS[device]) + backwardBytes(model, rows, rowBytes),
    updateBytes(weights, { optimizer, device, precision }),
  ];
  const inUse = sum(Object.values(held)) + Math.max(...stages);
  const waiting = device === "cpu" ? WAITING_PART * inUse : 0;
  const activations = SETUP_BYTES + Math.max(...stages) + waiting;
  return { ...held, activations, total: sum([...Object.values(held), activations]) };
}

/** What the update makes: Muon most matrices five times, or three and in bf16 four; AdamW denominators, on a graphics card alone. */
function updateBytes(
  weights: number,
  { optimizer, device, precision }: Pick<TrainingMemoryOptions, "optimizer" | "device" | "precision">,
): number {
  if (optimizer === "muon") return (precision === "bf16" ? 3 : 4) * weights;
  return device === "cpu" ? 0 : weights;
}

/**
 * The peak memory of recognising one recording in one piece, in bytes: what is held of the convolutions' images, and the
 * widest recurrent layer with its gates and what oneDNN keeps beside them. Measured (libtorch 1.13, Linux, CPU) with
 * models of 2 and 4 blocks, 8 to 32 channels and hidden sizes of 256 to 1024, on 30 to 300 s: within 10%.
 */
export function recognitionMemory(model: ModelConfig, seconds: number, features: FeatureConfig): number {
  const rows = outputFrames(numFrames(Math.floor(seconds * features.sampleRate), features), model);
  const images = (0.25 + 1.25 * model.residualLayers) * imageValues(model, rows);
  return SETUP_BYTES + FLOAT_BYTES * (images + 25 * rows * model.hiddenSize);
}

/** Why a recording is too long for this machine to recognise in one piece; undefined where it is not. */
export function tooLongForMemory(
  seconds: number,
  { model, features, machineBytes = memoryOfMachine() }: RecognitionMemoryOptions,
): string | undefined {
  const bytes = recognitionMemory(model, seconds, features);
  if (bytes <= machineBytes) return undefined;
  const [needed, present] = [bytes, machineBytes].map(gigabytes);
  return `lasts ${(seconds / 3600).toFixed(1)} h; in one piece, as checkpoints recognise it, that takes about ${needed} of memory, and the machine has ${present}: cut it, or export a bundle, which goes through it piece by piece`;
}

/**
 * Before a model is made whose weights alone fill the machine.
 *
 * @param machineBytes Default: what the machine has.
 * @throws UserError `out-of-memory`
 */
export function refuseLargerThanMachine(model: ModelConfig, machineBytes = memoryOfMachine()): void {
  const bytes = FLOAT_BYTES * numParameters(model);
  if (bytes <= machineBytes) return;
  const [needed, present] = [bytes, machineBytes].map(gigabytes);
  const sizes = `hidden size ${model.hiddenSize} and ${model.convChannels} channels`;
  throw new UserError(
    `the weights of a model of ${sizes} take ${needed}, and the machine has ${present} of memory; choose a smaller model.`,
    { code: "out-of-memory" },
  );
}

/** Rounded, but for what would be none then. */
function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 10e9 ? 1 : 0)} GB`;
}

export interface RecognitionMemoryOptions {
  readonly model: ModelConfig;
  readonly features: FeatureConfig;
  /** Default: what the machine has. */
  readonly machineBytes?: number;
}

/**
 * What the machine has, or the container's limit where that is less.
 *
 * @param limit 0, or a number beyond any machine, where there is none
 */
export function memoryOfMachine(limit = process.constrainedMemory(), installed = totalmem()): number {
  return limit > 0 ? Math.min(limit, installed) : installed;
}

/** For each frame: windows, spectra (complex, two squares, their sum), and nine steps of mel bands. */
function featureValues({ fftSamples, numMels }: FeatureConfig): number {
  return fftSamples + 5 * (fftSamples / 2 + 1) + 9 * numMels;
}

function forwardBytes(model: ModelConfig, rows: number, rowBytes: number, counts: LayerCounts): number {
  const { hiddenSize, residualLayers, numTokens, numPhones, dropout } = model;
  const perDropout = dropout > 0 ? counts.dropout : 0;
  const images = 2 + residualLayers * (counts.block + counts.dropoutsInBlock * perDropout);
  const recurrent = gruInputSizes(model).map(
    (inputSize) => counts.input * inputSize + (counts.recurrent / 2 + perDropout) * recurrentWidth(model),
  );
  const linear = (3 + perDropout) * hiddenSize + 2 * (numTokens + numPhones);
  // Before and after SpecAugment.
  const features = 2 * model.timeStride * model.numMels;
  const floats = images * imageValues(model, rows) + rows * features;
  return FLOAT_BYTES * floats + rowBytes * rows * (sum(recurrent) + linear);
}

function backwardBytes(model: ModelConfig, rows: number, rowBytes: number): number {
  const { recurrentLayers, convChannels } = model;
  // The GRUs' gates are autograd's alone; nothing else is freed before the step ends.
  const givenUp = rowBytes * 4 * rows * recurrentWidth(model) * recurrentLayers;
  const blocked = (Math.ceil(convChannels / CHANNEL_BLOCK) * CHANNEL_BLOCK) / convChannels;
  const imageGradients = FLOAT_BYTES * (2 + 2 * blocked) * imageValues(model, rows);
  return Math.max(rowBytes * 6 * rows * recurrentWidth(model), imageGradients - givenUp);
}

function imageValues(model: ModelConfig, rows: number): number {
  return rows * model.convChannels * bandsOf(model);
}

function bandsOf({ numMels, frequencyStride }: ModelConfig): number {
  return Math.floor((numMels - 1) / frequencyStride) + 1;
}

function gruInputSizes(model: ModelConfig): number[] {
  const { recurrentLayers, hiddenSize } = model;
  return Array.from({ length: recurrentLayers }, (_, layer) => (layer === 0 ? hiddenSize : recurrentWidth(model)));
}

/** Parameters of the model of these dimensions, without building it. */
export function numParameters(model: ModelConfig): number {
  const { convChannels, kernelSize, residualLayers, hiddenSize, numTokens, numPhones, lookaheadFrames } = model;
  const bands = bandsOf(model);
  const kernel = kernelSize ** 2;
  const stem = linear(kernel, convChannels);
  const block = 2 * linear(convChannels * kernel, convChannels) + 4 * bands;
  const direction = (inputSize: number) => 3 * hiddenSize * (inputSize + hiddenSize + 2);
  const width = recurrentWidth(model);
  const directions = width / hiddenSize;
  const recurrent = gruInputSizes(model).map((inputSize) => 2 * inputSize + directions * direction(inputSize));
  const lookahead = directions === 1 && lookaheadFrames > 0 ? hiddenSize * (lookaheadFrames + 1) : 0;
  const classifier = linear(width, hiddenSize) + linear(hiddenSize, numTokens + numPhones);
  const front = stem + residualLayers * block + linear(convChannels * bands, hiddenSize);
  return front + sum(recurrent) + lookahead + classifier;
}

/** Weights and biases of a linear layer, or of a convolution whose kernel reads `inputs` values. */
function linear(inputs: number, outputs: number): number {
  return (inputs + 1) * outputs;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
