/** Numbers as the report writes them. */
import type { ConfidenceInterval } from "@deepspeech-ts/speech";

/** "7.03%" */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}

/** "6.41% to 7.66%" */
export function range({ low, high }: ConfidenceInterval): string {
  return `${percent(low)} to ${percent(high)}`;
}

/** A difference of rates in percentage points, with its sign: "−1.20", "+0.35". */
export function points(difference: number): string {
  const text = Math.abs(100 * difference).toFixed(2);
  if (Number(text) === 0) return text;
  return `${difference < 0 ? "−" : "+"}${text}`;
}

/** "14,233" */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** "p = 0.034", "p < 0.01" */
export function pValue(value: number): string {
  return value < 0.01 ? "p < 0.01" : `p = ${value.toFixed(value < 0.1 ? 3 : 2)}`;
}
