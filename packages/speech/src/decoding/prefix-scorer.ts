/**
 * Everything in a prefix's score that is not acoustic: language model, word score, lexicon, hot words. All of it
 * depends on the prefix alone and not on its alignment, so it is worked out once per prefix and kept in the trie; in
 * the search it is one factor to the mass.
 */

import type { LanguageModel } from "../language-model/types.js";
import type { Alphabet } from "../text/alphabet.js";
import type { BeamSearchSettings } from "./beam-search-options.js";
import { HotWordAutomaton } from "./hot-words.js";
import { type KnownWords, knownWords, wordIdsOf } from "./known-words.js";
import { Lexicon } from "./lexicon.js";
import { NOT_SCORED, type PrefixTrie } from "./prefix-trie.js";
import { futureAfter, futureAtWordStart } from "./recombination.js";

/** What the end of the text adds to a hypothesis. */
export interface Closing {
  /** Natural log; minus infinity where the text may not end here. */
  bonus: number;
  /** The language model's log-probability in it, before any weight. */
  lmScore: number;
}

/** Scores the prefixes of one trie. */
export class PrefixScorer {
  readonly hot: HotWordAutomaton | undefined;
  readonly #trie: PrefixTrie;
  readonly #settings: BeamSearchSettings;
  readonly #spaceId: number;
  readonly #model: LanguageModel | undefined;
  /** Where there is a language model. */
  readonly #known: KnownWords | undefined;
  /** The words allowed, or else the words that the language model knows. */
  readonly #lexicon: Lexicon | undefined;
  /** Natural log: what makes up for the language model's dislike of long texts, for each letter and each end of a word. */
  readonly #symbolBonus: number;
  /** `exp` of it: the factor to a mass that every letter gives, whatever else `letterGain` says. */
  readonly letterBonus: number;
  /** The words of hot words, which are as good as the lexicon's. */
  readonly #hotLexicon: Lexicon | undefined;
  readonly #hotWordIds: Int32Array | undefined;

