/**
 * What a batch's step makes smaller: CTC on the model's output, and what else the configuration asks for.
 *
 * Intermediate CTC: lower layers learn to spell by a head of their own, which gives them a gradient that no upper layer
 * has blurred (J. Lee and S. Watanabe, "Intermediate loss regularization for CTC-based speech recognition", ICASSP 2021,
 * arXiv:2102.03216). Theirs share the model's classifier; these have a linear layer each.
 *
 * Phones: a lower layer learns what is heard before upper ones learn how it is spelt (K. Krishna, S. Toshniwal and K. Livescu,
 * "Hierarchical multitask learning for CTC-based speech recognition", SLT 2018, arXiv:1807.06234); or the model itself writes
 * them beside its letters, so that words can be found by how they are spoken.
 *
 * CTC-CRF: the right phones are to be likelier than the others that could be said (denominator.ts).
 *
 * Consistency: what two differently masked views of an utterance give should be the same (Z. Yao et al., "CR-CTC:
 * Consistency regularization on CTC for improved speech recognition", ICLR 2025, arXiv:2410.05101).
 *
 * Teacher: at each frame the divergence of the answer from a trained model's (teacher.ts), some frames earlier.
 *
 * Label smoothing: at each frame the distance of the answer from one that is equally unsure of all tokens (S. Kim et al.,
 * "Improved training for online end-to-end speech recognition systems", Interspeech 2018, arXiv:1711.02212).
 */
import { minimumFrames, phoneAlphabet } from "@deepspeech-ts/speech";
import { call, cat, fromTypedArray, nn, type Tensor, tensor } from "@deepspeech-ts/torch";
import { averageOfUtterances, ctcLoss, type LossAverage, type ModelOutput } from "../acoustic-model/index.js";
import type { Denominator } from "./denominator.js";
import type { ObjectiveConfig } from "./objective-config.js";

/** All that a forward pass in training gives. */
export interface TrainingOutput {
  output: ModelOutput;
  /** Of the intermediate heads. */
  intermediate: readonly ModelOutput[];
  /** Of the model's own phones, or of the phone head; null where there is neither. */
  phones: ModelOutput | null;
}

export interface ObjectiveOptions {
  objective: ObjectiveConfig;
  /** How often each utterance is in the output: 2 holds the whole batch twice, one view after the other. */
  views: number;
  blankId: number;
  lossAverage: LossAverage;
  /** What the teacher says of the utterances of one view; none where there is no teacher. */
  teacher?: ModelOutput | undefined;
  /** Each utterance's phones, of one view, where there is a head for them; undefined for one that has none. */
  phoneTargets?: readonly (readonly number[] | undefined)[];
  /** Of the phones, where `objective.phoneCrfWeight` is not 0. */
  denominator?: Denominator | null;
}

/** One part of the loss: a number on the device, and what it counts for. */
export interface Term {
  /** "ctc" is CTC on the model's output, the first of all terms. */
  name: "ctc" | "intermediate" | "phones" | "consistency" | "smoothing" | "teacher";
  loss: Tensor;
  weight: number;
}

type Targets = readonly (readonly number[])[];

/** @param targets of one view */
export function termsOf(
  { output, intermediate, phones }: TrainingOutput,
  targets: Targets,
  { objective, views, blankId, lossAverage, teacher, phoneTargets = [], denominator = null }: ObjectiveOptions,
): [Term, ...Term[]] {
  const all = Array<Targets>(views).fill(targets).flat();
  const ctc = (outputs: ModelOutput) => ctcLoss(outputs, all, { blankId, average: lossAverage });
  const { consistencyWeight, labelSmoothing: smoothing } = objective;
  const intermediateShare = intermediate.length > 0 ? objective.intermediateWeight : 0;
  const phoneShare = phones ? objective.phoneWeight : 0;
  const ofOutput = 1 - intermediateShare - phoneShare;
  const taught = teacher ? objective.teacherWeight : 0;
  const own = ofOutput * (1 - taught);
  const terms: [Term, ...Term[]] = [{ name: "ctc", loss: ctc(output), weight: own * (1 - smoothing) }];
  if (smoothing > 0) {
    const loss = averageOfUtterances(certainty(output), all, lossAverage);
    terms.push({ name: "smoothing", loss, weight: own * smoothing });
  }
  if (teacher && taught > 0) {
    const divergence = distanceFrom(teacher, output, { views, delay: objective.teacherDelayFrames });
    terms.push({
      name: "teacher",
      loss: averageOfUtterances(divergence, all, lossAverage),
      weight: ofOutput * taught,
    });
  }
  if (views === 2) {
    const loss = averageOfUtterances(inconsistency(output), targets, lossAverage);
    terms.push({ name: "consistency", loss, weight: own * consistencyWeight });
  }
  if (intermediateShare > 0) {
    terms.push({ name: "intermediate", loss: meanOf(intermediate.map(ctc)), weight: intermediateShare });
  }
  if (phones && phoneShare > 0) {
    const repeated = Array<typeof phoneTargets>(views).fill(phoneTargets).flat();
    const crf = denominator && { denominator, weight: objective.phoneCrfWeight };
    const loss = phoneLoss(phones, repeated, { average: lossAverage, crf });
    if (loss) terms.push({ name: "phones", loss, weight: phoneShare });
  }
  return terms;
}

interface PhoneLossOptions {
  average: LossAverage;
  /** What CTC-CRF has beside CTC; null for CTC alone. */
  crf: { denominator: Denominator; weight: number } | null;
}

