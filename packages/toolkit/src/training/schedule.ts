/**
 * The learning rate of each step, as a pure function of the step's position in the run: a run can be resumed anywhere,
 * and one-cycle and warmup-cosine can be fitted to a budget of time as well as to a number of steps.
 *
 * Where PyTorch has the schedule, the rates are its own, step by step. Methods: one-cycle, Smith & Topin 2018 ("Super-
 * convergence"), with PyTorch's straight lines; cosine and warm restarts, Loshchilov & Hutter 2017 ("SGDR"), with the
 * warm-up and falling peaks of the widely used CosineAnnealingWarmUpRestarts; plateaus, see schedule-plateau.ts.
 */
import type { ScheduleConfig } from "./schedule-config.js";

/** Where a step stands: before it, so much was done. */
export interface SchedulePosition {
  /** Of the run, from 0 to 1: step n of N stands at n / N. */
  share: number;
  /** Epochs, the current one's part counted: batch b of B in epoch e (from 0) stands at e + b / B. */
  epochs: number;
  /** Steps of the whole run, N. One-cycle needs it: its lines go from the first step to the last, n = N - 1. */
  totalSteps: number;
}

export interface ScheduleOptions extends ScheduleConfig {
  /** The peak. */
  learningRate: number;
  /** What reduce-on-plateau has made of the peak so far (`PlateauState.scale`); other kinds do not look at it. */
  plateauScale: number;
}

/**
 * The learning rate for the step at `position`.
 *
 * - "constant": from 0 to the peak in a straight line, then the peak;
 * - "reduce-on-plateau": the same, times `plateauScale`;
 * - "warmup-cosine": from 0 to the peak in a straight line, then half a cosine down to `minLearningRate`. PyTorch's
 *   LambdaLR(n / warmup) and CosineAnnealingLR in a SequentialLR;
 * - "one-cycle": PyTorch's OneCycleLR(anneal_strategy="linear");
 * - "cosine-warm-restarts": PyTorch's CosineAnnealingWarmRestarts, stepped with fractional epochs, where
 *   `cycleWarmupEpochs` is 0 and `cyclePeakFactor` 1. It goes by epochs alone, not by the share of the run.
 */
export function learningRateAt(position: SchedulePosition, options: ScheduleOptions): number {
  const { kind, learningRate, plateauScale } = options;
  if (kind === "one-cycle") return oneCycle(position, options);
  if (kind === "cosine-warm-restarts") return cosineWarmRestarts(position, options);
  const rise = warmUp(position, options);
  if (kind === "constant") return learningRate * rise;
  if (kind === "reduce-on-plateau") return learningRate * plateauScale * rise;
  return rise < 1 ? learningRate * rise : warmupCosineFall(position, options);
}

/** From 0 to 1 over the warm-up, then 1. */
function warmUp({ share }: SchedulePosition, { warmupShare }: ScheduleOptions): number {
  return share < warmupShare ? share / warmupShare : 1;
}

function warmupCosineFall({ share }: SchedulePosition, options: ScheduleOptions): number {
  const { learningRate, minLearningRate, warmupShare } = options;
  const fallen = warmupShare < 1 ? (share - warmupShare) / (1 - warmupShare) : 0;
  return halfCosine(learningRate, minLearningRate, Math.min(1, fallen));
}

/** PyTorch counts steps from 0, and puts the peak at pct_start * N - 1 and the end at N - 1. */
function oneCycle({ share, totalSteps }: SchedulePosition, options: ScheduleOptions): number {
  const { learningRate: peak, pctStart, divFactor, finalDivFactor } = options;
  const start = peak / divFactor;
  const step = share * totalSteps;
  const [peakStep, lastStep] = [pctStart * totalSteps - 1, totalSteps - 1];
  if (step < peakStep) return line(start, peak, step / peakStep);
  const fallen = lastStep > peakStep ? (step - peakStep) / (lastStep - peakStep) : 0;
  return line(peak, start / finalDivFactor, Math.min(1, fallen));
}

/** The warm-up keeps its length from cycle to cycle; only the fall grows. */
function cosineWarmRestarts({ epochs }: SchedulePosition, options: ScheduleOptions): number {
  const { cycleEpochs, cycleMultiplier, cycleWarmupEpochs: rise, minLearningRate: least } = options;
  let [peak, fall, since] = [options.learningRate, cycleEpochs - options.cycleWarmupEpochs, epochs];
  while (since >= rise + fall) {
    since -= rise + fall;
    fall *= cycleMultiplier;
    peak *= options.cyclePeakFactor;
  }
  return since < rise ? line(least, peak, since / rise) : halfCosine(peak, least, (since - rise) / fall);
}

function line(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

function halfCosine(from: number, to: number, share: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
}
