/** The face of `PrefixSearch`, the same as the greedy decoder's. */

import { SpeechError } from "../errors.js";
import type { Alphabet } from "../text/alphabet.js";
import { type BeamSearchOptions, resolveBeamSearchOptions } from "./beam-search-options.js";
import { type Emissions, letterEmissions, validateEmissions } from "./emissions.js";
import { checkEveryFrameIsPossible } from "./frame-tokens.js";
import type { StreamingDecoder } from "./hypothesis.js";
import { PrefixSearch } from "./prefix-search.js";
import { SearchResult } from "./search-result.js";
import type { TimedHypothesis } from "./timed-word.js";

/**
 * A beam search over an utterance that arrives in pieces. The result does not depend on where it is cut. Memory
 * follows the beam, not the recording, but for the decided text.
 */
export interface BeamSearchDecoder extends StreamingDecoder {
  /** The best prefix so far. Its last word may be unfinished; a language model has not judged it yet. */
  partial(): TimedHypothesis;
  /** The words so far that no later frame can change. */
  stableText(): string;
  /**
   * Settles all but the last `undecidedTokens` tokens of the best prefix, by giving up the prefixes that differ before
   * them. Live captions need that: a rival may stay alive for long. It can cost words, the fewer tokens the more.
   */
  decide(undecidedTokens: number): void;
  /** The best hypothesis for the whole utterance, which is then closed. */
  end(): TimedHypothesis;
  /** Like `end`, but up to `nBest` hypotheses, best first; never none. */
  endNBest(): TimedHypothesis[];
}

export class PrefixDecoder implements BeamSearchDecoder {
  readonly #alphabet: Alphabet;
  readonly #search: PrefixSearch;
  readonly #result: SearchResult;
  #begun = false;

  constructor(alphabet: Alphabet, options: BeamSearchOptions) {
    const settings = resolveBeamSearchOptions(options, alphabet);
    this.#alphabet = alphabet;
    this.#search = new PrefixSearch(settings, alphabet);
    this.#result = new SearchResult(this.#search, settings, alphabet);
  }

  begin(): void {
    this.#search.begin();
    this.#begun = true;
  }

  step(output: Emissions): void {
    this.#checkBegun("step");
    const emissions = letterEmissions(output, this.#alphabet);
    validateEmissions(emissions, this.#search.numFrames);
    checkEveryFrameIsPossible(emissions, this.#search.numFrames);
    for (let frame = 0; frame < emissions.numFrames; frame++) this.#search.takeFrame(emissions, frame);
  }

  partial(): TimedHypothesis {
    this.#checkBegun("partial");
    return this.#result.partial();
  }

  stableText(): string {
    this.#checkBegun("stableText");
    return this.#result.stableText();
  }

  decide(undecidedTokens: number): void {
    this.#checkBegun("decide");
    if (!Number.isInteger(undecidedTokens) || undecidedTokens < 0) {
      const found = `undecidedTokens is ${undecidedTokens}`;
      throw new SpeechError("number-out-of-range", `${found}; it must be a whole number from 0`);
    }
    this.#search.decided.giveUpRivals(this.#search.beam, undecidedTokens);
  }

  end(): TimedHypothesis {
    this.#checkBegun("end");
    return this.#end()[0] as TimedHypothesis;
  }

  endNBest(): TimedHypothesis[] {
    this.#checkBegun("endNBest");
    return this.#end();
  }

  #end(): TimedHypothesis[] {
    this.#begun = false;
    return this.#result.final();
  }

  #checkBegun(method: string): void {
    if (this.#begun) return;
    throw new SpeechError("decoder-not-begun", `the decoder's ${method}() was called before begin()`);
  }
}
