/** Word error rate by length of utterance: bars, with their 95% intervals as whiskers. */
import type { LengthRates } from "../analysis.js";
import { html, type Markup } from "./html.js";
import { count, percent, range } from "./numbers.js";

const WIDTH = 720;
const HEIGHT = 260;
const LEFT = 52;
const TOP = 22;
const BOTTOM = 46;
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;

export function lengthChart(byLength: readonly LengthRates[]): Markup {
  const highest = Math.max(0.01, ...byLength.map(({ rates, interval }) => Math.max(rates.wer, interval?.high ?? 0)));
  const step = gridStep(highest);
  const top = Math.ceil(highest / step) * step;
  const y = (rate: number) => TOP + PLOT_HEIGHT * (1 - rate / top);
  const slot = (WIDTH - LEFT) / byLength.length;
  const grid = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => gridLine(i * step, y(i * step)));
  const bars = byLength.map((group, i) =>
    bar(group, { centre: LEFT + slot * (i + 0.5), width: Math.min(64, slot * 0.6), y }),
  );
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Word error rate by length of utterance">${grid}${bars}</svg>`;
}

/** The length as people say it: "4–6 s". */
export function lengthName({ fromSeconds, toSeconds }: LengthRates): string {
  return toSeconds === null ? `${fromSeconds} s and more` : `${fromSeconds}–${toSeconds} s`;
}

/** 1, 2 or 5 times a power of ten, for three to seven lines. */
function gridStep(highest: number): number {
  const power = 10 ** Math.floor(Math.log10(highest));
  return power * ([0.2, 0.5, 1].find((factor) => highest / (factor * power) <= 6) ?? 2);
}

function gridLine(rate: number, y: number): Markup {
  const digits = rate > 0 && rate < 0.01 ? 1 : 0;
  return html`<line class="grid" x1="${LEFT}" x2="${WIDTH}" y1="${y}" y2="${y}"/><text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${(100 * rate).toFixed(digits)}%</text>`;
}

function bar(
  group: LengthRates,
  { centre, width, y }: { centre: number; width: number; y: (rate: number) => number },
): Markup {
  const { rates, interval } = group;
  const base = HEIGHT - BOTTOM;
  const title = `${lengthName(group)}: ${percent(rates.wer)}${interval ? `, 95% interval ${range(interval)}` : ""}`;
  return html`<g><title>${title}</title>
<rect class="bar" x="${centre - width / 2}" y="${y(rates.wer)}" width="${width}" height="${base - y(rates.wer)}" rx="2"/>
${interval && whisker(centre, y(interval.low), y(interval.high))}
<text x="${centre + 10}" y="${y(rates.wer) - 6}">${(100 * rates.wer).toFixed(1)}%</text>
<text x="${centre}" y="${base + 18}" text-anchor="middle">${lengthName(group)}</text>
<text class="quiet" x="${centre}" y="${base + 35}" text-anchor="middle">${count(rates.numUtterances)} utt.</text></g>`;
}

function whisker(x: number, low: number, high: number): Markup {
  return html`<path class="whisker" d="M${x} ${low}V${high}M${x - 6} ${low}h12M${x - 6} ${high}h12"/>`;
}
