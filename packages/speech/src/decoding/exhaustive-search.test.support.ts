/**
 * Decoding by trying every path: hopelessly slow, and too simple to be wrong. Shares no code with the beam search but the
 * spelling of unknown words.
 */

import type { LanguageModel, LmState } from "../language-model/types.js";
import type { SeededRandom } from "../seeded-random.test.support.js";
import { type Alphabet, encodeText } from "../text/alphabet.js";
import type { Emissions } from "./emissions.js";
import { SpellingModel } from "./spelling-model.js";

export interface ExhaustiveOptions {
  languageModel?: LanguageModel;
  lmWeight?: number;
  wordScore?: number;
  unknownWordScore?: number;
  lexicon?: ReadonlySet<string>;
  hotWords?: readonly { phrase: string; weight: number }[];
}

export interface ScoredText {
  text: string;
  score: number;
  acousticScore: number;
  lmScore: number;
}

/** Random log-probabilities; `sharpness` above 1 makes them peakier. */
export function randomEmissions(random: SeededRandom, numFrames: number, numTokens: number, sharpness = 1): Emissions {
  const logProbs = new Float32Array(numFrames * numTokens);
  for (let start = 0; start < logProbs.length; start += numTokens) {
    const weights = Array.from({ length: numTokens }, () => (random.next() + 1e-6) ** sharpness);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [id, weight] of weights.entries()) logProbs[start + id] = Math.log(weight / total);
  }
  return { logProbs, numFrames, numTokens };
}

export function sliceFrames({ logProbs, numTokens }: Emissions, from: number, to: number): Emissions {
  return { logProbs: logProbs.slice(from * numTokens, to * numTokens), numFrames: to - from, numTokens };
}

/** A bigram model with random probabilities that never sum to 1: a decoder must not care. */
export class RandomBigramModel implements LanguageModel {
  readonly order = 2;
  readonly unknownId = 0;
  nextState: LmState = 0;
  readonly #vocabulary: readonly string[];
  readonly #logProbs: readonly (readonly number[])[];

  constructor(vocabulary: readonly string[], random: SeededRandom) {
    this.#vocabulary = vocabulary;
    const size = vocabulary.length + 2; // the unknown word, the words, the end; rows by the word before, 0 being the start
    this.#logProbs = Array.from({ length: size }, () => Array.from({ length: size }, () => -6 * random.next()));
  }

  wordId(word: string): number {
    return this.#vocabulary.indexOf(word) + 1;
  }

  begin(): LmState {
    return this.#vocabulary.length + 1;
  }

  score(state: LmState, wordId: number): number {
    this.nextState = wordId;
    return this.#logProbs[state]?.[wordId] as number;
  }

  end(state: LmState): number {
    return this.#logProbs[state]?.[this.#vocabulary.length + 1] as number;
  }

  words(): Iterable<string> {
    return this.#vocabulary;
  }
}

/** Every text the emissions allow, best first. */
export function exhaustiveSearch(emissions: Emissions, alphabet: Alphabet, options: ExhaustiveOptions): ScoredText[] {
  const masses = new Map<string, number>();
  const { logProbs, numFrames, numTokens } = emissions;
  const path: number[] = [];
  const visit = (logMass: number): void => {
    if (path.length === numFrames) {
      const text = textOf(path, alphabet);
      masses.set(text, (masses.get(text) ?? 0) + Math.exp(logMass));
      return;
    }
    for (let id = 0; id < numTokens; id++) {
      const logProb = logProbs[path.length * numTokens + id] as number;
      path.push(id);
      visit(logMass + logProb);
      path.pop();
    }
  };
  visit(0);
  const words = [...(options.lexicon ?? options.languageModel?.words() ?? [])];
  const spell = (word: string) => encodeText(`${word} `, alphabet);
  const spelling = new SpellingModel(
    words.map((word) => encodeText(word, alphabet)),
    alphabet,
  );
  const symbolBonus = options.languageModel ? expectedBonus(options.languageModel, words, spelling) : 0;
  return [...masses]
    .map(([text, mass]) => scoreText(text, Math.log(mass), options, { spelling, spell, symbolBonus }))
    .filter(({ score }) => score > Number.NEGATIVE_INFINITY)
    .sort((a, b) => b.score - a.score);
}

function textOf(path: readonly number[], { tokens, blankId }: Alphabet): string {
  const collapsed = path.filter((id, at) => id !== path[at - 1] && id !== blankId);
  return collapsed
    .map((id) => tokens[id])
    .join("")
    .replace(/ +/g, " ")
    .trim();
}

interface Speller {
  spelling: SpellingModel;
  /** The letters of a word, and the space that ends it. */
  spell: (word: string) => number[];
  /** For each letter and each end of a word, before the language model's weight. */
  symbolBonus: number;
}

/** The lesser of a symbol's mean cost as spelling, and one and a half times that in running text without context. */
function expectedBonus(model: LanguageModel, words: readonly string[], spelling: SpellingModel): number {
  model.score(model.begin(), model.unknownId);
  const state = model.nextState;
  const logProbs = words.map((word) => model.score(state, model.wordId(word)));
  const cost = logProbs.reduce((sum, logProb) => sum - logProb * Math.exp(logProb), 0);
  const symbols = logProbs.reduce((sum, logProb, i) => sum + Math.exp(logProb) * ((words[i] as string).length + 1), 0);
  return Math.min(spelling.meanCost, (1.5 * cost) / symbols);
}

function scoreText(
  text: string,
  acousticScore: number,
  options: ExhaustiveOptions,
  { spelling, spell, symbolBonus }: Speller,
): ScoredText {
  const { languageModel, lmWeight = 0, wordScore = 0, unknownWordScore = 0, lexicon, hotWords = [] } = options;
  const words = text.split(" ").filter((word) => word !== "");
  const hot = new Set(hotWords.flatMap(({ phrase }) => phrase.split(" ")));
  let lmScore = 0;
  let bonus = 0;
  let state = languageModel?.begin() ?? 0;
  for (const word of words) {
    bonus += wordScore;
    if (lexicon !== undefined && !lexicon.has(word) && !hot.has(word)) bonus = Number.NEGATIVE_INFINITY;
    if (languageModel === undefined) continue;
    const id = languageModel.wordId(word);
    const isUnknown = id === languageModel.unknownId;
    const logProb = languageModel.score(state, id);
    state = languageModel.nextState;
    lmScore += isUnknown ? logProbOfSpelling(spell(word), spelling) : logProb;
    bonus += lmWeight * symbolBonus * spell(word).length;
    if (isUnknown && !hot.has(word)) bonus += unknownWordScore;
  }
  lmScore += languageModel?.end(state) ?? 0;
  for (const { phrase, weight } of hotWords) bonus += weight * countPhrase(words, phrase.split(" "));
  return { text, acousticScore, lmScore, score: acousticScore + lmWeight * lmScore + bonus };
}

function logProbOfSpelling(tokenIds: readonly number[], spelling: SpellingModel): number {
  let state = spelling.start;
  let sum = 0;
  for (const token of tokenIds) {
    sum += spelling.logProb(state, token);
    state = spelling.next(state, token);
  }
  return sum;
}

function countPhrase(words: readonly string[], phrase: readonly string[]): number {
  return words.filter((_, at) => phrase.every((word, offset) => words[at + offset] === word)).length;
}
