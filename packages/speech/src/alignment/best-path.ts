/**
 * The likeliest path through a trellis (Viterbi, 1967), in little memory. Moves for every state and frame of an hour
 * would take gigabytes. Instead the forward pass keeps every Kth row, and going back computes the moves between two
 * kept rows again. A path falls by at most two states a frame, so that costs only 2K states a frame. With
 * K = ∛(2 · frames · states), rows and moves take about the same: 60 MB for an hour of speech.
 */

import type { Steps } from "../steps.js";
import type { Trellis } from "./trellis.js";

/** States computed between two pauses. */
const STEP_STATES = 4_000_000;

export interface BestPath {
  /** By frame, the state. */
  states: Int32Array;
  /** Natural log of the path's probability; minus infinity where the text is impossible. */
  logProb: number;
}

/** A row of the trellis, without the states that cannot matter. */
interface KeptRow {
  frame: number;
  lowest: number;
  values: Float64Array;
}

/**
 * The best path over at least one frame; of equal ones, that which stays in a state longer, read from the end.
 *
 * @param framesBetweenRows K above
 */
export function* bestPath(trellis: Trellis, framesBetweenRows = defaultSpacing(trellis)): Steps<BestPath> {
  const row = new Float64Array(trellis.numStates);
  const kept = yield* forward(trellis, row, framesBetweenRows);
  const last = trellis.numStates - 1;
  const inToken = last > 0 && (row[last - 1] as number) > (row[last] as number);
  let state = inToken ? last - 1 : last;
  const logProb = row[state] as number;
  const states = new Int32Array(trellis.numFrames);
  if (logProb === Number.NEGATIVE_INFINITY) return { states, logProb };
  const moves = new Uint8Array(framesBetweenRows * (2 * framesBetweenRows + 1));
  let end = trellis.numFrames - 1;
  for (const keptRow of kept.reverse()) {
    state = yield* backward(trellis, row, keptRow, { states, state, end, moves });
    end = keptRow.frame;
  }
  states[0] = state;
  return { states, logProb };
}

function defaultSpacing({ numFrames, numStates }: Trellis): number {
  return Math.max(1, Math.ceil(Math.cbrt(2 * numFrames * numStates)));
}

/** Fills `row` with the last frame; keeps rows 0, K, 2K and so on. */
function* forward(trellis: Trellis, row: Float64Array, framesBetweenRows: number): Steps<KeptRow[]> {
  const kept: KeptRow[] = [];
  let numStates = 0;
  trellis.start(row);
  for (let frame = 0; frame < trellis.numFrames; frame++) {
    const lowest = trellis.lowest(frame);
    const highest = trellis.highest(frame);
    if (frame > 0) trellis.advance(row, frame);
    if (frame % framesBetweenRows === 0) kept.push({ frame, lowest, values: row.slice(lowest, highest + 1) });
    numStates += highest - lowest + 1;
    if (numStates < STEP_STATES) continue;
    numStates = 0;
    yield;
  }
  return kept;
}

/** Fills in the states after the kept row's frame through `end`, where the path is in `state`; returns the row's state. */
function* backward(
  trellis: Trellis,
  row: Float64Array,
  { frame: first, lowest, values }: KeptRow,
  path: { states: Int32Array; state: number; end: number; moves: Uint8Array },
): Steps<number> {
  const { states, end, moves } = path;
  const width = 2 * (end - first) + 1;
  row.fill(Number.NEGATIVE_INFINITY, 0, path.state + 1);
  row.set(values.subarray(0, Math.max(0, path.state + 1 - lowest)), lowest);
  // Of the states at a frame, only those from which the path's end can be reached are computed.
  const from = (frame: number): number => Math.max(0, path.state - 2 * (end - frame));
  let numStates = 0;
  for (let frame = first + 1; frame <= end; frame++) {
    trellis.advanceWithMoves(row, frame, from(frame), path.state, moves, (frame - first - 1) * width);
    numStates += path.state - from(frame) + 1;
    if (numStates < STEP_STATES) continue;
    numStates = 0;
    yield;
  }
  let state = path.state;
  for (let frame = end; frame > first; frame--) {
    states[frame] = state;
    state -= moves[(frame - first - 1) * width + state - from(frame)] as number;
  }
  return state;
}
