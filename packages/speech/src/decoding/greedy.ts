/**
 * Best-path decoding: the likeliest token of each frame, repeats collapsed, blanks dropped (Graves et al., ICML 2006,
 * section 3.2). It finds the likeliest path, which is not always the likeliest text, but needs no search and is
 * what training reports.
 */

import { SpeechError } from "../errors.js";
import { type Alphabet, validateAlphabet } from "../text/alphabet.js";
import { type Emissions, LOG_PROB_TOLERANCE, letterEmissions, validateEmissions } from "./emissions.js";
import { createHypothesis, type Hypothesis, type StreamingDecoder } from "./hypothesis.js";

/**
 * Decodes a whole utterance. `score` and `acousticScore` are the sum of the best log-probabilities, one a frame.
 * Equal log-probabilities go to the lower id. No frames give the empty text with score 0.
 *
 * @throws SpeechError `invalid-emissions`; `invalid-alphabet`
 */
export function greedyDecode(emissions: Emissions, alphabet: Alphabet): Hypothesis {
  const decoder = createGreedyDecoder(alphabet);
  decoder.begin();
  decoder.step(emissions);
  return decoder.end();
}

/**
 * A greedy decoder for utterances that arrive in pieces; the result does not depend on where they are cut.
 * `step`, `partial` and `end` before `begin` throw SpeechError `decoder-not-begun`.
 *
 * @throws SpeechError `invalid-alphabet`; from `step`, `invalid-emissions`
 */
export function createGreedyDecoder(alphabet: Alphabet): StreamingDecoder {
  validateAlphabet(alphabet);
  return new GreedyDecoder(alphabet);
}

/** One utterance in progress. `lastId` is the id of the frame before, which a repeat must differ from to count. */
interface GreedyState {
  tokenIds: number[];
  lastId: number;
  score: number;
  numFrames: number;
}

class GreedyDecoder implements StreamingDecoder {
  readonly #alphabet: Alphabet;
  #state: GreedyState | undefined;

  constructor(alphabet: Alphabet) {
    this.#alphabet = alphabet;
  }

  begin(): void {
    this.#state = { tokenIds: [], lastId: this.#alphabet.blankId, score: 0, numFrames: 0 };
  }

  step(output: Emissions): void {
    const state = this.#begun("step");
    const emissions = letterEmissions(output, this.#alphabet);
    const best = bestPath(emissions);
    if (best === undefined) {
      validateEmissions(emissions, state.numFrames); // throws, and names what is wrong
      return;
    }
    for (const id of best.path) {
      if (id !== state.lastId && id !== this.#alphabet.blankId) state.tokenIds.push(id);
      state.lastId = id;
    }
    state.score += best.score;
    state.numFrames += emissions.numFrames;
  }

  partial(): Hypothesis {
    return this.#hypothesis(this.#begun("partial"));
  }

  end(): Hypothesis {
    const hypothesis = this.#hypothesis(this.#begun("end"));
    this.#state = undefined;
    return hypothesis;
  }

  #hypothesis({ tokenIds, score }: GreedyState): Hypothesis {
    return createHypothesis({ tokenIds: tokenIds.slice(), score, acousticScore: score, lmScore: 0 }, this.#alphabet);
  }

  #begun(method: string): GreedyState {
    if (this.#state !== undefined) return this.#state;
    throw new SpeechError("decoder-not-begun", `the decoder's ${method}() was called before begin()`);
  }
}

/**
 * The likeliest token of each frame and the sum of their log-probabilities, or undefined where the emissions are not
 * what `validateEmissions` lets through: checked in the same pass, because a pass over an hour costs as much as the search.
 */
function bestPath({ logProbs, numFrames, numTokens }: Emissions): { path: Int32Array; score: number } | undefined {
  if (logProbs.length !== numFrames * numTokens) return undefined;
  const path = new Int32Array(numFrames);
  let score = 0;
  for (let frame = 0, start = 0; frame < numFrames; frame++, start += numTokens) {
    let best = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let id = 0; id < numTokens; id++) {
      const logProb = logProbs[start + id] as number;
      if (logProb <= highest) continue;
      if (!(logProb <= LOG_PROB_TOLERANCE)) return undefined; // NaN, too, comes here
      highest = logProb;
      best = id;
    }
    path[frame] = best;
    score += highest;
  }
  return { path, score };
}
