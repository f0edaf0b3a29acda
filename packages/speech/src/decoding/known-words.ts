/**
 * What a language model's vocabulary tells of a word before it ends: which letters may go on, how likely the best word is
 * that they lead to, and how likely a word is spelt so that the model has never seen.
 *
 * Without the second a word would cost nothing until its last letter and all at once there, so that prefixes which have
 * just paid were dropped from the beam for others which have yet to. This is language-model look-ahead (Ortmanns, Ney &
 * Eiden, "Language-Model Look-Ahead for Large Vocabulary Speech Recognition", ICSLP 1996), by unigrams.
 */

import type { LanguageModel } from "../language-model/types.js";
import type { Alphabet } from "../text/alphabet.js";
import { Lexicon } from "./lexicon.js";
import { SpellingModel } from "./spelling-model.js";

/** Log-probabilities are natural, and before any weight. */
export interface KnownWords {
  /** The words allowed where there is a lexicon, else the model's. */
  readonly lexicon: Lexicon;
  readonly spelling: SpellingModel;
  /** See `wordIdsOf`. */
  readonly wordIds: Int32Array;
  /** By node of the lexicon: of the likeliest word through it, in no context; at least `LEAST_LOOK_AHEAD`. */
  readonly lookAhead: Float32Array;
  /**
   * What makes up for the dislike of long texts, for each letter and each end of a word. It is what they cost on average:
   * in running text without context, times a ratio, or as spelling if that is less. With less, high weights of the model
   * lose words, with more they invent them.
   */
  readonly symbolBonus: number;
}

/** Held words in place on the sample corpus best, with 600 known words and with 8,000: see bench/decoding. */
const SYMBOL_BONUS_RATIO = 1.5;

/** What was charged in advance comes back as a factor when the word ends: with more it could overflow. */
const LEAST_LOOK_AHEAD = -12;

interface Kept {
  alphabet: Alphabet;
  lexicon: Lexicon | undefined;
  known: KnownWords;
}

// Decoders come and go with requests, so it is kept as long as the model.
const kept = new WeakMap<LanguageModel, Kept>();

/**
 * @param lexicon the only words allowed, if not every spelling is
 * @throws SpeechError `invalid-lexicon` where the alphabet can spell none of the model's words
 */
export function knownWords(model: LanguageModel, alphabet: Alphabet, lexicon?: Lexicon): KnownWords {
  const last = kept.get(model);
  if (last?.alphabet === alphabet && last.lexicon === lexicon) return last.known;
  const known = gather(model, lexicon ?? new Lexicon(model.words(), alphabet), alphabet);
  kept.set(model, { alphabet, lexicon, known });
  return known;
}

function gather(model: LanguageModel, lexicon: Lexicon, alphabet: Alphabet): KnownWords {
  const spelling = new SpellingModel(spellings(lexicon), alphabet);
  // What follows a word that it has never seen, a model foretells without context.
  model.score(model.begin(), model.unknownId);
  const state = model.nextState;
  const wordIds = wordIdsOf(lexicon, model, alphabet);
  const lookAhead = new Float32Array(lexicon.numNodes).fill(LEAST_LOOK_AHEAD);
  const usual = { cost: 0, symbols: 0 };
  for (let node = lexicon.numNodes - 1; node > 0; node--) {
    if (lexicon.isWord(node)) {
      const logProb = model.score(state, wordIds[node] as number);
      usual.cost -= Math.exp(logProb) * logProb;
      usual.symbols += Math.exp(logProb) * (lexicon.spelling(node).length + 1);
      raise(lookAhead, node, logProb);
    }
    raise(lookAhead, lexicon.parent(node), lookAhead[node] as number);
  }
  const symbolBonus = Math.min(spelling.meanCost, (SYMBOL_BONUS_RATIO * usual.cost) / usual.symbols);
  return { lexicon, spelling, wordIds, lookAhead, symbolBonus };
}

/** By node of `lexicon`: the model's id of the word that ends there, or that of unknown words. */
export function wordIdsOf(lexicon: Lexicon, model: LanguageModel, alphabet: Alphabet): Int32Array {
  const wordIds = new Int32Array(lexicon.numNodes).fill(model.unknownId);
  for (let node = 1; node < lexicon.numNodes; node++) {
    if (!lexicon.isWord(node)) continue;
    const letters = lexicon.spelling(node).map((id) => alphabet.tokens[id]);
    wordIds[node] = model.wordId(letters.join(""));
  }
  return wordIds;
}

function raise(values: Float32Array, at: number, value: number): void {
  if (value > (values[at] as number)) values[at] = value;
}

function* spellings(lexicon: Lexicon): Generator<number[]> {
  for (let node = 1; node < lexicon.numNodes; node++) if (lexicon.isWord(node)) yield lexicon.spelling(node);
}
