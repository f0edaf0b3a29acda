/** How far a manifest may be off about the length of a recording: batches are planned by what it says. */

/** Stated durations may be rounded, but not by more than this, or this part of the length. */
const TOLERANCE_SECONDS = 0.5;
const TOLERANCE = 0.05;

/** Whether the loader refuses a recording that lasts so long, for what was stated. */
export function isStatedWrongly(statedSeconds: number, actualSeconds: number): boolean {
  const tolerance = Math.max(TOLERANCE_SECONDS, TOLERANCE * statedSeconds);
  return Math.abs(actualSeconds - statedSeconds) > tolerance;
}