/** CTC, or CTC-CRF, over the utterances whose phones are known and fit into their frames; null where none is such. */
function phoneLoss(
  { logProbs, logProbLengths }: ModelOutput,
  phoneTargets: NonNullable<ObjectiveOptions["phoneTargets"]>,
  { average, crf }: PhoneLossOptions,
): Tensor | null {
  const usable = phoneTargets.flatMap((targets, row) =>
    targets && minimumFrames(targets) <= logProbLengths[row]! ? [{ row, targets }] : [],
  );
  if (usable.length === 0) return null;
  const rows = tensor(
    usable.map(({ row }) => row),
    { dtype: "int64", device: logProbs.device },
  );
  const outputs = {
    logProbs: usable.length === phoneTargets.length ? logProbs : call("index_select", [logProbs, 0, rows]),
    logProbLengths: usable.map(({ row }) => logProbLengths[row]!),
  };
  const targets = usable.map((each) => each.targets);
  const ctc = nn.functional.ctcLoss(outputs.logProbs.transpose(0, 1), targets, outputs.logProbLengths, {
    blankId: phoneAlphabet.blankId,
    reduction: "none",
  }); // [B]
  const losses = crf ? ctc.add(rivalry(outputs, targets, { ctc, denominator: crf.denominator }).mul(crf.weight)) : ctc;
  return averageOfUtterances(losses, targets, average);
}

/**
 * How likely all that could be said is to the model, beside how often what was said is: with CTC it makes the logarithm of how
 * much likelier all are than what was said, which is never below 0. [B]
 */
function rivalry(
  { logProbs, logProbLengths }: ModelOutput,
  targets: Targets,
  { ctc, denominator }: { ctc: Tensor; denominator: Denominator },
): Tensor {
  const [rows = 0, frames = 0, numTokens = 0] = logProbs.shape;
  const values = logProbs.detach().toFloat32Array();
  const losses = ctc.detach().toFloat32Array();
  const shares = new Float32Array(values.length);
  const totals = new Float32Array(rows);
  for (const [row, length] of logProbLengths.entries()) {
    const at = row * frames * numTokens;
    const ofTarget = denominator.logProbability(targets[row]!);
    const found = denominator.of(values.subarray(at, at + length * numTokens), ofTarget - losses[row]!);
    shares.set(found.shares, at);
    totals[row] = found.logTotal - ofTarget;
  }
  const { device } = logProbs;
  // The shares are the gradient; what they give is taken off again, so that the value is the sum's.
  const slope = logProbs
    .mul(fromTypedArray(shares, logProbs.shape, { device }))
    .sum(2)
    .sum(1);
  return slope.sub(slope.detach()).add(fromTypedArray(totals, undefined, { device }));
}

/** What `backward` starts from: all terms by their weights. */
export function totalOf([first, ...others]: readonly [Term, ...Term[]]): Tensor {
  const weighted = ({ loss, weight }: Term) => (weight === 1 ? loss : loss.mul(weight));
  return others.reduce((sum, term) => sum.add(weighted(term)), weighted(first));
}

/** Σ over frames of the divergence of the answer p from the uniform one: log V + Σ p log p. [B] */
function certainty({ logProbs, logProbLengths }: ModelOutput): Tensor {
  const [, frames = 0, numTokens = 0] = logProbs.shape;
  const divergence = logProbs.exp().mul(logProbs).sum(2).add(Math.log(numTokens)); // [B, T']
  return overOwnFrames(divergence, logProbLengths, frames);
}

/** Σ over frames of half the divergences of each view from the other, which is held still for it: [2B, T', V] → [B] */
function inconsistency({ logProbs, logProbLengths }: ModelOutput): Tensor {
  const [rows = 0, frames = 0] = logProbs.shape;
  const [first, second] = logProbs.split(rows / 2) as [Tensor, Tensor];
  const [firstStill, secondStill] = [first.detach(), second.detach()];
  const divergence = (still: Tensor, other: Tensor) => still.exp().mul(still.sub(other)).sum(2); // [B, T']
  const both = divergence(firstStill, second).add(divergence(secondStill, first)).mul(0.5);
  return overOwnFrames(both, logProbLengths.slice(0, rows / 2), frames);
}

/**
 * Σ over frames t of the divergence of the answer at t from the teacher's at t − delay, which is there from frame `delay`
 * on: [views · B]
 */
function distanceFrom(
  { logProbs: taught }: ModelOutput,
  { logProbs, logProbLengths }: ModelOutput,
  { views, delay }: { views: number; delay: number },
): Tensor {
  const [, frames = 0] = logProbs.shape;
  const width = Math.max(0, frames - delay);
  const all = views === 1 ? taught : cat(Array<Tensor>(views).fill(taught));
  const [still, own] = [all.narrow(1, 0, width), logProbs.narrow(1, frames - width, width)];
  const divergence = still.exp().mul(still.sub(own)).sum(2); // [views · B, T' − delay]
  const lengths = logProbLengths.map((length) => Math.max(0, length - delay));
  return overOwnFrames(divergence, lengths, width);
}

/** [B, T'] → [B], without what lies behind an utterance's end */
function overOwnFrames(values: Tensor, lengths: readonly number[], frames: number): Tensor {
  return values.mul(nn.lengthMask(lengths, frames, values.device)).sum(1);
}

function meanOf([first, ...others]: readonly Tensor[]): Tensor {
  const sum = others.reduce((total, value) => total.add(value), first!);
  return others.length === 0 ? sum : sum.div(others.length + 1);
}
