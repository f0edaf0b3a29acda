/**
 * Finds the language model's weight and the word score on a development set. The acoustic model runs once; after that a
 * trial is a beam search over stored emissions. The search is a coarse grid and then halving steps around its best: word
 * error rate is a step function of both, so that no gradient would help.
 */
import {
  type Alphabet,
  type CorpusErrorRates,
  corpusErrorRates,
  type Emissions,
  type LanguageModel,
  PronouncedModel,
} from "@deepspeech-ts/speech";
import { beamDecode } from "./decoding.js";

/** What each trial decodes anew. */
export interface StoredUtterance {
  reference: string;
  emissions: Emissions;
}

export interface TuneOptions {
  alphabet: Alphabet;
  languageModel: LanguageModel;
  frameSeconds: number;
  /** Prefixes kept in each trial. */
  beamSize: number;
  /** Called after each trial. */
  onTrial?: (trial: Trial, done: number) => void;
  shouldStop?: () => boolean;
}

/** One setting of decoding, and what it gave. */
export interface Trial {
  lmWeight: number;
  wordScore: number;
  /** None where words are found by their pronunciations: then there are no unknown ones. */
  unknownWordScore?: number;
  rates: CorpusErrorRates;
}

const LM_WEIGHTS = [0.25, 0.5, 1, 1.5, 2.5, 4];
const WORD_SCORES = [-3, -2, -1, 0, 1, 2];
/** Tried with the best of the others; the first is that of the grid. */
const UNKNOWN_WORD_SCORES = [-1, 0, -3, -6, -10];
/** Around the grid's best, in weight and in score; then half of that. */
const FIRST_STEP = { lmWeight: 0.2, wordScore: 0.5 };
const HALVINGS = 2;

/** The trial with the lowest WER; CER decides between equals. */
export function tuneDecoding(utterances: readonly StoredUtterance[], options: TuneOptions): Trial {
  const search = new TuningSearch(utterances, options);
  const unknownScores = options.languageModel instanceof PronouncedModel ? [] : UNKNOWN_WORD_SCORES;
  for (const lmWeight of LM_WEIGHTS)
    for (const wordScore of WORD_SCORES) search.attempt(lmWeight, wordScore, unknownScores[0]);
  const coarse = search.best!;
  for (const score of unknownScores) search.attempt(coarse.lmWeight, coarse.wordScore, score);
  const step = { ...FIRST_STEP };
  for (let i = 0; i < HALVINGS; i++) {
    const { lmWeight, wordScore, unknownWordScore } = search.best!;
    for (const dw of [-1, 0, 1]) {
      for (const ds of [-1, 0, 1]) {
        search.attempt(lmWeight + dw * step.lmWeight, wordScore + ds * step.wordScore, unknownWordScore);
      }
    }
    step.lmWeight /= 2;
    step.wordScore /= 2;
  }
  return search.best!;
}

/** Which of a trial's numbers stand at the edge of what is tried, so that better ones may lie beyond. */
export function atEdge({ lmWeight, wordScore, unknownWordScore }: Trial): string[] {
  const edges = [
    lmWeight >= LM_WEIGHTS.at(-1)! && `lmWeight ${lmWeight}`,
    (wordScore <= WORD_SCORES[0]! || wordScore >= WORD_SCORES.at(-1)!) && `wordScore ${wordScore}`,
    unknownWordScore !== undefined &&
      unknownWordScore <= UNKNOWN_WORD_SCORES.at(-1)! &&
      `unknownWordScore ${unknownWordScore}`,
  ];
  return edges.filter((edge) => edge !== false);
}

class TuningSearch {
  best: Trial | undefined;
  readonly #tried = new Set<string>();

  constructor(
    readonly utterances: readonly StoredUtterance[],
    readonly options: TuneOptions,
  ) {}

  attempt(exactWeight: number, exactScore: number, unknownWordScore: number | undefined): void {
    const lmWeight = Math.max(0, Number(exactWeight.toFixed(3)));
    const wordScore = Number(exactScore.toFixed(3));
    const key = `${lmWeight} ${wordScore} ${unknownWordScore}`;
    if (this.#tried.has(key) || (this.best && this.options.shouldStop?.())) return;
    this.#tried.add(key);
    const { alphabet, languageModel, frameSeconds, beamSize, onTrial } = this.options;
    const scores = { lmWeight, wordScore, ...(unknownWordScore !== undefined && { unknownWordScore }) };
    const decode = beamDecode(alphabet, { languageModel, frameSeconds, beamSize, ...scores });
    const pairs = this.utterances.map(({ reference, emissions }) => ({
      reference,
      hypothesis: decode(emissions).text,
    }));
    const trial = { ...scores, rates: corpusErrorRates(pairs) };
    if (!this.best || isLower(trial, this.best)) this.best = trial;
    onTrial?.(trial, this.#tried.size);
  }
}

function isLower(a: Trial, b: Trial): boolean {
  return a.rates.wer < b.rates.wer || (a.rates.wer === b.rates.wer && a.rates.cer < b.rates.cer);
}
