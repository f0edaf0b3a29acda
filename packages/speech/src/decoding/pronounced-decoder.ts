/**
 * The beam search over phones, for models that write them: it finds the words of a pronouncing lexicon, and answers with
 * letters as the search over letters does. What sounds alike is told apart by the language model.
 */
import { SpeechError } from "../errors.js";
import { phoneAlphabet } from "../pronunciation/phones.js";
import { type Alphabet, encodeText } from "../text/alphabet.js";
import type { BeamSearchOptions } from "./beam-search-options.js";
import { type Emissions, phoneEmissions } from "./emissions.js";
import type { HotWord } from "./hot-words.js";
import { type BeamSearchDecoder, PrefixDecoder } from "./prefix-decoder.js";
import { PronouncedModel, type WantedWord } from "./pronounced-model.js";
import type { TimedHypothesis, TimedWord } from "./timed-word.js";

/** Of a hot word with many pronunciations, those of its words combined, so many are listened for. */
const MOST_PRONUNCIATIONS = 16;
/** A text may be found in several pronunciations: so many more hypotheses are asked for. */
const HYPOTHESES_PER_TEXT = 4;

/** Options of a search over phones. */
type PronouncedSearchOptions = BeamSearchOptions & { languageModel: PronouncedModel };

export function isPronounced(options: BeamSearchOptions): options is PronouncedSearchOptions {
  return options.languageModel instanceof PronouncedModel;
}

/** Its `step` takes the whole output of a model that writes phones; only the language model's words and hot words are written. */
export class PronouncedDecoder implements BeamSearchDecoder {
  readonly #alphabet: Alphabet;
  readonly #model: PronouncedModel;
  readonly #wanted: ReadonlyMap<string, readonly WantedWord[]>;
  readonly #decoder: PrefixDecoder;
  readonly #nBest: number;

  constructor(alphabet: Alphabet, options: PronouncedSearchOptions) {
    for (const name of ["lexicon", "unknownWordScore"] as const) {
      if (options[name] === undefined) continue;
      const reason = "where words are found by their pronunciations: those of the language model are the only ones";
      throw new SpeechError("invalid-option", `${name} has no effect ${reason}`);
    }
    const { languageModel, hotWords = [], nBest = 1 } = options;
    const spoken = hotWords.map((hotWord) => spokenPhrases(hotWord, languageModel));
    this.#alphabet = alphabet;
    this.#model = languageModel;
    this.#nBest = nBest;
    this.#wanted = wantedWords(hotWords, languageModel);
    this.#decoder = new PrefixDecoder(phoneAlphabet, {
      ...options,
      lexicon: languageModel.lexicon,
      hotWords: [...new Map(spoken.flat().map((hotWord) => [hotWord.phrase, hotWord])).values()],
      nBest: nBest === 1 ? 1 : HYPOTHESES_PER_TEXT * nBest,
    });
  }

  begin(): void {
    this.#decoder.begin();
  }

  step(output: Emissions): void {
    this.#decoder.step(phoneEmissions(output, this.#alphabet));
  }

  /** What is heard of a word that may go on is told where it is a word already. */
  partial(): TimedHypothesis {
    const spoken = this.#decoder.partial();
    const last = spoken.words.at(-1);
    const isWord = last === undefined || this.#model.lexicon.has(last) || this.#wanted.has(last);
    return this.#spelt(isWord ? spoken : withoutLast(spoken));
  }

  stableText(): string {
    const spoken = this.#decoder.stableText();
    return spoken === "" ? "" : this.#model.spell(spoken.split(" "), this.#wanted).join(" ");
  }

  decide(undecidedTokens: number): void {
    this.#decoder.decide(undecidedTokens);
  }

  end(): TimedHypothesis {
    return this.#spelt(this.#decoder.end());
  }

  endNBest(): TimedHypothesis[] {
    const texts = new Map<string, TimedHypothesis>();
    for (const spoken of this.#decoder.endNBest()) {
      const hypothesis = this.#spelt(spoken);
      if (!texts.has(hypothesis.text)) texts.set(hypothesis.text, hypothesis);
    }
    return [...texts.values()].slice(0, this.#nBest);
  }

  #spelt(spoken: TimedHypothesis): TimedHypothesis {
    const words = this.#model.spell(spoken.words, this.#wanted);
    const text = words.join(" ");
    const timedWords = spoken.timedWords.map((timed, i) => speltWord(timed, words[i] as string));
    return { ...spoken, text, words, tokenIds: encodeText(text, this.#alphabet), timedWords };
  }
}

function withoutLast(spoken: TimedHypothesis): TimedHypothesis {
  const words = spoken.words.slice(0, -1);
  return { ...spoken, words, timedWords: spoken.timedWords.slice(0, words.length) };
}

/** A word's letters share the times of its phones. */
function speltWord(spoken: TimedWord, word: string): TimedWord {
  const letters = [...word];
  const phones = spoken.characters;
  const characters = letters.map((character, i) => {
    const first = Math.floor((i * phones.length) / letters.length);
    const last = Math.max(first, Math.floor(((i + 1) * phones.length) / letters.length) - 1);
    const [from, to] = [phones[first], phones[last]] as [(typeof phones)[number], (typeof phones)[number]];
    return { character, startSeconds: from.startSeconds, endSeconds: to.endSeconds };
  });
  return { ...spoken, word, characters };
}

/** A hot word in its pronunciations. */
function spokenPhrases({ phrase, weight }: HotWord, model: PronouncedModel): HotWord[] {
  let phrases = [""];
  for (const word of wordsOf(phrase)) {
    const spoken = model.pronunciationsOf(word);
    if (spoken.length === 0) throw new SpeechError("invalid-option", `hot word "${phrase}" has no pronunciation`);
    phrases = phrases.flatMap((start) => spoken.map((phones) => (start === "" ? phones : `${start} ${phones}`)));
    phrases = phrases.slice(0, MOST_PRONUNCIATIONS);
  }
  return phrases.map((spoken) => ({ phrase: spoken, weight }));
}

/** The words of hot words by their pronunciations: each shares its phrase's weight, and is written rather than what sounds alike. */
function wantedWords(hotWords: readonly HotWord[], model: PronouncedModel): Map<string, WantedWord[]> {
  const wanted = new Map<string, WantedWord[]>();
  for (const { phrase, weight } of hotWords) {
    const words = wordsOf(phrase);
    for (const word of words) {
      for (const phones of model.pronunciationsOf(word)) {
        const alike = wanted.get(phones) ?? [];
        wanted.set(phones, [...alike, { word, bonus: weight / words.length }]);
      }
    }
  }
  return wanted;
}

function wordsOf(phrase: string): string[] {
  return phrase.split(" ").filter((word) => word !== "");
}
