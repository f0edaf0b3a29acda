/** One training step: batches of waveforms in, updated weights out. Nothing it makes outlives it. */
import { autocast, call, noGrad, optim, stack, type Tensor, tidy } from "@deepspeech-ts/torch";
import { ctcLoss, deviceKind, type ModelOutput, specAugment } from "../acoustic-model/index.js";
import type { Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { Random } from "../data/random.js";
import type { TrainConfig } from "./config.js";
import type { SpectrogramPair } from "./logging/spectrogram-image.js";
import { nextLossScale } from "./loss-scaler.js";
import type { TrainingSession } from "./session.js";
import { updateWeightAverage } from "./weight-average.js";

export interface StepResult {
  loss: number;
  /** Norm of all gradients before clipping. */
  gradientNorm: number;
  /** Something was not finite, so the weights were left as they were. */
  skipped: boolean;
}

type TrainingBatch = Batch<PreparedUtterance>;

/**
 * Trains on batches whose gradients add up to those of one batch that holds them all.
 *
 * @param batches none of them empty; they begin at the epoch's batch `session.progress.batch`
 */
export function trainStep(
  session: TrainingSession,
  batches: readonly TrainingBatch[],
  learningRate: number,
): StepResult {
  const { model, optimizer, config, progress } = session;
  optimizer.learningRate = learningRate;
  model.train();
  const weights = lossWeights(batches, config.lossAverage);
  const result = tidy(() => {
    const losses = batches.map((batch, i) => backward(session, batch, progress.batch + i, weights[i]!));
    return update(session, losses, weights);
  });
  optimizer.zeroGrad();
  return result;
}

/**
 * Adds the gradients of one batch's loss, times `weight`, to those that are there.
 *
 * @param index the batch's place in its epoch, which fixes its masks
 * @returns the loss, without the weight; not read, so that nobody waits for the device
 */
export function backward(session: TrainingSession, batch: TrainingBatch, index: number, weight = 1): Tensor {
  const { config, alphabet, progress } = session;
  return tidy(() => {
    const { features, featureLengths } = augmentedFeatures(session, batch, index);
    const output = forward(session, features, featureLengths);
    const targets = batch.utterances.map((utterance) => utterance.targets);
    const loss = ctcLoss(output, targets, { blankId: alphabet.blankId, average: config.lossAverage });
    const factor = weight * (config.precision === "fp16" ? progress.lossScale.scale : 1);
    (factor === 1 ? loss : loss.mul(factor)).backward();
    return loss.detach();
  });
}

/** Weights stay fp32; autocast runs products and convolutions in the narrow type, and reductions in fp32. */
function forward({ model, config }: TrainingSession, features: Tensor, featureLengths: readonly number[]): ModelOutput {
  const run = () => model.forward(features, featureLengths);
  if (config.precision === "fp32") return run();
  return autocast(deviceKind(config.device), config.precision === "bf16" ? "bfloat16" : "float16", run);
}

/** Reads the device once: losses and gradients' norm together. */
function update(
  { optimizer, config, progress, trained, averaged }: TrainingSession,
  losses: readonly Tensor[],
  lossWeights: readonly number[],
): StepResult {
  const weights = [...trained.values()];
  const { scale } = progress.lossScale;
  if (config.precision === "fp16") {
    const gradients = weights.map(({ grad }) => grad).filter((gradient) => gradient !== null);
    call("_foreach_mul_.Scalar", [gradients, 1 / scale]);
  }
  const norm = optim.clipGradNorm(weights, config.gradientClip);
  const [gradientNorm = Number.NaN, ...values] = stack([norm, ...losses]).toNumbers();
  const loss = total(values.map((value, i) => value * lossWeights[i]!));
  const skipped = !Number.isFinite(loss + gradientNorm);
  if (config.precision === "fp16") progress.lossScale = nextLossScale(progress.lossScale, skipped);
  if (!skipped) {
    optimizer.step();
    if (averaged) {
      const averages = averaged.namedParameters();
      const own = [...trained.keys()].map((name) => averages.get(name)!);
      updateWeightAverage(own, weights, { decay: config.emaDecay, steps: optimizer.steps });
    }
  }
  return { loss, gradientNorm, skipped };
}

/** Features with masks drawn for this very batch of the epoch, so that a resumed run draws the same. */
function augmentedFeatures({ extractor, config, progress }: TrainingSession, batch: TrainingBatch, index: number) {
  return noGrad(() => {
    const { features, featureLengths } = extractor.extract(batch.waveforms, batch.sampleLengths);
    const random = new Random(config.seed, progress.epoch, index, "spec-augment");
    return { features: specAugment(features, featureLengths, config.specAugment, random), featureLengths };
  });
}

/** The first utterance's features before and after masking: what augmentation does to it. */
export function spectrogramsOf(session: TrainingSession, batch: TrainingBatch): SpectrogramPair {
  return tidy(() => {
    const { extractor, progress } = session;
    const { features, featureLengths } = noGrad(() => extractor.extract(batch.waveforms, batch.sampleLengths));
    const masked = augmentedFeatures(session, batch, progress.batch).features;
    const frames = featureLengths[0]!;
    const imageOf = (all: Tensor) => {
      const first = all.select(0, 0).narrow(0, 0, frames).contiguous();
      return { values: first.toTypedArray() as Float32Array, numBands: first.size(1) };
    };
    return { before: imageOf(features), after: imageOf(masked) };
  });
}

/** What each batch's mean counts for in the mean over all of them: its share of tokens, or of utterances. */
function lossWeights(batches: readonly TrainingBatch[], average: TrainConfig["lossAverage"]): number[] {
  const counts = batches.map(({ utterances }) =>
    average === "utterances" ? utterances.length : total(utterances.map(({ targets }) => targets.length)),
  );
  const all = total(counts);
  return counts.map((count) => count / all);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