  constructor(trie: PrefixTrie, settings: BeamSearchSettings, alphabet: Alphabet) {
    this.#trie = trie;
    this.#settings = settings;
    this.#spaceId = alphabet.tokens.indexOf(" ");
    this.#model = settings.languageModel;
    this.#known = this.#model && knownWords(this.#model, alphabet, settings.lexicon);
    this.#lexicon = settings.lexicon ?? this.#known?.lexicon;
    this.#symbolBonus = settings.lmWeight * (this.#known?.symbolBonus ?? 0);
    this.letterBonus = Math.exp(this.#symbolBonus);
    if (settings.hotWords.length === 0) return;
    this.hot = new HotWordAutomaton(settings.hotWords, alphabet);
    if (this.#lexicon !== undefined) this.#hotLexicon = new Lexicon(this.hot.words, alphabet);
    if (this.#hotLexicon && this.#model) this.#hotWordIds = wordIdsOf(this.#hotLexicon, this.#model, alphabet);
  }

  /** Scores the empty prefix of a trie just reset. */
  begin(): void {
    const trie = this.#trie;
    trie.lmState[0] = this.#model?.begin() ?? 0;
    trie.hotState[0] = this.hot?.start ?? 0;
    trie.lexiconNode[0] = 0;
    trie.hotLexiconNode[0] = 0;
    trie.advanced[0] = 0;
    trie.spelling[0] = 0;
    trie.spellingState[0] = this.#known?.spelling.start ?? 0;
    trie.lmScore[0] = 0;
    trie.gain[0] = 1;
    trie.future[0] = 0;
    trie.bonus[0] = this.hot === undefined ? 0 : (this.hot.share[this.hot.start] as number);
  }

  /** The factor to the mass of `node` if its word ends here; 0 where it may not. */
  wordGain(node: number): number {
    const known = this.#trie.wordGain[node] as number;
    return known === NOT_SCORED ? this.#scoreWord(node) : known;
  }

  #scoreWord(node: number): number {
    const trie = this.#trie;
    let bonus = this.#settings.wordScore + this.#symbolBonus - (trie.advanced[node] as number);
    let lmScore = 0;
    if (this.#settings.lexicon !== undefined && !this.#isInLexicon(node)) {
      bonus = Number.NEGATIVE_INFINITY;
    } else if (this.#model !== undefined) {
      const wordId = this.#wordId(node);
      lmScore = this.#model.score(trie.lmState[node] as number, wordId);
      trie.nextLmState[node] = this.#model.nextState;
      if (wordId === this.#model.unknownId) {
        lmScore = this.#spelt(node, this.#spaceId);
        if (!this.#isHot(node)) bonus += this.#settings.unknownWordScore;
      }
      bonus += weighted(this.#settings.lmWeight, lmScore);
    }
    trie.wordBonus[node] = bonus;
    trie.wordLmScore[node] = lmScore;
    const gain = Math.exp(bonus);
    trie.wordGain[node] = gain;
    return gain;
  }

  #isInLexicon(node: number): boolean {
    return this.#lexicon?.isWord(this.#trie.lexiconNode[node] as number) || this.#isHot(node);
  }

  /** Whether the word in progress at `node` is one of a hot word's. */
  #isHot(node: number): boolean {
    return this.#hotLexicon?.isWord(this.#trie.hotLexiconNode[node] as number) ?? false;
  }

  /** What the language model calls the word in progress at `node`. */
  #wordId(node: number): number {
    const { unknownId } = this.#model as LanguageModel;
    const known = this.#known?.wordIds[this.#trie.lexiconNode[node] as number] ?? unknownId;
    return known !== unknownId ? known : (this.#hotWordIds?.[this.#trie.hotLexiconNode[node] as number] ?? unknownId);
  }

  /** log P(the letters of the word at `node`, then `token`), whether it is known or not; a space ends it. */
  #spelt(node: number, token: number): number {
    const trie = this.#trie;
    const { spelling } = this.#known as KnownWords;
    return (trie.spelling[node] as number) + spelling.logProb(trie.spellingState[node] as number, token);
  }

  /**
   * The factor to the mass of `node`, besides `letterBonus`, for going on with `token`, not a space: at most 1. A word is
   * charged as it is spelt, at first for the likeliest word that starts so. All of it could be charged when the word ends,
   * but by then rivals that have yet to pay have crowded it out; the sum is the same.
   */
  letterGain(node: number, token: number): number {
    if (this.#lexicon === undefined) return 1;
    const trie = this.#trie;
    const lexiconNode = this.#lexicon.child(trie.lexiconNode[node] as number, token);
    const hotNode = this.#hotLexicon?.child(trie.hotLexiconNode[node] as number, token) ?? -1;
    return Math.exp(this.#advance(node, token, lexiconNode, hotNode) - (trie.advanced[node] as number));
  }

  /** What is charged in advance for the word of `node` and then `token`, which lead to these nodes of the lexicons. */
  #advance(node: number, token: number, lexiconNode: number, hotNode: number): number {
    const { lexicon, lmWeight, unknownWordScore } = this.#settings;
    const before = this.#trie.advanced[node] as number;
    const isUnknown = lexiconNode === -1 && hotNode === -1;
    if (isUnknown && lexicon !== undefined) return Number.NEGATIVE_INFINITY;
    if (this.#known === undefined || lmWeight === 0) return isUnknown && this.#known ? unknownWordScore : 0;
    if (isUnknown) return Math.min(before, unknownWordScore + lmWeight * this.#spelt(node, token));
    const known = lexiconNode === -1 ? Number.NEGATIVE_INFINITY : (this.#known.lookAhead[lexiconNode] as number);
    return Math.min(before, lmWeight * (hotNode === -1 ? known : Math.max(known, this.#spelt(node, token))));
  }

  /** Appends to the trie the child of `node` by `token`, which must be allowed, and scores it. */
  append(node: number, token: number): number {
    const trie = this.#trie;
    const child = trie.append(node, token);
    let bonus = 0;
    if (token === this.#spaceId) bonus = this.#startWord(node, child);
    else bonus = this.#continueWord(node, child, token);
    if (this.hot !== undefined) {
      const state = trie.hotState[node] as number;
      bonus += this.hot.bonus(state, token);
      trie.hotState[child] = this.hot.next(state, token);
    }
    trie.future[child] =
      token === this.#spaceId
        ? futureAtWordStart(trie.lmState[child] as number, trie.hotState[child] as number)
        : futureAfter(trie.future[node] as number, token);
    trie.bonus[child] = (trie.bonus[node] as number) + bonus;
    trie.gain[child] = Math.exp(bonus);
    return child;
  }

  #startWord(node: number, child: number): number {
    const trie = this.#trie;
    this.wordGain(node); // fills in what is read here
    trie.lmState[child] = trie.nextLmState[node] as number;
    trie.lmScore[child] = (trie.lmScore[node] as number) + (trie.wordLmScore[node] as number);
    trie.lexiconNode[child] = 0;
    trie.hotLexiconNode[child] = 0;
    trie.advanced[child] = 0;
    trie.spelling[child] = 0;
    trie.spellingState[child] = this.#known?.spelling.start ?? 0;
    return trie.wordBonus[node] as number;
  }

  #continueWord(node: number, child: number, token: number): number {
    const trie = this.#trie;
    trie.lmState[child] = trie.lmState[node] as number;
    trie.lmScore[child] = trie.lmScore[node] as number;
    const lexiconNode = this.#lexicon?.child(trie.lexiconNode[node] as number, token) ?? -1;
    const hotNode = this.#hotLexicon?.child(trie.hotLexiconNode[node] as number, token) ?? -1;
    trie.lexiconNode[child] = lexiconNode;
    trie.hotLexiconNode[child] = hotNode;
    if (this.#lexicon === undefined) return 0;
    const advanced = this.#advance(node, token, lexiconNode, hotNode);
    trie.advanced[child] = advanced;
    this.#spell(node, child, token);
    return this.#symbolBonus + advanced - (trie.advanced[node] as number);
  }

  #spell(node: number, child: number, token: number): void {
    if (this.#known === undefined) return;
    const { spelling } = this.#known;
    const trie = this.#trie;
    const state = trie.spellingState[node] as number;
    trie.spelling[child] = (trie.spelling[node] as number) + spelling.logProb(state, token);
    trie.spellingState[child] = spelling.next(state, token);
  }

  /** What is added if the text ends at `node`. */
  closing(node: number): Closing {
    const trie = this.#trie;
    let bonus = this.#hotClosing(node);
    let lmScore = 0;
    let state = trie.lmState[node] as number;
    if (!this.endsWord(node)) {
      this.wordGain(node);
      bonus += trie.wordBonus[node] as number;
      lmScore = trie.wordLmScore[node] as number;
      state = trie.nextLmState[node] as number;
    }
    if (this.#model === undefined) return { bonus, lmScore };
    const end = this.#model.end(state);
    return { bonus: bonus + weighted(this.#settings.lmWeight, end), lmScore: lmScore + end };
  }

  /** The end of the text completes a phrase as a space would, and takes back every share. */
  #hotClosing(node: number): number {
    if (this.hot === undefined) return 0;
    const state = this.#trie.hotState[node] as number;
    const share = this.hot.share[state] as number;
    if (this.endsWord(node) || this.#spaceId === -1) return -share;
    return (this.hot.completed[this.hot.next(state, this.#spaceId)] as number) - share;
  }

  /** Whether no word is in progress at `node`: it is empty or ends in a space. */
  endsWord(node: number): boolean {
    const token = this.#trie.token[node] as number;
    return token === -1 || token === this.#spaceId;
  }
}

/** Weight 0 leaves the model out, even where it says minus infinity. */
function weighted(weight: number, logProb: number): number {
  return weight === 0 ? 0 : weight * logProb;
}
