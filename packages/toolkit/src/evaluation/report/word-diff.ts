/** Reference over hypothesis, word by word, each error coloured and lettered: colour alone would not reach everybody. */
import { type AlignmentStep, align, splitWords } from "@deepspeech-ts/speech";
import { html, type Markup } from "./html.js";

const NAMES = { substitution: "substituted", deletion: "deleted", insertion: "inserted" } as const;

/** A list of words, each with what was said above what was heard. */
export function wordDiff(reference: string, hypothesis: string): Markup {
  const steps = align(splitWords(reference), splitWords(hypothesis));
  return html`<ol class="diff" aria-label="reference over hypothesis">${steps.map(wordOf)}</ol>`;
}

function wordOf(step: AlignmentStep<string>): Markup {
  const said = step.kind === "insertion" ? "·" : step.reference;
  const heard = step.kind === "deletion" ? "·" : step.hypothesis;
  if (step.kind === "hit") return html`<li><span>${said}</span><span aria-hidden="true">${heard}</span></li>`;
  const name = NAMES[step.kind];
  return html`<li class="${step.kind}" title="${name}: ${said} → ${heard}"><span>${said}</span><span>${heard}</span><b aria-label="${name}">${name.charAt(0).toUpperCase()}</b></li>`;
}
