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

/** One utterance in progress. */
interface GreedyState {
  /** Of each step, its tokens, collapsed and without blanks. A list that grows token by token is moved again and again. */
  steps: Int32Array[];
  /** The likeliest token of the frame before, which a repeat must differ from to count. */
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
    this.#state = { steps: [], lastId: this.#alphabet.blankId, score: 0, numFrames: 0 };
  }

  step(output: Emissions): void {
    const state = this.#begun("step");
    const emissions = letterEmissions(output, this.#alphabet);
    const best = bestPath(emissions, { blankId: this.#alphabet.blankId, lastId: state.lastId });
    if (best === undefined) {
      validateEmissions(emissions, state.numFrames); // throws, and names what is wrong
      return;
    }
    if (best.tokenIds.length > 0) state.steps.push(best.tokenIds);
    state.lastId = best.lastId;
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

  #hypothesis({ steps, score }: GreedyState): Hypothesis {
    return createHypothesis({ tokenIds: joined(steps), score, acousticScore: score, lmScore: 0 }, this.#alphabet);
  }

  #begun(method: string): GreedyState {
    if (this.#state !== undefined) return this.#state;
    throw new SpeechError("decoder-not-begun", `the decoder's ${method}() was called before begin()`);
  }
}

function joined(steps: readonly Int32Array[]): number[] {
  // Filled in place: of as many tokens as an hour has, any other way takes four times as long.
  const all = new Array<number>(steps.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const step of steps) for (let i = 0; i < step.length; i++) all[at++] = step[i]!;
  return all;
}

interface BestPath {
  /** Collapsed, without blanks. */
  tokenIds: Int32Array;
  /** The last frame's. */
  lastId: number;
  /** The sum of the log-probabilities of each frame's likeliest token. */
  score: number;
}

/**
 * The likeliest tokens after a frame with `lastId`, or undefined where the emissions are not what `validateEmissions` lets
 * through: checked in the same pass, because a pass over an hour costs as much as the search.
 */
function bestPath(
  { logProbs, numFrames, numTokens }: Emissions,
  { blankId, lastId }: { blankId: number; lastId: number },
): BestPath | undefined {
  if (logProbs.length !== numFrames * numTokens) return undefined;
  const tokenIds = new Int32Array(numFrames);
  let count = 0;
  let last = lastId;
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
    if (best !== last && best !== blankId) tokenIds[count++] = best;
    last = best;
    score += highest;
  }
  return { tokenIds: tokenIds.slice(0, count), lastId: last, score };
}
