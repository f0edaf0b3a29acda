/** What the data commands print alike. */

import { printable } from "@deepspeech-ts/speech";
import type { LeftOut } from "@deepspeech-ts/toolkit/internal/data/types.js";
import { formatCount, formatPlural } from "./format.js";

const MOST_NAMED = 10;

/** How much was left out, with the first few by name; nothing where all was used. */
export function leftOutLines(leftOut: readonly LeftOut[]): string[] {
  if (leftOut.length === 0) return [];
  const more = leftOut.length - MOST_NAMED;
  return [
    `${formatPlural(leftOut.length, "utterance")} left out:`,
    ...leftOut.slice(0, MOST_NAMED).map(({ id, reason }) => printable(`  ${id}: ${reason}`)),
    ...(more > 0 ? [`  … and ${formatCount(more)} more`] : []),
  ];
}
