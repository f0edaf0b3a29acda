/**
 * Everything that would spoil a training run and can be known before it: each finding names its utterance, and the
 * manifest without the useless ones is at hand.
 */
import { type BatchPlan, type BatchPlanOptions, planBatches } from "../batches.js";
import { type PrepareOptions, prepareUtterance } from "../prepare.js";
import type { Utterance } from "../types.js";
import { checkAudio, checkStatedDuration, findSameAudio, indexBySound } from "./audio-checks.js";
import type { MeasureResponse } from "./audio-facts-worker.js";
import { type MeasureOptions, measureCorpus } from "./measure-corpus.js";
import { type Problem, type Severity, severityOf } from "./problems.js";
import { checkTranscript, findOddSpeeds, findSharedSpeakers } from "./transcript-checks.js";

/** How a corpus is checked. */
export interface CheckOptions extends MeasureOptions {
  /** How training prepares its corpus: what it leaves out is of no use. */
  readonly prepare: PrepareOptions;
  /** Data that the model is measured on: its speakers and recordings are looked for. Default: none. */
  readonly heldOut?: readonly Utterance[];
  /** Decode every recording. Without it, only transcripts, stated durations and speakers are checked. */
  readonly listens: boolean;
  /** The batches that training would make of so much sound, whose padding and size are predicted. */
  readonly plan: (audioSeconds: number) => Omit<BatchPlanOptions, "epoch" | "order"> & { maxBatchSeconds: number };
}

export interface BatchSize {
  readonly numUtterances: number;
  /** Of the longest, which the others are padded to. */
  readonly seconds: number;
}

/** What a check found. */
export interface CheckResult {
  readonly problems: Problem[];
  /** What is of use, with durations corrected. */
  readonly clean: Utterance[];
  readonly numDropped: number;
  /** Of what is clean, how much training would leave out if its duration were not corrected. */
  readonly numMended: number;
  /** How many recordings have each sample rate; empty where nothing was listened to. */
  readonly sampleRates: ReadonlyMap<number, number>;
  /** The part of the batches of an epoch over what is clean that is padding, from 0 to 1. */
  readonly paddingWaste: number;
  readonly numBatches: number;
  readonly maxBatchSeconds: number;
  /** The batch with the most sound, padding counted; undefined where there is none. */
  readonly largestBatch: BatchSize | undefined;
}

/** Checks a corpus. Throws the signal's reason once it is aborted. */
export async function checkCorpus(utterances: readonly Utterance[], options: CheckOptions): Promise<CheckResult> {
  const { heldOut = [], listens, prepare } = options;
  const heard = listens ? await measureCorpus(utterances, options) : [];
  const heldOutHeard = listens ? await measureCorpus(heldOut, options) : [];
  const corrected = utterances.map((utterance, index) => withTrueDuration(utterance, heard[index]));
  const transcripts = corrected.map((utterance) => ({ utterance, ...checkTranscript(utterance, prepare) }));
  const isUsable = (utterance: Utterance) => !("kind" in prepareUtterance(utterance, prepare));
  const ownProblems: Problem[] = [
    ...utterances.flatMap((utterance, index) => (heard[index] ? checkAudio(utterance, heard[index]) : [])),
    ...utterances.flatMap((utterance, index) => checkStatedDuration(utterance, corrected[index]!, isUsable)),
    ...transcripts.flatMap((transcript) => ("problem" in transcript ? transcript.problem : [])),
  ];
  const sameAudio = findSameAudio(listens ? utterances : [], heard, {
    heldOut: indexBySound(heldOut, heldOutHeard),
    useless: idsOf(ownProblems, "fatal"),
  });
  const problems = [
    ...ownProblems,
    ...sameAudio,
    ...findOddSpeeds(transcripts.filter((transcript) => "targetText" in transcript)),
    ...findSharedSpeakers(utterances, heldOut),
  ];
  const dropped = idsOf(problems, "fatal");
  const clean = corrected.filter(({ id }) => !dropped.has(id));
  return {
    problems,
    clean,
    numDropped: utterances.length - clean.length,
    numMended: [...idsOf(problems, "mended")].filter((id) => !dropped.has(id)).length,
    sampleRates: countSampleRates(heard),
    ...predictBatches(clean, options),
  };
}

function idsOf(problems: readonly Problem[], severity: Severity): Set<string> {
  return new Set(problems.filter(({ kind }) => severityOf(kind) === severity).map(({ utteranceId }) => utteranceId));
}

/** Of the first epoch. */
function predictBatches(clean: readonly Utterance[], { plan: planOf }: CheckOptions) {
  const options = planOf(clean.reduce((total, { durationSeconds }) => total + durationSeconds, 0));
  const plan = planBatches(clean, { ...options, epoch: 0, order: "shuffled" });
  const { paddingWaste, batches } = plan;
  const { maxBatchSeconds } = options;
  return { paddingWaste, numBatches: batches.length, maxBatchSeconds, largestBatch: largestBatch(plan) };
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
