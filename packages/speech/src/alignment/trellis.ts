/**
 * The trellis of CTC forced alignment: for a text of L tokens, 2L + 1 states, blanks around and between the tokens
 * (Graves et al., ICML 2006, section 4.1). A path stays, goes to the next state, or skips the blank between two
 * different tokens.
 *
 * As in the beam search, a space heard where it would change no text counts as a blank: before, after and between
 * words.
 */

import type { Emissions } from "../decoding/emissions.js";
import type { Alphabet } from "../text/alphabet.js";

/** The best log-probabilities of paths through the states of one text, one frame after another. */
export class Trellis {
  /** State 2i + 1 is token i; state 2i is the blank before it. */
  readonly numStates: number;
  readonly numFrames: number;
  readonly #emissions: Emissions;
  readonly #tokenIds: Int32Array;
  /** By token: 1 where the blank before it may be skipped. */
  readonly #skips: Uint8Array;
  /** By blank: 1 where a space counts as a blank. */
  readonly #takesSpace: Uint8Array;
  readonly #blankId: number;
  readonly #spaceId: number;

  constructor(emissions: Emissions, tokenIds: readonly number[], alphabet: Alphabet) {
    const space = alphabet.tokens.indexOf(" ");
    this.#emissions = emissions;
    this.#tokenIds = Int32Array.from(tokenIds);
    this.#blankId = alphabet.blankId;
    this.#spaceId = space;
    this.numStates = 2 * tokenIds.length + 1;
    this.numFrames = emissions.numFrames;
    this.#skips = Uint8Array.from(tokenIds, (id, at) => (at > 0 && id !== tokenIds[at - 1] ? 1 : 0));
    this.#takesSpace = new Uint8Array(tokenIds.length + 1);
    if (space === -1) return;
    for (let blank = 0; blank <= tokenIds.length; blank++) {
      const isOuter = blank === 0 || blank === tokenIds.length;
      if (isOuter || tokenIds[blank] === space || tokenIds[blank - 1] === space) this.#takesSpace[blank] = 1;
    }
  }

  /** The first state from which the end can still be reached after `frame`. */
  lowest(frame: number): number {
    return Math.max(0, this.numStates - 2 * (this.numFrames - frame));
  }

  /** The last state that can be reached by `frame`. */
  highest(frame: number): number {
    return Math.min(this.numStates - 1, 2 * frame + 1);
  }

  /** Fills `row`, one number a state, with frame 0. */
  start(row: Float64Array): void {
    row.fill(Number.NEGATIVE_INFINITY);
    row[0] = this.#blanks(0)[1];
    if (this.numStates > 1) row[1] = this.#logProb(0, this.#tokenIds[0] as number);
  }

  /** Takes `row` from frame `frame - 1` to `frame`, for every state that matters. All the time goes here. */
  advance(row: Float64Array, frame: number): void {
    const tokenIds = this.#tokenIds;
    const skips = this.#skips;
    const takesSpace = this.#takesSpace;
    const { logProbs, numTokens } = this.#emissions;
    const start = frame * numTokens;
    const blanks = this.#blanks(frame);
    const top = this.highest(frame);
    const bottom = this.lowest(frame) >> 1;
    if ((top & 1) === 0) row[top] = Math.max(row[top] as number, row[top - 1] ?? Number.NEGATIVE_INFINITY) + blanks[1];
    // Token and the blank before it at once, downwards, so that what a state reads is still the frame before.
    for (let unit = (top - 1) >> 1; unit >= bottom; unit--) {
      const state = 2 * unit;
      const token = row[state + 1] as number;
      const blank = row[state] as number;
      const before = unit === 0 ? Number.NEGATIVE_INFINITY : (row[state - 1] as number);
      const later = Math.max(token, blank);
      const skipped = skips[unit] === 1 && before > later ? before : later;
      row[state + 1] = skipped + (logProbs[start + (tokenIds[unit] as number)] as number);
      row[state] = Math.max(before, blank) + (blanks[takesSpace[unit] as number] as number);
    }
  }

  /**
   * Like `advance`, but for states `from` to `to` only, and stores in `moves` at `offset + state - from` how many states
   * back the best path came from. `from - 2` and what follows must hold the frame before.
   */
  advanceWithMoves(
    row: Float64Array,
    frame: number,
    from: number,
    to: number,
    moves: Uint8Array,
    offset: number,
  ): void {
    const { logProbs, numTokens } = this.#emissions;
    const start = frame * numTokens;
    const blanks = this.#blanks(frame);
    for (let state = to; state >= from; state--) {
      const unit = state >> 1;
      let best = row[state] as number;
      let move = 0;
      const isToken = (state & 1) === 1;
      for (let back = 1; back <= (isToken && this.#skips[unit] === 1 ? 2 : 1) && back <= state; back++) {
        if ((row[state - back] as number) <= best) continue;
        best = row[state - back] as number;
        move = back;
      }
      const heard = isToken
        ? logProbs[start + (this.#tokenIds[unit] as number)]
        : blanks[this.#takesSpace[unit] as number];
      row[state] = best + (heard as number);
      moves[offset + state - from] = move;
    }
  }

  /** The log-probability of a blank at `frame`; then that of a blank where a space counts as one. */
  #blanks(frame: number): [number, number] {
    const blank = this.#logProb(frame, this.#blankId);
    return [blank, this.#spaceId === -1 ? blank : Math.max(blank, this.#logProb(frame, this.#spaceId))];
  }

  #logProb(frame: number, id: number): number {
    return this.#emissions.logProbs[frame * this.#emissions.numTokens + id] as number;
  }
}
