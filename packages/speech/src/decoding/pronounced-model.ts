/**
 * A language model whose words are told by how they are spoken, so that a search over phones can ask it: for it a word is a
 * pronunciation, and stands for the likeliest of all words that are spoken so. With it the search's lexicon is a
 * pronouncing one, as in Y. Miao, M. Gowayyed and F. Metze, "EESEN: End-to-end speech recognition using deep RNN models and
 * WFST-based decoding", ASRU 2015, arXiv:1507.08240; but no graph is composed, the trie and the model are asked as the
 * search goes.
 */

import { SpeechError } from "../errors.js";
import type { LanguageModel, LmState } from "../language-model/types.js";
import { soundOf } from "../pronunciation/letters-to-phones.js";
import { phoneAlphabet } from "../pronunciation/phones.js";
import { Lexicon } from "./lexicon.js";

/** A word that is wanted, or not, and what that adds to its score among words that are spoken alike. */
export interface WantedWord {
  readonly word: string;
  readonly bonus: number;
}

/** Words, what the language model says of them, and of the text's end behind them; natural logarithms. */
export interface Spelling {
  readonly words: string[];
  readonly lmScore: number;
  readonly endScore: number;
}

/** The pronunciations of a model's words, as text: one word's a line, between spaces, in the order of `model.words()`. */
export function pronunciationLines(model: LanguageModel, pronounce: (word: string) => readonly string[]): string {
  let lines = "";
  for (const word of model.words()) lines += `${pronounce(word).join(" ")}\n`;
  return lines;
}

/** Its states are those of the model that it asks. */
export class PronouncedModel implements LanguageModel {
  readonly order: number;
  readonly unknownId: number;
  nextState: LmState = 0;
  readonly #model: LanguageModel;
  /** By the model's id of a word. */
  readonly #words: string[] = [];
  readonly #pronunciations: string[] = [];
  /** A pronunciation's id is the place of the first word that is spoken so. */
  readonly #ids = new Map<string, number>();
  /** By place: the model's id of a word, and the place of the next that is spoken so; -1 behind the last. */
  readonly #wordIds: Int32Array;
  readonly #next: Int32Array;
  #lexicon: Lexicon | undefined;

  /**
   * @param lines see `pronunciationLines`
   * @throws SpeechError `invalid-lexicon` where they are not as many as the model's words, or none of them has phones
   */
  constructor(model: LanguageModel, lines: string) {
    this.#model = model;
    this.order = model.order;
    const given = lines.split("\n");
    let numLines = 0;
    const wordIds: number[] = [];
    const next: number[] = [];
    const last = new Map<string, number>();
    for (const word of model.words()) {
      const spoken = given[numLines++] ?? "";
      const wordId = model.wordId(word);
      this.#words[wordId] = word;
      this.#pronunciations[wordId] = spoken;
      for (const phones of spoken.split(" ")) {
        if (phones === "") continue;
        const place = wordIds.push(wordId) - 1;
        next.push(-1);
        const before = last.get(phones);
        if (before === undefined) this.#ids.set(phones, place);
        else next[before] = place;
        last.set(phones, place);
      }
    }
    if (given.length !== numLines + 1) {
      const message = `there are pronunciations of ${given.length - 1} words, and the language model has ${numLines}`;
      throw new SpeechError("invalid-lexicon", message);
    }
    if (wordIds.length === 0) {
      throw new SpeechError("invalid-lexicon", "no word of the language model has an English pronunciation");
    }
    this.#wordIds = Int32Array.from(wordIds);
    this.#next = Int32Array.from(next);
    this.unknownId = wordIds.length;
  }

  /** All pronunciations: the only words of a search, but for hot words. */
  get lexicon(): Lexicon {
    this.#lexicon ??= new Lexicon(this.words(), phoneAlphabet);
    return this.#lexicon;
  }

  /** @param word a pronunciation */
  wordId(word: string): number {
    return this.#ids.get(word) ?? this.unknownId;
  }

  begin(): LmState {
    return this.#model.begin();
  }

  score(state: LmState, wordId: number): number {
    let best = Number.NEGATIVE_INFINITY;
    for (let place = wordId === this.unknownId ? -1 : wordId; place !== -1; place = this.#next[place] as number) {
      const score = this.#model.score(state, this.#wordIds[place] as number);
      if (score <= best) continue;
      best = score;
      this.nextState = this.#model.nextState;
    }
    if (wordId !== this.unknownId) return best;
    const score = this.#model.score(state, this.#model.unknownId);
    this.nextState = this.#model.nextState;
    return score;
  }

  end(state: LmState): number {
    return this.#model.end(state);
  }

  /** Every pronunciation, once. */
  words(): Iterable<string> {
    return this.#ids.keys();
  }

  /** Whether no other word of the vocabulary is spoken so. */
  isAlone(word: string, spoken: string): boolean {
    const wordId = this.#model.wordId(word);
    for (let place = this.#ids.get(spoken) ?? -1; place !== -1; place = this.#next[place] as number) {
      if (this.#wordIds[place] !== wordId) return false;
    }
    return true;
  }

  /** How a word in letters is spoken: as the vocabulary has it, or else as its letters sound; none where they are not English. */
  pronunciationsOf(word: string): readonly string[] {
    const known = this.#pronunciations[this.#model.wordId(word)];
    if (known) return known.split(" ");
    const guess = soundOf(word);
    return guess === undefined ? [] : [guess];
  }

  /**
   * The words of spoken ones. Each is chosen by those before it, as `score` does, so that what follows changes none.
   *
   * @param lmWeight what the model says is multiplied by this, beside what wanted words have
   * @param wanted words that may be chosen besides, or rather, at each place
   */
  spell(spoken: readonly string[], lmWeight = 1, wanted: readonly (readonly WantedWord[])[] = []): Spelling {
    let state = this.begin();
    let lmScore = 0;
    const words = spoken.map((phones, at) => {
      const bonuses = new Map<string, number>();
      for (const { word, bonus } of wanted[at] ?? []) bonuses.set(word, bonus + (bonuses.get(word) ?? 0));
      let chosen = { word: "", total: Number.NEGATIVE_INFINITY, score: Number.NEGATIVE_INFINITY, state };
      const consider = (word: string, wordId: number) => {
        const score = this.#model.score(state, wordId);
        const total = lmWeight * score + (bonuses.get(word) ?? 0);
        if (total < chosen.total || (total === chosen.total && score <= chosen.score)) return;
        chosen = { word, total, score, state: this.#model.nextState };
      };
      for (let place = this.#ids.get(phones) ?? -1; place !== -1; place = this.#next[place] as number) {
        const wordId = this.#wordIds[place] as number;
        consider(this.#words[wordId] as string, wordId);
      }
      for (const word of bonuses.keys()) consider(word, this.#model.wordId(word));
      state = chosen.state;
      lmScore += chosen.score;
      return chosen.word;
    });
    return { words, lmScore, endScore: this.end(state) };
  }
}
