/** The report's section on another model, measured on the same utterances. */

import type { PairedBootstrap } from "@deepspeech-ts/speech";
import { formatPlural } from "@deepspeech-ts/speech";
import type { ComparedUtterance, Comparison } from "../comparison.js";
import { html, type Markup } from "./html.js";
import { count, percent, points, pValue } from "./numbers.js";
import { wordDiff } from "./word-diff.js";

const SHOWN_UTTERANCES = 30;

export interface ComparedModels {
  comparison: Comparison;
  /** What people call the other model. */
  name: string;
}

export function comparisonSection(own: string, { comparison, name }: ComparedModels): Markup {
  const { rates, wer, cer, numBetter, numWorse, numEqual, numNotCompared, utterances } = comparison;
  const names = distinctNames(own, name);
  const changed = utterances.filter(({ wordErrorDifference }) => wordErrorDifference !== 0);
  return html`<section aria-labelledby="comparison"><h2 id="comparison">Comparison</h2>
<p>${verdict(wer, names)} ${names[0]} has fewer word errors in ${formatPlural(numBetter, "utterance")}, more in ${count(numWorse)}, as many in ${count(numEqual)}.${
    numNotCompared > 0 ? ` ${count(numNotCompared)} could not be compared.` : ""
  }</p>
<div class="scroll"><table><thead><tr><th scope="col">Model</th><th scope="col">WER</th><th scope="col">CER</th></tr></thead><tbody>
<tr><th scope="row">${names[0]}</th><td>${percent(rates.first.wer)}</td><td>${percent(rates.first.cer)}</td></tr>
<tr><th scope="row">${names[1]}</th><td>${percent(rates.second.wer)}</td><td>${percent(rates.second.cer)}</td></tr>
<tr><th scope="row">Difference, in points</th><td>${points(wer.difference)}</td><td>${points(cer.difference)}</td></tr>
<tr><th scope="row">95% interval</th><td>${interval(wer)}</td><td>${interval(cer)}</td></tr>
<tr><th scope="row">Paired bootstrap</th><td>${pValue(wer.pValue)}</td><td>${pValue(cer.pValue)}</td></tr></tbody></table></div>
<details><summary>Utterances that differ most (${count(Math.min(SHOWN_UTTERANCES, changed.length))} of ${count(changed.length)})</summary>
${changed.slice(0, SHOWN_UTTERANCES).map((utterance) => changedUtterance(utterance, names))}</details></section>`;
}

/** What the two are, but for what they have in common: their checkpoints, or their ways of decoding, or both. */
export function distinctNames(first: string, second: string): [first: string, second: string] {
  const [firstParts, secondParts] = [first.split(", "), second.split(", ")];
  while (firstParts.length > 1 && secondParts.length > 1 && firstParts[0] === secondParts[0]) {
    firstParts.shift();
    secondParts.shift();
  }
  while (firstParts.length > 1 && secondParts.length > 1 && firstParts.at(-1) === secondParts.at(-1)) {
    firstParts.pop();
    secondParts.pop();
  }
  return [firstParts.join(", "), secondParts.join(", ")];
}

/** What the numbers come to, in one sentence. */
function verdict(
  { difference, interval: { low, high } }: PairedBootstrap,
  [first, second]: readonly [first: string, second: string],
): string {
  if (difference === 0) return "Both have the same word error rate.";
  const better = difference < 0 ? first : second;
  if (low <= 0 && high >= 0) return `${better} has the lower word error rate, but chance could explain it.`;
  return `${better} has the lower word error rate, and chance hardly explains it.`;
}

function interval({ interval: { low, high } }: PairedBootstrap): string {
  return `${points(low)} to ${points(high)}`;
}

function changedUtterance(
  { id, reference, first, second, wordErrorDifference }: ComparedUtterance,
  names: readonly [first: string, second: string],
): Markup {
  const fewer = formatPlural(Math.abs(wordErrorDifference), "word error");
  const better = names[wordErrorDifference < 0 ? 0 : 1];
  return html`<article class="compared"><h3>${id} <span class="quiet">${fewer} fewer with ${better}</span></h3>
<p class="quiet">${names[0]}</p>${wordDiff(reference, first)}<p class="quiet">${names[1]}</p>${wordDiff(reference, second)}</article>`;
}
