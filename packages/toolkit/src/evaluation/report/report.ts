/**
 * An evaluation as one HTML file that needs nothing else: no network, no framework, and a content security policy that
 * holds it to that. Whatever comes from data is escaped by the templates it stands in.
 */
import type { EvaluationAnalysis } from "../analysis.js";
import type { EvaluationRun } from "../run-evaluation.js";
import { type ComparedModels, comparisonSection } from "./comparison-section.js";
import { html, Markup } from "./html.js";
import { SCRIPT } from "./script.js";
import { confusionSection, leftOutSection, lengthSection, speakerSection, summarySection } from "./sections.js";
import { STYLE } from "./style.js";
import { worstSection } from "./worst-section.js";

/** All that a report shows. */
export interface ReportData {
  /** The checkpoint and the data as they were asked for. */
  checkpoint: string;
  data: readonly string[];
  /** How emissions became text, such as "greedy". */
  decoding: string;
  run: EvaluationRun;
  analysis: EvaluationAnalysis;
  /** How many of the worst utterances are shown; `run.evidence` holds their sound. */
  numWorst: number;
  /** Another model, or another way of decoding, on the same utterances. */
  compared?: ComparedModels;
}

const POLICY =
  "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** The whole file. Its size is that of the evidence, 2.5 MB for a minute of sound, and little else. */
export function renderReport(report: ReportData): string {
  const { checkpoint, data, decoding, run, analysis, numWorst, compared } = report;
  const title = `${checkpoint} on ${data.join(", ")}`;
  const sections = [
    ["summary", "Summary", summarySection(run, analysis)],
    ["comparison", "Comparison", compared && comparisonSection(`${checkpoint}, ${decoding}`, compared)],
    ["length", "By length", lengthSection(analysis)],
    ["speakers", "By speaker", speakerSection(analysis)],
    ["confusions", "Most confused", confusionSection(run.utterances)],
    ["worst", "Worst utterances", worstSection(run.utterances, { evidence: run.evidence, numWorst })],
    ["left-out", "Left out", leftOutSection(run)],
  ] as const;
  const present = sections.filter(([, , section]) => section !== undefined);
  const contents = present.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`);
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>Evaluation: ${title}</title><style>${new Markup(STYLE)}</style></head>
<body><header><p class="quiet">Speech recognition, evaluated</p><h1>${checkpoint}</h1><p>on ${data.join(", ")}; decoding: ${decoding}</p></header><nav aria-label="Contents"><ul class="contents">${contents}</ul></nav><main>
${present.map(([, , section]) => section)}
</main><footer>Rates are corpus rates: (substitutions + deletions + insertions) / reference length, summed over all utterances. Intervals, and the comparison of models, are by bootstrap over utterances (Bisani and Ney, ICASSP 2004), 1,000 resamples.</footer>
<script>${new Markup(SCRIPT)}</script></body></html>
`.text;
}
