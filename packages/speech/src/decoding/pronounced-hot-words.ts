/**
 * Hot words of a search over phones. What is favoured while searching is how they are spoken; whether they or words that
 * sound alike are written is weighed when the words are spelt, and a phrase's words count only where all of it is spoken.
 */
import { SpeechError } from "../errors.js";
import type { Alphabet } from "../text/alphabet.js";
import { checkPhrase, type HotWord } from "./hot-words.js";
import type { PronouncedModel, WantedWord } from "./pronounced-model.js";

interface SpokenPhrase {
  readonly words: readonly string[];
  /** Of each word. */
  readonly pronunciations: readonly (readonly string[])[];
  readonly weight: number;
}

/** Of the ways in which a phrase can be spoken, so many are listened for. */
const MOST_PRONUNCIATIONS = 16;

export class PronouncedHotWords {
  /** For the search: phrases in phones. */
  readonly spoken: readonly HotWord[];
  /** Words of the longest phrase; 0 where there is none. */
  readonly longest: number;
  /** By the pronunciations of their first words. */
  readonly #phrases = new Map<string, SpokenPhrase[]>();
  /** Of all phrases, by pronunciation. */
  readonly #words = new Map<string, Set<string>>();
  readonly #model: PronouncedModel;

  /**
   * @param alphabet of their letters
   * @throws SpeechError for phrases that cannot be spelt or spoken, and weights beyond what is allowed
   */
  constructor(hotWords: readonly HotWord[], model: PronouncedModel, alphabet: Alphabet) {
    const phrases = spokenPhrases(hotWords, model, alphabet);
    for (const phrase of phrases) {
      for (const first of new Set(phrase.pronunciations[0])) {
        this.#phrases.set(first, [...(this.#phrases.get(first) ?? []), phrase]);
      }
      for (const [i, word] of phrase.words.entries()) {
        for (const spoken of phrase.pronunciations[i] ?? []) {
          this.#words.set(spoken, (this.#words.get(spoken) ?? new Set()).add(word));
        }
      }
    }
    this.#model = model;
    this.spoken = searched(phrases, model);
    this.longest = phrases.reduce((most, { words }) => Math.max(most, words.length), 0);
  }

  /** Whether a word of theirs is spoken so. */
  has(spoken: string): boolean {
    return this.#words.has(spoken);
  }

  /**
   * At each place the words of phrases that are spoken there, each with its share of the weight; and those of others, with
   * none, where no word of the vocabulary is spoken so.
   */
  wantedAmong(spoken: readonly string[]): WantedWord[][] {
    const wanted = spoken.map((own): WantedWord[] => {
      const words = this.#words.get(own);
      if (words === undefined || this.#model.lexicon.has(own)) return [];
      return [...words].map((word) => ({ word, bonus: 0 }));
    });
    for (const [at, first] of spoken.entries()) {
      for (const { words, pronunciations, weight } of this.#phrases.get(first) ?? []) {
        if (!pronunciations.every((own, i) => own.includes(spoken[at + i] as string))) continue;
        for (const [i, word] of words.entries()) wanted[at + i]?.push({ word, bonus: weight / words.length });
      }
    }
    return wanted;
  }
}

/** Phrases that are written alike are one, whose weights add up. */
function spokenPhrases(hotWords: readonly HotWord[], model: PronouncedModel, alphabet: Alphabet): SpokenPhrase[] {
  const phrases = new Map<string, SpokenPhrase>();
  for (const { phrase, weight } of hotWords) {
    const words = checkPhrase(phrase, weight, alphabet);
    const pronunciations = words.map((word) => model.pronunciationsOf(word));
    if (words.length === 0 || pronunciations.some(({ length }) => length === 0)) {
      throw new SpeechError("invalid-option", `hot word "${phrase}" has no pronunciation; leave it out`);
    }
    const key = words.join(" ");
    phrases.set(key, { words, pronunciations, weight: weight + (phrases.get(key)?.weight ?? 0) });
  }
  return [...phrases.values()];
}

/**
 * What the search favours: of phrases that are spoken alike the weightiest. One that is not wanted leaves what sounds alike
 * as it is: only if no other word is spoken so, the search can avoid it.
 */
function searched(phrases: readonly SpokenPhrase[], model: PronouncedModel): HotWord[] {
  const weights = new Map<string, number>();
  for (const { words, pronunciations, weight } of phrases) {
    const isAlone = words.every((word, i) => pronunciations[i]?.every((own) => model.isAlone(word, own)));
    if (weight < 0 && !isAlone) continue;
    for (const spoken of combined(pronunciations)) {
      weights.set(spoken, Math.max(weight, weights.get(spoken) ?? Number.NEGATIVE_INFINITY));
    }
  }
  return [...weights].map(([phrase, weight]) => ({ phrase, weight }));
}

function combined(pronunciations: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = pronunciations;
  return others.reduce<string[]>(
    (starts, next) =>
      starts.flatMap((start) => next.map((spoken) => `${start} ${spoken}`)).slice(0, MOST_PRONUNCIATIONS),
    [...first],
  );
}
