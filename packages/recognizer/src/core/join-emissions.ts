/**
 * Windows of a long segment become one sequence of emissions. The model reads both ways, so near a window's ends it
 * lacks context; windows therefore overlap, and within the overlap the sequence changes over from one to the next.
 *
 * A CTC model marks a character in one frame or a few. Two windows may mark the same one a frame apart, so that a
 * change-over just there would lose it or double it. It is made where both windows agree for a while and both are sure
 * that nothing is being marked.
 */
import type { Emissions } from "@deepspeech-ts/speech";
import { joinArrays } from "../audio/join-arrays.js";

/** Emissions of a window, and the frame of the whole at which they begin. */
export interface PlacedEmissions {
  readonly firstFrame: number;
  readonly emissions: Emissions;
}

/** Windows must agree for this many frames on either side of a change-over. */
const REACH = 6;
/** What a mark at the change-over itself costs, beside a disagreement of 1 in one frame. */
const MARK_COST = 4;

/**
 * One sequence from the first frame of the first window to the last of the last; they are in order and overlap, and there is
 * at least one.
 *
 * @param blankIds see `outputBlanks`
 */
export function joinEmissions(windows: readonly PlacedEmissions[], blankIds: readonly number[]): Emissions {
  const parts: Emissions[] = [];
  let current = windows[0]!;
  let from = current.firstFrame;
  for (const next of windows.slice(1)) {
    const overlapEnd = endOf(current);
    const margin = Math.floor((overlapEnd - next.firstFrame) / 4);
    const range = { from: next.firstFrame + margin, to: overlapEnd - margin };
    const cut = changeOver(current, next, { ...range, near: (range.from + range.to) / 2 }, blankIds);
    parts.push(framesOf(current, from, cut));
    current = next;
    from = cut;
  }
  parts.push(framesOf(current, from, endOf(current)));
  return concatenated(parts);
}

/** The frame from which on `b` serves instead of `a`: of frames `from` to `to`, the cheapest, rather near `near`. */
export function changeOver(
  a: PlacedEmissions,
  b: PlacedEmissions,
  { from, to, near }: { from: number; to: number; near: number },
  blankIds: readonly number[],
): number {
  const disagreements: number[] = [];
  for (let frame = from - REACH; frame < to + REACH; frame++) {
    disagreements.push(disagreement(a, b, frame) / blankIds.length);
  }
  let best = { frame: from, cost: Number.POSITIVE_INFINITY };
  for (let frame = from; frame <= to; frame++) {
    const around = disagreements.slice(frame - from, frame - from + 2 * REACH);
    const marks = [frame - 1, frame].flatMap((at) =>
      blankIds.map((blankId) => 2 - probability(a, at, blankId) - probability(b, at, blankId)),
    );
    const cost =
      around.reduce((sum, value) => sum + value, 0) + MARK_COST * Math.max(...marks) + 1e-3 * Math.abs(frame - near);
    if (cost < best.cost) best = { frame, cost };
  }
  return best.frame;
}

/** Frames `from` up to `to` of the whole, as emissions of their own. */
export function framesOf({ firstFrame, emissions }: PlacedEmissions, from: number, to: number): Emissions {
  const { logProbs, numTokens } = emissions;
  const own = logProbs.slice((from - firstFrame) * numTokens, (to - firstFrame) * numTokens);
  return { logProbs: own, numFrames: to - from, numTokens };
}

export function endOf({ firstFrame, emissions }: PlacedEmissions): number {
  return firstFrame + emissions.numFrames;
}

/** One after another; there is at least one. */
export function concatenated(parts: readonly Emissions[]): Emissions {
  const { numTokens } = parts[0]!;
  const logProbs = joinArrays(parts.map((part) => part.logProbs));
  return { logProbs, numFrames: logProbs.length / numTokens, numTokens };
}

/** The total variation between two windows' distributions, from 0 to 1 each, summed; 0 where one has no such frame. */
function disagreement(a: PlacedEmissions, b: PlacedEmissions, frame: number): number {
  if (frame < b.firstFrame || frame >= endOf(a) || frame >= endOf(b) || frame < a.firstFrame) return 0;
  let sum = 0;
  for (let token = 0; token < a.emissions.numTokens; token++) {
    sum += Math.abs(probability(a, frame, token) - probability(b, frame, token));
  }
  return sum / 2;
}

/** 1 at frames that a window does not have. */
function probability({ firstFrame, emissions }: PlacedEmissions, frame: number, token: number): number {
  const { logProbs, numFrames, numTokens } = emissions;
  const at = frame - firstFrame;
  return at < 0 || at >= numFrames ? 1 : Math.exp(logProbs[at * numTokens + token] as number);
}
