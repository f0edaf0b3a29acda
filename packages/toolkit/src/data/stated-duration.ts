/** How far a manifest may be off about the length of a recording: batches are planned by what it says. */

/** Stated durations may be rounded, but not by more than this, or this part of the length. */
const TOLERANCE_SECONDS = 0.5;
const TOLERANCE = 0.05;

/** Whether the loader refuses a recording that lasts so long, for what was stated. */
export function isStatedWrongly(statedSeconds: number, actualSeconds: number): boolean {
  const tolerance = Math.max(TOLERANCE_SECONDS, TOLERANCE * statedSeconds);
  return Math.abs(actualSeconds - statedSeconds) > tolerance;
}

/** A million: eleven days. What is beyond is a slip, such as samples or milliseconds for seconds. */
export const LONGEST_SECONDS = 1e6;

/** Whether a value found in a list of recordings can be how long one lasts. */
export function isDuration(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= LONGEST_SECONDS;
}

/** Whether it can be where an utterance begins in its recording. */
export function isOffset(value: unknown): value is number {
  return value === 0 || isDuration(value);
}
