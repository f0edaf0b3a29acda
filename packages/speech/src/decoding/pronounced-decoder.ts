/**
 * The beam search over phones, for models that write them: it finds the words of a pronouncing lexicon, and answers with
 * letters as the search over letters does. What sounds alike is told apart by the language model.
 */
import { SpeechError } from "../errors.js";
import { phoneAlphabet } from "../pronunciation/phones.js";
import { type Alphabet, encodeText } from "../text/alphabet.js";
import { type BeamSearchOptions, resolveBeamSearchOptions } from "./beam-search-options.js";
import { type Emissions, phoneEmissions } from "./emissions.js";
import { type BeamSearchDecoder, PrefixDecoder } from "./prefix-decoder.js";
import { PronouncedHotWords } from "./pronounced-hot-words.js";
import { PronouncedModel, type Spelling } from "./pronounced-model.js";
import { logSum } from "./search-result.js";
import type { TimedCharacter, TimedHypothesis, TimedWord } from "./timed-word.js";

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
  readonly #hotWords: PronouncedHotWords;
  readonly #lmWeight: number;
  readonly #nBest: number;
  readonly #decoder: PrefixDecoder;

  constructor(alphabet: Alphabet, options: PronouncedSearchOptions) {
    for (const name of ["lexicon", "unknownWordScore"] as const) {
      if (options[name] === undefined) continue;
      const reason = "where words are found by their pronunciations: those of the language model are the only ones";
      throw new SpeechError("invalid-option", `${name} has no effect ${reason}`);
    }
    const { languageModel: model, hotWords = [], nBest = 1 } = options;
    this.#alphabet = alphabet;
    this.#model = model;
    this.#hotWords = new PronouncedHotWords(hotWords, model, alphabet);
    const search = {
      ...options,
      lexicon: model.lexicon,
      hotWords: this.#hotWords.spoken,
      nBest: nBest === 1 ? 1 : HYPOTHESES_PER_TEXT * nBest,
    };
    this.#lmWeight = resolveBeamSearchOptions(search, phoneAlphabet).lmWeight;
    this.#nBest = nBest;
    this.#decoder = new PrefixDecoder(phoneAlphabet, search);
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
    const isWord = last === undefined || this.#model.lexicon.has(last) || this.#hotWords.has(last);
    return this.#spelt(isWord ? spoken : withoutLast(spoken), false);
  }

  /** Words are stable when no phrase can have begun with them that is not all spoken yet. */
  stableText(): string {
    const text = this.#decoder.stableText();
    const spoken = text === "" ? [] : text.split(" ");
    const { words } = this.#spell(spoken);
    return words.slice(0, Math.max(0, words.length - Math.max(0, this.#hotWords.longest - 1))).join(" ");
  }

  decide(undecidedTokens: number): void {
    this.#decoder.decide(undecidedTokens);
  }

  end(): TimedHypothesis {
    return this.#spelt(this.#decoder.end(), true);
  }

  /** Pronunciations of one text are one hypothesis, so that there may be fewer than were asked for. */
  endNBest(): TimedHypothesis[] {
    const texts = new Map<string, TimedHypothesis>();
    for (const spoken of this.#decoder.endNBest()) {
      const found = this.#spelt(spoken, true);
      const known = texts.get(found.text);
      texts.set(found.text, known ? { ...known, score: logSum(known.score, found.score) } : found);
    }
    return [...texts.values()].sort((a, b) => b.score - a.score).slice(0, this.#nBest);
  }

  #spell(spoken: readonly string[]): Spelling {
    return this.#model.spell(spoken, this.#lmWeight, this.#hotWords.wantedAmong(spoken));
  }

  #spelt(spoken: TimedHypothesis, isEnd: boolean): TimedHypothesis {
    const { words, lmScore, endScore } = this.#spell(spoken.words);
    const text = words.join(" ");
    return {
      ...spoken,
      ...{ text, words, tokenIds: encodeText(text, this.#alphabet) },
      lmScore: isEnd ? lmScore + endScore : lmScore,
      timedWords: spoken.timedWords.map((timed, i) => speltWord(timed, words[i] as string)),
    };
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
    const [from, to] = [phones[first], phones[last]] as [TimedCharacter, TimedCharacter];
    return { character, startSeconds: from.startSeconds, endSeconds: to.endSeconds };
  });
  return { ...spoken, word, characters };
}
