/** Two models on the same utterances: which is better, by how much, and whether chance alone could explain it. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { countErrors, type PairedBootstrap, pairedBootstrap } from "@deepspeech-ts/speech";
import type { UtteranceResult } from "./evaluate.js";

/** Two evaluations of the same utterances, side by side. */
export interface Comparison {
  /** First less second: below 0, the first is better. */
  wer: PairedBootstrap;
  cer: PairedBootstrap;
  /** Over the utterances that both models answered. */
  rates: { first: { wer: number; cer: number }; second: { wer: number; cer: number } };
  /** Utterances in which the first model has fewer word errors than the second, more, or as many. */
  numBetter: number;
  numWorse: number;
  numEqual: number;
  /** Utterances that only one model could be measured on, or whose transcripts the models' alphabets spell apart. */
  numNotCompared: number;
  /** Where the models differ most in word errors first. */
  utterances: ComparedUtterance[];
}

/** What two evaluations heard of one utterance. */
export interface ComparedUtterance {
  id: string;
  reference: string;
  first: string;
  second: string;
  /** The first's word errors less the second's. */
  wordErrorDifference: number;
}

interface Pair {
  first: UtteranceResult;
  second: UtteranceResult;
}

/** @throws UserError where the two have no utterance in common */
export function compareResults(first: readonly UtteranceResult[], second: readonly UtteranceResult[]): Comparison {
  const byId = new Map(second.map((utterance) => [utterance.id, utterance]));
  const pairs: Pair[] = first.flatMap((one) => {
    const other = byId.get(one.id);
    return other?.reference === one.reference ? [{ first: one, second: other }] : [];
  });
  if (pairs.length === 0) {
    throw new UserError(
      "the two models have no utterance in common to be compared on; were their alphabets the same?",
      {
        code: "nothing-to-compare",
      },
    );
  }
  const utterances = pairs.map(compareUtterance).sort(byDifference);
  const ids = new Set([...first, ...second].map(({ id }) => id));
  return {
    ...compareRates(pairs),
    numBetter: utterances.filter(({ wordErrorDifference }) => wordErrorDifference < 0).length,
    numWorse: utterances.filter(({ wordErrorDifference }) => wordErrorDifference > 0).length,
    numEqual: utterances.filter(({ wordErrorDifference }) => wordErrorDifference === 0).length,
    numNotCompared: ids.size - pairs.length,
    utterances,
  };
}

function compareRates(pairs: readonly Pair[]): Pick<Comparison, "wer" | "cer" | "rates"> {
  const countsOf = (model: keyof Pair, unit: "words" | "characters") => pairs.map((pair) => pair[model][unit]);
  const rate = (model: keyof Pair, unit: "words" | "characters") => {
    const counts = countsOf(model, unit);
    const errors = counts.reduce((total, one) => total + countErrors(one), 0);
    return errors / counts.reduce((total, { referenceLength }) => total + referenceLength, 0);
  };
  return {
    wer: pairedBootstrap(countsOf("first", "words"), countsOf("second", "words")),
    cer: pairedBootstrap(countsOf("first", "characters"), countsOf("second", "characters")),
    rates: {
      first: { wer: rate("first", "words"), cer: rate("first", "characters") },
      second: { wer: rate("second", "words"), cer: rate("second", "characters") },
    },
  };
}

function compareUtterance({ first, second }: Pair): ComparedUtterance {
  const { id, reference } = first;
  const wordErrorDifference = countErrors(first.words) - countErrors(second.words);
  return { id, reference, first: first.hypothesis, second: second.hypothesis, wordErrorDifference };
}

function byDifference(a: ComparedUtterance, b: ComparedUtterance): number {
  return Math.abs(b.wordErrorDifference) - Math.abs(a.wordErrorDifference) || (a.id < b.id ? -1 : 1);
}
