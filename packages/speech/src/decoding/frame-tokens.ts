/** One frame as the beam search sees it: the few tokens worth trying, with probabilities instead of logarithms. */

import { SpeechError } from "../errors.js";
import type { Alphabet } from "../text/alphabet.js";
import type { Emissions } from "./emissions.js";

/** Refilled for each frame, so that the search allocates nothing. Probabilities are relative to the frame's best. */
export class FrameTokens {
  /** The tokens that may extend a prefix, `ids[0]` to `ids[count - 1]`, the likeliest first. */
  readonly ids: Int32Array;
  count = 0;
  /** The space's place in `ids`, or -1. */
  spaceAt = -1;
  /** By token id; 0 for one that was pruned. */
  readonly probability: Float64Array;
  /** By token id: the log-probability that the frame is not this token; 0 for one that was pruned. */
  readonly doubt: Float64Array;
  /** The probability of the blank, and of the space where the alphabet has one. */
  blank = 0;
  space = 0;
  /** The best log-probability, which the others are relative to. */
  logBest = 0;
  readonly #blankId: number;
  readonly #spaceId: number;
  readonly #threshold: number;
  readonly #topTokens: number;

  constructor(alphabet: Alphabet, limits: { tokenThreshold: number; topTokens: number }) {
    const numTokens = alphabet.tokens.length;
    this.ids = new Int32Array(numTokens);
    this.probability = new Float64Array(numTokens);
    this.doubt = new Float64Array(numTokens);
    this.#blankId = alphabet.blankId;
    this.#spaceId = alphabet.tokens.indexOf(" ");
    this.#threshold = limits.tokenThreshold;
    this.#topTokens = limits.topTokens;
  }

  /** Takes frame number `frame` of `emissions`. */
  load({ logProbs, numTokens }: Emissions, frame: number): void {
    const start = frame * numTokens;
    let best = Number.NEGATIVE_INFINITY;
    for (let at = start; at < start + numTokens; at++) best = Math.max(best, logProbs[at] as number);
    this.logBest = best;
    this.probability.fill(0);
    this.doubt.fill(0);
    this.count = 0;
    for (let id = 0; id < numTokens; id++) {
      const logProb = logProbs[start + id] as number;
      if (id !== this.#blankId && logProb - best >= -this.#threshold && logProb > Number.NEGATIVE_INFINITY) {
        this.ids[this.count++] = id;
      }
    }
    this.#sort(logProbs, start);
    this.count = Math.min(this.count, this.#topTokens);
    this.spaceAt = this.ids.subarray(0, this.count).indexOf(this.#spaceId);
    for (let k = 0; k < this.count; k++) this.#take(this.ids[k] as number, logProbs, start);
    this.blank = Math.exp((logProbs[start + this.#blankId] as number) - best);
    this.space = this.#spaceId === -1 ? 0 : (this.probability[this.#spaceId] as number);
  }

  #take(id: number, logProbs: Float32Array, start: number): void {
    const logProb = logProbs[start + id] as number;
    this.probability[id] = Math.exp(logProb - this.logBest);
    this.doubt[id] = Math.log1p(-Math.min(1, Math.exp(logProb)));
  }

  #sort(logProbs: Float32Array, start: number): void {
    const likeliestFirst = (a: number, b: number) =>
      (logProbs[start + b] as number) - (logProbs[start + a] as number) || a - b;
    this.ids.subarray(0, this.count).sort(likeliestFirst);
  }
}

/**
 * Refuses emissions with a frame that gives every token probability 0, which no text can explain.
 *
 * @param firstFrame the utterance's frame at which these emissions start, for the message; 0 by default
 * @throws SpeechError `invalid-emissions`, naming the frame
 */
export function checkEveryFrameIsPossible({ logProbs, numFrames, numTokens }: Emissions, firstFrame = 0): void {
  for (let frame = 0; frame < numFrames; frame++) {
    let at = frame * numTokens;
    const end = at + numTokens;
    while (at < end && logProbs[at] === Number.NEGATIVE_INFINITY) at += 1;
    if (at === end) {
      const message = `emissions at frame ${firstFrame + frame} are minus infinity for every token; the model's output is unusable`;
      throw new SpeechError("invalid-emissions", message);
    }
  }
}
