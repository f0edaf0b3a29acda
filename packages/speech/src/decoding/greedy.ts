/**
 * Best-path decoding: the likeliest token of each frame, repeats collapsed, blanks dropped (Graves et al., ICML 2006,
 * section 3.2). It finds the likeliest path, which is not always the likeliest text, but needs no search and is
 * what training reports.
 */

import { SpeechError } from "../errors.js";
import { type Alphabet, validateAlphabet } from "../text/alphabet.js";
import { checkEmissionsMatch, type Emissions, validateEmissions } from "./emissions.js";
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

  step(emissions: Emissions): void {
    const state = this.#begun("step");
    checkEmissionsMatch(emissions, this.#alphabet);
    validateEmissions(emissions, state.numFrames);
    for (let frame = 0; frame < emissions.numFrames; frame++) this.#takeFrame(state, emissions, frame);
  }

  partial(): Hypothesis {
    return this.#hypothesis(this.#begun("partial"));
  }

  end(): Hypothesis {
    const hypothesis = this.#hypothesis(this.#begun("end"));
    this.#state = undefined;
    return hypothesis;
  }

  #takeFrame(state: GreedyState, { logProbs, numTokens }: Emissions, frame: number): void {
    const start = frame * numTokens;
    const end = start + numTokens;
    let best = start;
    let highest = logProbs[start] as number;
    for (let i = start + 1; i < end; i++) {
      const logProb = logProbs[i] as number;
      if (logProb > highest) {
        highest = logProb;
        best = i;
      }
    }
    const id = best - start;
    if (id !== state.lastId && id !== this.#alphabet.blankId) state.tokenIds.push(id);
    state.lastId = id;
    state.score += highest;
    state.numFrames += 1;
  }

  #hypothesis({ tokenIds, score }: GreedyState): Hypothesis {
    return createHypothesis({ tokenIds: [...tokenIds], score, acousticScore: score, lmScore: 0 }, this.#alphabet);
  }

  #begun(method: string): GreedyState {
    if (this.#state !== undefined) return this.#state;
    throw new SpeechError("decoder-not-begun", `the decoder's ${method}() was called before begin()`);
  }
}
