/**
 * The batch-invariance promise, checked on a corpus: what a model says about an utterance does not depend on the
 * utterances it shares a batch with. Padding that leaks into a convolution or a backward recurrence breaks the promise
 * silently, and the error rate then depends on the batch size.
 */
import type { Emissions } from "@deepspeech-ts/speech";
import type { PreparedUtterance } from "../data/prepare.js";
import { Random } from "../data/random.js";
import { type EvaluateOptions, type EvaluationResult, evaluate } from "./evaluate.js";

/** Log-probabilities may differ by this much: rounding, since other shapes add up in another order. */
export const INVARIANCE_TOLERANCE = 1e-4;

/** How the corpus was scored again. */
export type Rescoring = "alone" | "shuffled";

/** An utterance that was heard otherwise in other company. */
export interface InvarianceDifference {
  id: string;
  rescoring: Rescoring;
  /** The largest of any frame and token; Infinity where the number of frames differs. */
  largestDifference: number;
  /** What was heard at first, and what was heard again. */
  hypotheses: [first: string, again: string];
}

/** Whether company changes what is heard. */
export interface InvarianceReport {
  numUtterances: number;
  /** Over all utterances and both rescorings. */
  largestDifference: number;
  tolerance: number;
  /** Utterances whose text differs, or whose log-probabilities differ by more than the tolerance; the largest first. */
  differences: InvarianceDifference[];
}

/** What a first evaluation said, to hold later ones against. Takes about 17 MB for an hour of sound. */
export class ReferenceEmissions {
  readonly #emissions = new Map<string, Emissions>();

  get size(): number {
    return this.#emissions.size;
  }

  /** Keeps a copy; give it to `evaluate` as `onEmissions`. */
  readonly keep = ({ id }: PreparedUtterance, emissions: Emissions): void => {
    this.#emissions.set(id, { ...emissions, logProbs: emissions.logProbs.slice() });
  };

  /** The largest difference of any log-probability. */
  differenceTo({ id }: PreparedUtterance, emissions: Emissions): number {
    const known = this.#emissions.get(id);
    if (known?.numFrames !== emissions.numFrames) return Number.POSITIVE_INFINITY;
    let largest = 0;
    for (let i = 0; i < known.logProbs.length; i++) {
      largest = Math.max(largest, Math.abs(known.logProbs[i]! - emissions.logProbs[i]!));
    }
    return largest;
  }
}

/**
 * Scores every utterance in a batch of its own, and once more in batches of random company, and compares both with the
 * first result. `options.onProgress` counts through both. What `options.shouldStop` breaks off is not reported.
 */
export async function verifyInvariance(
  utterances: readonly PreparedUtterance[],
  first: { result: EvaluationResult; emissions: ReferenceEmissions },
  options: EvaluateOptions,
): Promise<InvarianceReport> {
  const shuffled = new Random("verify-invariance").shuffle([...utterances]);
  const progressFrom = (offset: number) => (done: number) => options.onProgress?.(offset + done, 2 * utterances.length);
  const alone = { ...options, maxBatchUtterances: 1, onProgress: progressFrom(0) };
  const mixed = { ...options, order: "as-is" as const, onProgress: progressFrom(utterances.length) };
  const found = [
    ...(await rescore(utterances, first, { ...alone, rescoring: "alone" })),
    ...(options.shouldStop?.() ? [] : await rescore(shuffled, first, { ...mixed, rescoring: "shuffled" })),
  ];
  const isDifferent = ({ hypotheses: [before, again], largestDifference }: InvarianceDifference) =>
    before !== again || !(largestDifference <= INVARIANCE_TOLERANCE);
  return {
    numUtterances: first.emissions.size,
    largestDifference: found.reduce((most, { largestDifference }) => Math.max(most, largestDifference), 0),
    tolerance: INVARIANCE_TOLERANCE,
    differences: found.filter(isDifferent).sort((a, b) => b.largestDifference - a.largestDifference),
  };
}

async function rescore(
  utterances: readonly PreparedUtterance[],
  first: { result: EvaluationResult; emissions: ReferenceEmissions },
  { rescoring, ...options }: EvaluateOptions & { rescoring: Rescoring },
): Promise<InvarianceDifference[]> {
  const differences = new Map<string, number>();
  const again = await evaluate(utterances, {
    ...options,
    onEmissions: (utterance, emissions) =>
      differences.set(utterance.id, first.emissions.differenceTo(utterance, emissions)),
  });
  if (!again) return [];
  const before = new Map(first.result.utterances.map(({ id, hypothesis }) => [id, hypothesis]));
  return again.utterances.map(({ id, hypothesis }) => ({
    id,
    rescoring,
    largestDifference: differences.get(id)!,
    hypotheses: [before.get(id) ?? "", hypothesis],
  }));
}
