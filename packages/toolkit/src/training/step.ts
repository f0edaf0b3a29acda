/** One training step: batches of waveforms in, updated weights out. Nothing it makes outlives it. */
import { autocast, call, cat, manualSeed, optim, stack, type Tensor, tensor, tidy } from "@deepspeech-ts/torch";
import { deviceKind, type LossAverage } from "../acoustic-model/index.js";
import type { Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { Random } from "../data/random.js";
import { augmentedFeatures, masksBegan } from "./augmented-features.js";
import { nextLossScale } from "./loss-scaler.js";
import { type Term, type TrainingOutput, termsOf, totalOf } from "./objective.js";
import type { TrainingSession } from "./session.js";
import { updateWeightAverage } from "./weight-average.js";

/** What a training step made. */
export interface StepResult {
  /** CTC on the model's output, whatever else the step made smaller. */
  loss: number;
  /** The other parts of what it made smaller, each before its weight; only where there are any. */
  auxiliaryLosses?: Record<string, number>;
  /** Norm of all gradients before clipping. */
  gradientNorm: number;
  /** Something was not finite, so the weights were left as they were. */
  skipped: boolean;
}

type TrainingBatch = Batch<PreparedUtterance>;

/** A batch's losses by their names, [names] on the device: nobody has waited for them yet. `weight` is not in them. */
interface BatchLosses {
  names: readonly Term["name"][];
  values: Tensor;
  weight: number;
}

export interface StepOptions {
  /** The place of the first of the batches in its epoch. Default: `session.progress.batch`. */
  firstBatch?: number;
  /** What the losses of all ranks' batches are means of, together. Default: that of these. */
  lossCount?: number;
}

/**
 * Trains on batches whose gradients add up to those of one batch that holds them all, with those of the other ranks.
 *
 * @param batches of this rank; what is empty, for it could not be read, counts for nothing
 */
export function trainStep(
  session: TrainingSession,
  batches: readonly TrainingBatch[],
  learningRate: number,
  {
    firstBatch = session.progress.batch,
    lossCount: all = lossCount(batches, session.config.lossAverage),
  }: StepOptions = {},
): StepResult {
  const { model, optimizer, config } = session;
  optimizer.learningRate = learningRate;
  model.train();
  // What each batch's mean counts for in the mean over all: its share of tokens, or of utterances.
  const leaves = batches.map((batch, i) => {
    return { batch, index: firstBatch + i, weight: lossCount([batch], config.lossAverage) / all };
  });
  const result = tidy(() => update(session, gradientsOf(session, leaves)));
  optimizer.zeroGrad();
  return result;
}

interface Leaf {
  batch: TrainingBatch;
  index: number;
  weight: number;
}

/** Leaves the sum of all batches' gradients in the parameters. @returns the losses of those that are not empty */
function gradientsOf(session: TrainingSession, leaves: readonly Leaf[]): BatchLosses[] {
  const { config, team } = session;
  const losses: BatchLosses[] = [];
  const addGradients = (i: number) => {
    const { batch, ...options } = leaves[i]!;
    losses.push(backward(session, batch, options));
  };
  if (leaves.length === 1 && config.accumulateBatches === 1) {
    addGradients(0);
    return losses;
  }
  // The tree is that of a whole step, though an epoch's last one has fewer batches.
  const length = Math.max(leaves.length, config.accumulateBatches / team.size);
  const present = Array.from({ length }, (_, i) => isUsable(leaves[i]?.batch));
  const used = session.gradientSum.compute(present, addGradients);
  const all = team.size === 1 ? { used, losses } : withOthers(session, { used, losses });
  // What no batch had a gradient for is left as it is, where zeros would let it decay.
  for (const [i, parameter] of session.trainedParameters().entries()) if (!all.used[i]) parameter.grad = null;
  return all.losses;
}

function isUsable(batch: TrainingBatch | undefined): boolean {
  return batch !== undefined && batch.utterances.length > 0;
}

interface Computed {
  /** For each parameter, whether a batch had a gradient for it. */
  used: readonly boolean[];
  losses: BatchLosses[];
}

/** Of all ranks, in the order of the batches. */
function withOthers({ team, config }: TrainingSession, { used, losses }: Computed): Computed {
  const unused = used.flatMap((isUsed, i) => (isUsed ? [] : [i]));
  const own = losses.map(({ values, ...loss }) => ({ ...loss, values: values.toNumbers() }));
  const all = team.gather({ unused: new Set(unused), losses: own });
  return {
    used: used.map((_, i) => all.some((each) => !each.unused.has(i))),
    losses: all.flatMap((each) =>
      each.losses.map((loss) => ({ ...loss, values: tensor(loss.values, { device: config.device }) })),
    ),
  };
}

export interface BackwardOptions {
  /** The batch's place in its epoch, which fixes its masks. */
  index: number;
  /** What its loss counts for. Default: 1. */
  weight?: number;
  /** Whether it is masked. Default: whether the run has come so far. */
  masked?: boolean;
}

/**
 * Adds the gradients of one batch's loss, times `weight`, to those that are there.
 * @returns the losses, and the weight beside them
 */
export function backward(
  session: TrainingSession,
  batch: TrainingBatch,
  { index, weight = 1, masked = masksBegan(session.config, session.progress) }: BackwardOptions,
): BatchLosses {
  const { config, alphabet, progress } = session;
  const names: Term["name"][] = [];
  // Dropout draws by the batch's place, and not by what was drawn before: whoever computes it, and after whatever.
  manualSeed(new Random(config.seed, progress.epoch, index, "dropout").nextUint32());
  // Without masks both views would be one.
  const views = masked && config.objective.consistencyWeight > 0 ? 2 : 1;
  const values = tidy(() => {
    const { features, featureLengths } = augmentedFeatures(session, batch, { index, views, masked });
    const output = forward(session, features, featureLengths);
    const targets = batch.utterances.map((utterance) => utterance.targets);
    const phoneTargets = batch.utterances.map(({ targetText }) => session.phonetise?.(targetText));
    const teacher = session.teacher?.answers(batch);
    const { blankId } = alphabet;
    const { denominator } = session;
    const terms = termsOf(output, targets, { ...config, views, blankId, teacher, phoneTargets, denominator });
    const total = totalOf(terms);
    const factor = weight * (config.precision === "fp16" ? progress.lossScale.scale : 1);
    (factor === 1 ? total : total.mul(factor)).backward();
    names.push(...terms.map(({ name }) => name));
    return stack(terms.map(({ loss }) => loss.detach()));
  });
  return { names, values, weight };
}

/** Weights stay fp32; autocast runs products and convolutions in the narrow type, and reductions in fp32. */
function forward(
  { model, heads, config }: TrainingSession,
  features: Tensor,
  featureLengths: readonly number[],
): TrainingOutput {
  const run = () => {
    const output = model.forwardTapped(features, featureLengths, heads.layers);
    const { phoneLogProbs, logProbLengths } = output;
    const read = heads.read(output);
    return { output, ...read, phones: phoneLogProbs ? { logProbs: phoneLogProbs, logProbLengths } : read.phones };
  };
  if (config.precision === "fp32") return run();
  return autocast(deviceKind(config.device), config.precision === "bf16" ? "bfloat16" : "float16", run);
}

/** Reads the device once: losses and gradients' norm together. */
function update(session: TrainingSession, losses: readonly BatchLosses[]): StepResult {
  const { optimizer, config, progress, trained, averaged } = session;
  const weights = session.trainedParameters();
  const { scale } = progress.lossScale;
  if (config.precision === "fp16") {
    const gradients = weights.map(({ grad }) => grad).filter((gradient) => gradient !== null);
    call("_foreach_mul_.Scalar", [gradients, 1 / scale]);
  }
  const norm = optim.clipGradNorm(weights, config.gradientClip);
  const [gradientNorm = Number.NaN, ...values] = cat([
    norm.reshape([1]),
    ...losses.map((each) => each.values),
  ]).toNumbers();
  const { ctc: loss = Number.NaN, ...auxiliaryLosses } = meansOf(losses, values);
  const skipped = !Number.isFinite(loss + gradientNorm);
  if (config.precision === "fp16") progress.lossScale = nextLossScale(progress.lossScale, skipped);
  if (!skipped) {
    optimizer.step();
    if (averaged) {
      const averages = averaged.namedParameters();
      const own = [...trained.keys()].map((name) => averages.get(name)!);
      updateWeightAverage(own, [...trained.values()], { decay: config.emaDecay, steps: optimizer.steps });
    }
  }
  return { loss, gradientNorm, skipped, ...(Object.keys(auxiliaryLosses).length > 0 && { auxiliaryLosses }) };
}

/** Each loss over all batches, by its name; `values` are those of all batches, one after another. */
function meansOf(losses: readonly BatchLosses[], values: readonly number[]): Partial<Record<Term["name"], number>> {
  const means: Partial<Record<Term["name"], number>> = {};
  let next = 0;
  for (const { names, weight } of losses) {
    for (const name of names) means[name] = (means[name] ?? 0) + values[next++]! * weight;
  }
  return means;
}

/** What the batches' mean loss is a mean of: their tokens, or their utterances. */
export function lossCount(batches: readonly TrainingBatch[], average: LossAverage): number {
  const utterances = batches.flatMap((batch) => batch.utterances);
  return average === "utterances" ? utterances.length : total(utterances.map(({ targets }) => targets.length));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
