/**
 * The histograms of `deepspeech data stats` as an SVG that stands alone: light or dark as the reader's system has it, and
 * told in words for those who cannot see it. Each bar says its own numbers when it is pointed at.
 */
import {
  type CorpusStatistics,
  type HistogramBin,
  histogram,
  niceWidth,
} from "@deepspeech-ts/toolkit/internal/data/check/corpus-statistics.js";
import { html, type Markup } from "@deepspeech-ts/toolkit/internal/evaluation/report/html.js";
import { formatAudio, formatCount, formatPlural } from "./format.js";

interface Panel {
  title: string;
  /** Of the bins' edges. */
  unit: string;
  /** What is counted, in the singular. */
  noun: string;
  bins: readonly HistogramBin[];
}

const PANEL_WIDTH = 340;
const HEIGHT = 300;
/** Of a panel's plot, within the panel and the picture. */
const PLOT = { left: 56, right: 324, top: 92, bottom: 250 };
const MOST_GRID_LINES = 5;
const MOST_EDGE_LABELS = 6;
/** Width of the heading's letters, on average. */
const NAME_LETTER = 10;
/** Who speaks longer is counted in hours. */
const HOURS_FROM_SECONDS = 7200;

const STYLE = `
svg{color-scheme:light dark;--page:#fcfcfb;--text:#1c1d1f;--quiet:#5d6166;--line:#d9d9d6;--bar:#4a84bd}
@media (prefers-color-scheme:dark){svg{--page:#17181a;--text:#e7e7e4;--quiet:#a3a7ad;--line:#393c40;--bar:#6ba0d6}}
text{fill:var(--text);font:13px system-ui,sans-serif;font-variant-numeric:tabular-nums}
.name{font-size:16px;font-weight:600}
.title{font-weight:600}
.quiet{fill:var(--quiet)}
.page{fill:var(--page)}
.grid{stroke:var(--line)}
.axis{stroke:var(--quiet)}
.bar{fill:var(--bar)}`;

/** @param name what the picture is of; its heading */
export function statisticsPicture(statistics: CorpusStatistics, name: string): string {
  const panels = panelsOf(statistics).filter(({ bins }) => bins.length > 0);
  const width = Math.max(1, panels.length) * PANEL_WIDTH;
  const facts = factsOf(statistics);
  const heading = shorten(name, Math.floor((width - 32) / NAME_LETTER));
  const description = [facts, ...panels.map(describe)].join(" ");
  const { text } =
    html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" role="img" aria-labelledby="name description">
<title id="name">${name}</title>
<desc id="description">${description}</desc>
<style>${STYLE}</style>
<rect class="page" width="${width}" height="${HEIGHT}"/>
<text class="name" x="16" y="28">${heading}</text>
<text class="quiet" x="16" y="48">${facts}</text>
${panels.map(drawPanel)}
</svg>
`;
  return text;
}

function panelsOf({ durations, characterRates, speakers }: CorpusStatistics): Panel[] {
  const isInHours = (speakers[0]?.audioSeconds ?? 0) >= HOURS_FROM_SECONDS;
  // One speaker's audio is all there is, which stands in the facts.
  const shown = speakers.length > 1 ? speakers : [];
  const audio = shown.map(({ audioSeconds }) => audioSeconds / (isInHours ? 3600 : 60));
  return [
    { title: "Seconds an utterance", unit: "s", noun: "utterance", bins: durations },
    { title: "Characters a second", unit: "characters a second", noun: "utterance", bins: characterRates },
    isInHours
      ? { title: "Hours a speaker", unit: "h", noun: "speaker", bins: histogram(audio) }
      : { title: "Minutes a speaker", unit: "min", noun: "speaker", bins: histogram(audio) },
  ];
}

function factsOf({ numUtterances, audioSeconds, numSpeakers, numWords }: CorpusStatistics): string {
  const utterances = formatPlural(numUtterances, "utterance");
  return `${utterances}, ${formatAudio(audioSeconds)}, ${formatPlural(numSpeakers, "speaker")}, ${formatPlural(numWords, "word")}.`;
}

/** A histogram in a sentence: where it begins and ends, and where most are. */
function describe({ title, unit, noun, bins }: Panel): string {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const fullest = bins.reduce((best, bin) => (bin.count > best.count ? bin : best));
  const [from, to] = [bins[0]!.from, bins.at(-1)!.to];
  return `${title}: from ${from} to ${to}; most often ${fullest.from} to ${fullest.to} ${unit}, for ${formatCount(fullest.count)} of ${formatPlural(total, noun)}.`;
}

function drawPanel(panel: Panel, index: number): Markup {
  const { title, noun, bins } = panel;
  const most = Math.max(...bins.map(({ count }) => count));
  const step = Math.max(1, niceWidth(most / MOST_GRID_LINES));
  const top = Math.ceil(most / step) * step;
  const y = (count: number) => round(PLOT.bottom - (count / top) * (PLOT.bottom - PLOT.top));
  const x = (edge: number) => round(PLOT.left + (edge / bins.length) * (PLOT.right - PLOT.left));
  return html`<g transform="translate(${index * PANEL_WIDTH} 0)">
<text class="title" x="16" y="78">${title}</text><text class="quiet" x="${PLOT.right}" y="78" text-anchor="end">${noun}s</text>
${Array.from({ length: top / step + 1 }, (_, i) => gridLine(i * step, y(i * step)))}
${bins.map((bin, i) => drawBar(panel, bin, { left: x(i), right: x(i + 1), top: y(bin.count) }))}
<line class="axis" x1="${PLOT.left}" x2="${PLOT.right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}"/>
${edgeLabels(bins, x)}
</g>`;
}

function gridLine(count: number, y: number): Markup {
  return html`<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}"/><text class="quiet" x="${PLOT.left - 8}" y="${y + 4}" text-anchor="end">${formatCount(count)}</text>`;
}

/** Something is drawn for every count above 0, and a hair of background parts neighbours. */
function drawBar(
  { unit, noun }: Panel,
  { from, to, count }: HistogramBin,
  { left, right, top }: { left: number; right: number; top: number },
): Markup | undefined {
  if (count === 0) return undefined;
  const highest = Math.min(top, PLOT.bottom - 1.5);
  return html`<rect class="bar" x="${left + 0.5}" y="${highest}" width="${round(right - left - 1)}" height="${round(PLOT.bottom - highest)}"><title>${from} to ${to} ${unit}: ${formatPlural(count, noun)}</title></rect>
`;
}

/** Under the edges of bins, as many as there is room for. */
function edgeLabels(bins: readonly HistogramBin[], x: (edge: number) => number): Markup[] {
  const every = Math.ceil(bins.length / MOST_EDGE_LABELS);
  const edges = [...bins.map(({ from }) => from), bins.at(-1)!.to];
  return edges.flatMap((value, i) =>
    i % every > 0
      ? []
      : html`<text class="quiet" x="${x(i)}" y="${PLOT.bottom + 20}" text-anchor="middle">${value}</text>`,
  );
}

/** Paths differ at their ends. */
function shorten(text: string, most: number): string {
  return text.length <= most ? text : `…${text.slice(text.length - most + 1)}`;
}

/** A tenth of a pixel is fine enough. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
