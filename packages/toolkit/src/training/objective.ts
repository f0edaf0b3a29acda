/**
 * What a batch's step makes smaller: CTC on the model's output, and what else the configuration asks for.
 *
 * Intermediate CTC: lower layers learn to spell by a head of their own, which gives them a gradient that no upper layer
 * has blurred (J. Lee and S. Watanabe, "Intermediate loss regularization for CTC-based speech recognition", ICASSP 2021,
 * arXiv:2102.03216). Theirs share the model's classifier; these have a linear layer each.
 */
import type { Tensor } from "@deepspeech-ts/torch";
import { ctcLoss, type ModelOutput } from "../acoustic-model/index.js";
import type { ObjectiveConfig } from "./objective-config.js";

/** All that a forward pass in training gives. */
export interface TrainingOutput {
  output: ModelOutput;
  /** Of the intermediate heads. */
  intermediate: readonly ModelOutput[];
}

export interface ObjectiveOptions {
  objective: ObjectiveConfig;
  blankId: number;
  lossAverage: "tokens" | "utterances";
}

/** One part of the loss: a number on the device, and what it counts for. */
export interface Term {
  /** "ctc" is CTC on the model's output, the first of all terms. */
  name: "ctc" | "intermediate";
  loss: Tensor;
  weight: number;
}

/** The parts of a batch's loss. */
export function termsOf(
  { output, intermediate }: TrainingOutput,
  targets: readonly (readonly number[])[],
  { objective, blankId, lossAverage }: ObjectiveOptions,
): [Term, ...Term[]] {
  const ctc = (outputs: ModelOutput) => ctcLoss(outputs, targets, { blankId, average: lossAverage });
  const below = intermediate.map(ctc);
  const share = below.length > 0 ? objective.intermediateWeight : 0;
  return [
    { name: "ctc", loss: ctc(output), weight: 1 - share },
    ...(below.length > 0 ? [{ name: "intermediate" as const, loss: meanOf(below), weight: share }] : []),
  ];
}

/** What `backward` starts from: all terms by their weights. */
export function totalOf([first, ...others]: readonly [Term, ...Term[]]): Tensor {
  const weighted = ({ loss, weight }: Term) => (weight === 1 ? loss : loss.mul(weight));
  return others.reduce((sum, term) => sum.add(weighted(term)), weighted(first));
}

function meanOf([first, ...others]: readonly Tensor[]): Tensor {
  const sum = others.reduce((total, value) => total.add(value), first!);
  return others.length === 0 ? sum : sum.div(others.length + 1);
}
