/** The report's section on the utterances that went worst: to listen to, and to look at. */
import type { UtteranceResult } from "../evaluate.js";
import { utteranceRate, worstUtterances } from "../worst-utterances.js";
import { wavDataUrl } from "./data-urls.js";
import { html, type Markup } from "./html.js";
import { count, percent } from "./numbers.js";
import { timeline } from "./timeline.js";
import type { UtteranceEvidence } from "./utterance-evidence.js";
import { wordDiff } from "./word-diff.js";

export function worstSection(
  utterances: readonly UtteranceResult[],
  { evidence, numWorst }: { evidence: readonly UtteranceEvidence[]; numWorst: number },
): Markup | undefined {
  const worst = worstUtterances(utterances, numWorst);
  if (worst.length === 0) return undefined;
  const evidenceById = new Map(evidence.map((one) => [one.id, one]));
  return html`<section aria-labelledby="worst"><h2 id="worst">Worst utterances (${count(worst.length)})</h2>
<p class="quiet">Reference over hypothesis: <span class="key substitution">S substituted</span>, <span class="key deletion">D deleted</span>, <span class="key insertion">I inserted</span>. Folded away: the spectrogram, and the probability of each token over time; grey is the blank. Click there to hear from that point.</p>
${worst.map((utterance) => worstUtterance(utterance, evidenceById.get(utterance.id)))}</section>`;
}

function worstUtterance(utterance: UtteranceResult, evidence: UtteranceEvidence | undefined): Markup {
  const { id, speaker, durationSeconds, words, reference, hypothesis } = utterance;
  const about = [`WER ${percent(utteranceRate(words))}`, `${durationSeconds.toFixed(1)} s`];
  if (speaker !== "") about.push(`speaker ${speaker}`);
  return html`<article class="utterance"><h3>${id} <span class="quiet">${about.join(" · ")}</span></h3>
${wordDiff(reference, hypothesis)}${evidence ? sound(evidence, id) : html`<p class="quiet">Its sound is not shown: it is over a minute long, or could not be read again.</p>`}</article>`;
}

function sound(evidence: UtteranceEvidence, id: string): Markup {
  return html`<audio controls preload="metadata" src="${wavDataUrl(evidence.samples, evidence.sampleRate)}" aria-label="Recording ${id}"></audio><details><summary>Spectrogram and probabilities</summary>${timeline(evidence)}</details>`;
}
