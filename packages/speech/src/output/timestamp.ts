/**
 * Seconds as the subtitle formats write them. The rounding to milliseconds comes first: rounding the seconds alone would
 * write 59.9996 s as "00:00:60.000".
 */

import { SpeechError } from "../errors.js";

/**
 * The nearest whole number of milliseconds.
 *
 * @throws SpeechError `number-out-of-range` where `seconds` is negative or not finite
 */
export function toMilliseconds(seconds: number): number {
  if (seconds >= 0 && Number.isFinite(seconds)) return Math.round(seconds * 1000);
  throw new SpeechError("number-out-of-range", `a time is ${seconds} s; it must be finite and not negative`);
}

/** "00:01:00.000" for 60,000; hours grow past two digits where they must. */
export function formatTimestamp(milliseconds: number, decimalMark: "." | ","): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const clock = [milliseconds / 3_600_000, (milliseconds / 60_000) % 60, (milliseconds / 1000) % 60].map(two).join(":");
  return `${clock}${decimalMark}${String(milliseconds % 1000).padStart(3, "0")}`;
}

/** "60.000" for 60,000. */
export function formatSeconds(milliseconds: number): string {
  return `${Math.floor(milliseconds / 1000)}.${String(milliseconds % 1000).padStart(3, "0")}`;
}
