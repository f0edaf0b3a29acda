/** The report's sections about the corpus as a whole. */
import { type Confusion, countConfusions, type EditCounts, formatPlural } from "@deepspeech-ts/speech";
import type { EvaluationAnalysis, SpeakerRates } from "../analysis.js";
import type { EvaluationResult, UtteranceResult } from "../evaluate.js";
import { html, type Markup } from "./html.js";
import { lengthChart, lengthName } from "./length-chart.js";
import { count, percent, range } from "./numbers.js";

const SHOWN_CONFUSIONS = 15;
const SHOWN_SPEAKERS = 100;
const SHOWN_LEFT_OUT = 50;

export function summarySection(result: EvaluationResult, { intervals, falseAlarms }: EvaluationAnalysis): Markup {
  const { rates, loss, audioSeconds, elapsedSeconds } = result;
  return html`<section aria-labelledby="summary"><h2 id="summary">Summary</h2><dl class="figures">
<div class="main"><dt>Word error rate</dt><dd>${percent(rates.wer)}</dd><dd class="quiet">95%: ${range(intervals.wer)}</dd><dd class="quiet">${edits(rates.words)} of ${count(rates.words.referenceLength)} words</dd></div>
<div class="main"><dt>Character error rate</dt><dd>${percent(rates.cer)}</dd><dd class="quiet">95%: ${range(intervals.cer)}</dd><dd class="quiet">${edits(rates.characters)} of ${count(rates.characters.referenceLength)}</dd></div>
<div><dt>Utterances with an error</dt><dd>${percent(rates.sentenceErrorRate)}</dd><dd class="quiet">of ${count(rates.numUtterances)}</dd></div>
${falseAlarms && html`<div><dt>False alarms</dt><dd>${percent(falseAlarms.numAlarms / falseAlarms.numWordless)}</dd><dd class="quiet">of ${count(falseAlarms.numWordless)} without words; ${count(falseAlarms.numWords)} recognised</dd></div>`}
<div><dt>Sound</dt><dd>${(audioSeconds / 60).toFixed(1)} min</dd><dd class="quiet">in ${elapsedSeconds.toFixed(1)} s; loss ${loss?.toFixed(3) ?? "unknown"}</dd></div>
</dl></section>`;
}

function edits({ substitutions, deletions, insertions }: EditCounts): string {
  return `S ${count(substitutions)}, D ${count(deletions)}, I ${count(insertions)}`;
}

export function lengthSection({ byLength }: EvaluationAnalysis): Markup {
  const rows = byLength.map((group) => [lengthName(group), ...rateCells(group)]);
  return html`<section aria-labelledby="length"><h2 id="length">By length</h2>${lengthChart(byLength)}
<details><summary>As a table</summary>${ratesTable("Length", rows)}</details></section>`;
}

export function speakerSection({ bySpeaker }: EvaluationAnalysis): Markup | undefined {
  if (bySpeaker.length < 2) return undefined;
  const rows = bySpeaker.slice(0, SHOWN_SPEAKERS).map((group) => [group.speaker || "(unknown)", ...rateCells(group)]);
  const more = bySpeaker.length - rows.length;
  return html`<section aria-labelledby="speakers"><h2 id="speakers">By speaker</h2><details><summary>${formatPlural(bySpeaker.length, "speaker")}, those with the highest rates first</summary>${ratesTable("Speaker", rows)}${
    more > 0 ? html`<p class="quiet">… and ${formatPlural(more, "speaker")} with lower rates.</p>` : undefined
  }</details></section>`;
}

function rateCells({ rates }: Pick<SpeakerRates, "rates">): string[] {
  return [percent(rates.wer), percent(rates.cer), count(rates.words.referenceLength), count(rates.numUtterances)];
}

function ratesTable(title: string, rows: readonly (readonly string[])[]): Markup {
  const body = rows.map(
    ([name, ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  );
  return html`<div class="scroll"><table><thead><tr><th scope="col">${title}</th><th scope="col">WER</th><th scope="col">CER</th><th scope="col">Words</th><th scope="col">Utterances</th></tr></thead><tbody>${body}</tbody></table></div>`;
}

export function confusionSection(utterances: readonly UtteranceResult[]): Markup {
  const words = countConfusions(utterances, "words");
  const characters = countConfusions(utterances, "characters");
  return html`<section aria-labelledby="confusions"><h2 id="confusions">Most confused</h2><div class="columns">
${confusionList("Words taken for others", words.substitutions)}${confusionList("Words missed", words.deletions)}${confusionList("Words made up", words.insertions)}
</div><details><summary>Characters</summary><div class="columns">
${confusionList("Characters taken for others", characters.substitutions)}${confusionList("Characters missed", characters.deletions)}${confusionList("Characters made up", characters.insertions)}
</div></details></section>`;
}

function confusionList(title: string, confusions: readonly Confusion[]): Markup {
  const most = confusions[0]?.count ?? 1;
  const items = confusions.slice(0, SHOWN_CONFUSIONS).map(
    ({ reference, hypothesis, count: times }) =>
      html`<li style="--share:${times / most}"><span>${[reference, hypothesis]
        .filter((token) => token !== undefined)
        .map(visible)
        .join(" → ")}</span><span>${count(times)}</span></li>`,
  );
  return html`<div><h3>${title}</h3>${items.length > 0 ? html`<ol class="confusions">${items}</ol>` : html`<p class="quiet">None.</p>`}</div>`;
}

function visible(token: string): string {
  return token === " " ? "␣" : token;
}

export function leftOutSection({ leftOut }: Pick<EvaluationResult, "leftOut">): Markup | undefined {
  if (leftOut.length === 0) return undefined;
  const items = leftOut.slice(0, SHOWN_LEFT_OUT).map(({ id, reason }) => html`<li><b>${id}</b>: ${reason}</li>`);
  return html`<section aria-labelledby="left-out"><h2 id="left-out">Left out (${count(leftOut.length)})</h2><details><summary>Why</summary><ul>${items}</ul></details></section>`;
}
