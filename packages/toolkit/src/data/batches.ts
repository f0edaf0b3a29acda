/**
 * Which utterances share a batch, and in what order batches come.
 *
 * A batch is as long as its longest utterance, and the rest is padding that costs as much to compute. So utterances of
 * like length go together: they are sorted by length, with a little noise so that each epoch groups them differently,
 * cut into batches, and the batches are shuffled. "shortest-first" is the curriculum of Deep Speech 2 (SortaGrad,
 * Amodei et al. 2016), which steadies the first epoch.
 */
import { createHash } from "node:crypto";
import { UserError } from "@deepspeech-ts/recognizer/system";
import {
  augmentationOf,
  type PreparedAugmentation,
  type UtteranceAugmentation,
} from "./augmentation/utterance-augmentation.js";
import { cutCheaply } from "./cut-cheaply.js";
import { Random } from "./random.js";
import type { Utterance } from "./types.js";

export type BatchOrder = "shuffled" | "shortest-first" | "as-is";

/** How an epoch is planned. */
export interface BatchPlanOptions {
  /** The most audio in a batch, padding counted: longest utterance times utterances. Default: no limit. */
  maxBatchSeconds?: number;
  /** The most utterances in a batch. Default: no limit; one of the two limits must be given. */
  maxBatchUtterances?: number;
  /** With `epoch`, fixes everything random. */
  seed: number;
  /** Counted from 0. */
  epoch: number;
  order: BatchOrder;
  /** Each utterance is played at one of these speeds, by lot (Ko et al. 2015 use 0.9, 1 and 1.1). Default [1]. */
  speedFactors?: readonly number[];
  /** Each utterance is played at one of these tempos, by lot, at the pitch that its speed gives it. Default [1]. */
  tempoFactors?: readonly number[];
  /**
   * How batches are filled: "full" as far as the limits allow, or "cheapest" for a forward pass, which weighs padding
   * against the batch's own cost. Default "full".
   */
  filling?: "full" | "cheapest";
  /** What else is done to utterances, by lot; for training alone. Default: nothing. */
  augmentation?: PreparedAugmentation;
}

/** An utterance as one epoch plays it. */
export interface PlannedUtterance<U extends Utterance = Utterance> {
  readonly utterance: U;
  readonly speedFactor: number;
  /** Default: 1. */
  readonly tempoFactor?: number;
  /** At that speed and tempo. */
  readonly durationSeconds: number;
  /** What is done to it then; its length stays. */
  readonly augmentation?: UtteranceAugmentation | undefined;
}

/** One epoch's batches. */
export interface BatchPlan<U extends Utterance = Utterance> {
  readonly batches: PlannedUtterance<U>[][];
  /** At the planned speeds, padding not counted. */
  readonly audioSeconds: number;
  /** The part of all batches that is padding, from 0 to 1. */
  readonly paddingWaste: number;
}

/** How far a length may stray when sorting: wide enough to mix batches, too narrow to cost much padding. */
const LENGTH_NOISE = 0.05;

/**
 * Plans one epoch; every utterance is in exactly one batch. The same utterances, options, seed and epoch give the same
 * plan on every machine. An utterance longer than `maxBatchSeconds` has a batch to itself.
 */
export function planBatches<U extends Utterance>(utterances: readonly U[], options: BatchPlanOptions): BatchPlan<U> {
  checkOptions(options);
  const { seed, epoch, order, speedFactors = [1], tempoFactors = [1], augmentation } = options;
  const planned = utterances.map((utterance) => {
    const speedFactor = speedFactorOf(utterance.id, { seed, epoch, speedFactors });
    const tempoFactor = tempoFactorOf(utterance.id, { seed, epoch, tempoFactors });
    const durationSeconds = utterance.durationSeconds / (speedFactor * tempoFactor);
    const changes = augmentation && augmentationOf(utterance.id, { seed, epoch, augmentation, voices: utterances });
    return { utterance, speedFactor, tempoFactor, durationSeconds, augmentation: changes };
  });
  const random = new Random(seed, epoch, "batches");
  const batches = cutIntoBatches(arrange(planned, order, random), options);
  if (order === "shuffled") random.shuffle(batches);
  return { batches, ...measurePadding(batches) };
}

