/**
 * Word and character error rates as the field reports them: (substitutions + deletions + insertions) / N, summed over
 * the whole corpus. Averaging the rates of utterances instead would let one short utterance outweigh a long one, and
 * gives a number that compares with nothing published.
 *
 * Words are what whitespace separates. Characters are the code points of the words joined by single spaces, and those
 * spaces count, as in the tools of the field. Nothing else is normalised: case and punctuation count as written.
 */

import { SpeechError } from "../errors.js";
import { countErrors, type EditCounts, editDistance } from "./edit-distance.js";

/** A transcript and what a recogniser made of it. */
export interface TranscriptPair {
  reference: string;
  hypothesis: string;
}

/** The edits of one utterance. */
export interface UtteranceScore {
  words: EditCounts;
  characters: EditCounts;
}

/** Error rates over many utterances: all edits by all that was said. */
export interface CorpusErrorRates {
  /** Word error rate: 0 is perfect; insertions can take it past 1. */
  wer: number;
  /** Character error rate. */
  cer: number;
  /** The share of utterances with any word wrong. */
  sentenceErrorRate: number;
  numUtterances: number;
  words: EditCounts;
  characters: EditCounts;
}

/** The words of `text`; none for an empty or blank text. */
export function splitWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** The error counts of one utterance. An empty reference is allowed: every hypothesis token is an insertion. */
export function scoreUtterance(reference: string, hypothesis: string): UtteranceScore {
  const referenceWords = splitWords(reference);
  const hypothesisWords = splitWords(hypothesis);
  return {
    words: editDistance(referenceWords, hypothesisWords),
    characters: editDistance([...referenceWords.join(" ")], [...hypothesisWords.join(" ")]),
  };
}

/** Gathers utterances one at a time, for corpora that are decoded as a stream. */
export class ErrorRateAccumulator {
  readonly #words = noCounts();
  readonly #characters = noCounts();
  #numUtterances = 0;
  #numWrong = 0;

  /** Scores one utterance, adds it to the corpus, and returns its own counts. */
  add(reference: string, hypothesis: string): UtteranceScore {
    const score = scoreUtterance(reference, hypothesis);
    addCounts(this.#words, score.words);
    addCounts(this.#characters, score.characters);
    this.#numUtterances += 1;
    if (countErrors(score.words) > 0) this.#numWrong += 1;
    return score;
  }

  /**
   * The rates over everything added so far.
   *
   * @throws SpeechError `empty-reference` when all references together hold no word
   */
  result(): CorpusErrorRates {
    if (this.#words.referenceLength === 0) {
      throw new SpeechError(
        "empty-reference",
        `error rates are undefined: the references hold no words (utterances: ${this.#numUtterances}); check that the transcripts were read`,
      );
    }
    return {
      wer: countErrors(this.#words) / this.#words.referenceLength,
      cer: countErrors(this.#characters) / this.#characters.referenceLength,
      sentenceErrorRate: this.#numWrong / this.#numUtterances,
      numUtterances: this.#numUtterances,
      words: { ...this.#words },
      characters: { ...this.#characters },
    };
  }
}

/**
 * The error rates of a whole corpus.
 *
 * @throws SpeechError `empty-reference` when all references together hold no word
 */
export function corpusErrorRates(pairs: Iterable<TranscriptPair>): CorpusErrorRates {
  const accumulator = new ErrorRateAccumulator();
  for (const { reference, hypothesis } of pairs) accumulator.add(reference, hypothesis);
  return accumulator.result();
}

function noCounts(): EditCounts {
  return { substitutions: 0, deletions: 0, insertions: 0, hits: 0, referenceLength: 0 };
}

function addCounts(total: EditCounts, counts: EditCounts): void {
  total.substitutions += counts.substitutions;
  total.deletions += counts.deletions;
  total.insertions += counts.insertions;
  total.hits += counts.hits;
  total.referenceLength += counts.referenceLength;
}
