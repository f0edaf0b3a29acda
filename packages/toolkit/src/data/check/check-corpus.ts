/**
 * Everything that would spoil a training run and can be known before it: each finding names its utterance, and the
 * manifest without the useless ones is at hand.
 */
import { type BatchPlan, type BatchPlanOptions, planBatches } from "../batches.js";
import type { Utterance } from "../types.js";
import { checkAudio, findSameAudio, indexByDigest } from "./audio-checks.js";
import type { MeasureResponse } from "./audio-facts-worker.js";
import { type MeasureOptions, measureCorpus } from "./measure-corpus.js";
import { isFatal, type Problem } from "./problems.js";
import { checkTranscript, findOddSpeeds, findSharedSpeakers, type TranscriptOptions } from "./transcript-checks.js";

export interface CheckOptions extends TranscriptOptions, MeasureOptions {
  /** Data that the model is measured on: its speakers and recordings are looked for. Default: none. */
  readonly heldOut?: readonly Utterance[];
  /** Decode every recording. Without it, only transcripts, stated durations and speakers are checked. */
  readonly listens: boolean;
  /** The batches that training would make, whose padding and size are predicted. */
  readonly plan: CheckedPlanOptions;
}

export interface CheckedPlanOptions extends Omit<BatchPlanOptions, "epoch" | "order"> {
  /** Training leaves out what is shorter or longer. Default: nothing. */
  readonly minDurationSeconds?: number;
  readonly maxDurationSeconds?: number;
}

export interface BatchSize {
  readonly numUtterances: number;
  /** Of the longest, which the others are padded to. */
  readonly seconds: number;
}

export interface CheckResult {
  readonly problems: Problem[];
  /** What is of use, with durations corrected. */
  readonly clean: Utterance[];
  readonly numDropped: number;
  /** How many recordings have each sample rate; empty where nothing was listened to. */
  readonly sampleRates: ReadonlyMap<number, number>;
  /** The part of the batches of an epoch over what is clean that is padding, from 0 to 1. */
  readonly paddingWaste: number;
  readonly numBatches: number;
  /** The batch with the most sound, padding counted; undefined where there is none. */
  readonly largestBatch: BatchSize | undefined;
}

/** Checks a corpus. Throws the signal's reason once it is aborted. */
export async function checkCorpus(utterances: readonly Utterance[], options: CheckOptions): Promise<CheckResult> {
  const { heldOut = [], listens } = options;
  const heard = listens ? await measureCorpus(utterances, options) : [];
  const heldOutHeard = listens ? await measureCorpus(heldOut, options) : [];
  const corrected = utterances.map((utterance, index) => withTrueDuration(utterance, heard[index]));
  const transcripts = corrected.map((utterance) => ({ utterance, ...checkTranscript(utterance, options) }));
  const problems: Problem[] = [
    ...utterances.flatMap((utterance, index) => (heard[index] ? checkAudio(utterance, heard[index]) : [])),
    ...transcripts.flatMap(({ problem }) => problem ?? []),
    ...findSameAudio(listens ? utterances : [], heard, indexByDigest(heldOut, heldOutHeard)),
    ...findOddSpeeds(transcripts.filter(({ problem }) => problem === undefined)),
    ...findSharedSpeakers(utterances, heldOut),
  ];
  const dropped = new Set(problems.filter(({ kind }) => isFatal(kind)).map(({ utteranceId }) => utteranceId));
  const clean = corrected.filter(({ id }) => !dropped.has(id));
  const plan = planTraining(clean, options.plan);
  return {
    problems,
    clean,
    numDropped: utterances.length - clean.length,
    sampleRates: countSampleRates(heard),
    paddingWaste: plan.paddingWaste,
    numBatches: plan.batches.length,
    largestBatch: largestBatch(plan),
  };
}

/** The first epoch's batches, over what is within the limits of duration. */
function planTraining(utterances: readonly Utterance[], options: CheckedPlanOptions): BatchPlan {
  const { minDurationSeconds = 0, maxDurationSeconds = Number.POSITIVE_INFINITY, ...rest } = options;
  const isKept = ({ durationSeconds }: Utterance) =>
    durationSeconds >= minDurationSeconds && durationSeconds <= maxDurationSeconds;
  return planBatches(utterances.filter(isKept), { ...rest, epoch: 0, order: "shuffled" });
}

function largestBatch({ batches }: BatchPlan): BatchSize | undefined {
  const sizes = batches.map((batch) => {
    return { numUtterances: batch.length, seconds: Math.max(...batch.map(({ durationSeconds }) => durationSeconds)) };
  });
  const paddedSeconds = ({ numUtterances, seconds }: BatchSize) => numUtterances * seconds;
  return sizes.sort((a, b) => paddedSeconds(b) - paddedSeconds(a))[0];
}

/** The duration that was heard, where the stated one is another by more than a rounding. */
function withTrueDuration(utterance: Utterance, heard: MeasureResponse | undefined): Utterance {
  if (!heard || "reason" in heard) return utterance;
  const isRight = Math.abs(heard.durationSeconds - utterance.durationSeconds) < 0.01;
  return isRight ? utterance : { ...utterance, durationSeconds: heard.durationSeconds };
}

function countSampleRates(heard: readonly MeasureResponse[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const facts of heard) {
    if (!("reason" in facts)) counts.set(facts.sampleRate, (counts.get(facts.sampleRate) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a], [b]) => a - b));
}