/** What is done to whom in an epoch, in which batch: the same wherever a machine has its files. */
export function planDigest({ batches }: BatchPlan): string {
  const digest = createHash("sha256");
  for (const batch of batches) {
    const facts = batch.map(({ utterance: { id }, ...rest }) => ({ ...rest, id }));
    digest.update(JSON.stringify(facts, (key, value) => (key === "audioPath" ? undefined : value)));
  }
  return digest.digest("hex");
}

/** The speed at which an epoch plays an utterance; it depends on nothing but seed, epoch and id. */
export function speedFactorOf(
  utteranceId: string,
  { seed, epoch, speedFactors }: { seed: number; epoch: number; speedFactors: readonly number[] },
): number {
  if (speedFactors.length === 1) return speedFactors[0] as number;
  return new Random(seed, epoch, "speed", utteranceId).pick(speedFactors);
}

function tempoFactorOf(
  utteranceId: string,
  { seed, epoch, tempoFactors }: { seed: number; epoch: number; tempoFactors: readonly number[] },
): number {
  if (tempoFactors.length === 1) return tempoFactors[0] as number;
  return new Random(seed, epoch, "tempo", utteranceId).pick(tempoFactors);
}

function arrange<P extends PlannedUtterance>(planned: P[], order: BatchOrder, random: Random): P[] {
  if (order === "as-is") return planned;
  // The shuffle decides between equal lengths, which the sort, being stable, then keeps.
  const keyed = planned.map((item) => {
    const noise = order === "shuffled" ? LENGTH_NOISE * (2 * random.next() - 1) : 0;
    return { item, key: item.durationSeconds * (1 + noise) };
  });
  if (order === "shuffled") random.shuffle(keyed);
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

function cutIntoBatches<P extends PlannedUtterance>(planned: readonly P[], options: BatchPlanOptions): P[][] {
  const { maxBatchSeconds = Number.POSITIVE_INFINITY, maxBatchUtterances = Number.POSITIVE_INFINITY } = options;
  if (options.filling === "cheapest") return cutCheaply(planned, { maxBatchSeconds, maxBatchUtterances });
  const batches: P[][] = [];
  let batch: P[] = [];
  let longest = 0;
  for (const item of planned) {
    const newLongest = Math.max(longest, item.durationSeconds);
    const isFull = batch.length >= maxBatchUtterances || newLongest * (batch.length + 1) > maxBatchSeconds;
    if (batch.length > 0 && isFull) {
      batches.push(batch);
      batch = [];
      longest = 0;
    }
    batch.push(item);
    longest = Math.max(longest, item.durationSeconds);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

function measurePadding(batches: readonly PlannedUtterance[][]): { audioSeconds: number; paddingWaste: number } {
  let audioSeconds = 0;
  let paddedSeconds = 0;
  for (const batch of batches) {
    let longest = 0;
    for (const { durationSeconds } of batch) {
      audioSeconds += durationSeconds;
      longest = Math.max(longest, durationSeconds);
    }
    paddedSeconds += longest * batch.length;
  }
  return { audioSeconds, paddingWaste: paddedSeconds === 0 ? 0 : 1 - audioSeconds / paddedSeconds };
}

function checkOptions(options: BatchPlanOptions): void {
  const { maxBatchSeconds, maxBatchUtterances, speedFactors = [1], tempoFactors = [1] } = options;
  if (maxBatchSeconds === undefined && maxBatchUtterances === undefined) {
    throw new UserError("maxBatchSeconds and maxBatchUtterances are both missing; give at least one.");
  }
  if (maxBatchSeconds !== undefined && !(maxBatchSeconds > 0)) {
    throw new UserError(`maxBatchSeconds is ${maxBatchSeconds}, expected a number above 0.`);
  }
  if (maxBatchUtterances !== undefined && !(Number.isInteger(maxBatchUtterances) && maxBatchUtterances > 0)) {
    throw new UserError(`maxBatchUtterances is ${maxBatchUtterances}, expected a whole number above 0.`);
  }
  for (const [name, factors] of Object.entries({ speedFactors, tempoFactors })) {
    if (factors.length > 0 && factors.every((factor) => factor >= 0.5 && factor <= 2)) continue;
    throw new UserError(`${name} is [${factors.join(", ")}], expected one or more numbers from 0.5 to 2.`);
  }
}
