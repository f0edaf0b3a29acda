/**
 * An utterance over time: its spectrogram, and under it the probability that the model gave to each token. The two have
 * one scale, so that a peak stands under the sound it answers to.
 */
import { type Colour, pngDataUrl } from "./data-urls.js";
import { html, type Markup } from "./html.js";
import type { Posteriors, TokenTrack, UtteranceEvidence } from "./utterance-evidence.js";

export const PIXELS_PER_SECOND = 200;
const CHART_HEIGHT = 120;
/** Room for the letters above the peaks. */
const TOP = 18;
/** Room for the seconds below. */
const BOTTOM = 18;
const BASE = CHART_HEIGHT - BOTTOM;
/** Below this a probability would not be seen. */
const LEAST_PROBABILITY = 0.01;
/** Peaks as high as this get their letter. */
const LABELLED_PROBABILITY = 0.25;

/** Black through violet and orange to pale yellow: as bright as it is loud, for every kind of sight. */
const PALETTE = palette([
  [4, 3, 16],
  [62, 15, 98],
  [140, 41, 99],
  [214, 82, 57],
  [250, 155, 40],
  [252, 246, 190],
]);

export function timeline({ samples, sampleRate, spectrogram, posteriors }: UtteranceEvidence): Markup {
  const seconds = samples.length / sampleRate;
  const width = Math.ceil(seconds * PIXELS_PER_SECOND);
  const { levels, numFrames, numBands } = spectrogram;
  const picture = pngDataUrl(levels, { width: numFrames, height: numBands, palette: PALETTE });
  return html`<div class="timeline" tabindex="0" role="group" aria-label="Spectrogram and token probabilities; scrolls sideways"><div class="tracks" style="width:${width}px">
<img src="${picture}" width="${width}" height="120" alt="Spectrogram of ${seconds.toFixed(1)} seconds">
${posteriorChart(posteriors, { width, seconds })}</div></div>`;
}

function posteriorChart(posteriors: Posteriors, { width, seconds }: { width: number; seconds: number }): Markup {
  const { secondsPerFrame, tracks } = posteriors;
  const frameWidth = secondsPerFrame * PIXELS_PER_SECOND;
  const ticks = Array.from({ length: Math.floor(seconds) + 1 }, (_, second) => secondTick(second));
  // The blank goes behind the others.
  const ordered = [...tracks].sort((a, b) => Number(b.isBlank) - Number(a.isBlank));
  return html`<svg width="${width}" height="${CHART_HEIGHT}" role="img" aria-label="Probability of each token over time">${ticks}<line class="grid" x1="0" x2="${width}" y1="${BASE}" y2="${BASE}"/>${ordered.map((track) => trackMarkup(track, frameWidth))}</svg>`;
}

function secondTick(second: number): Markup {
  const x = second * PIXELS_PER_SECOND;
  return html`<line class="grid" x1="${x}" x2="${x}" y1="${TOP}" y2="${BASE + 4}"/><text class="quiet" x="${x + 3}" y="${CHART_HEIGHT - 3}">${second} s</text>`;
}

function trackMarkup(track: TokenTrack, frameWidth: number): Markup {
  const runs = runsAbove(track.probabilities, LEAST_PROBABILITY);
  const outline = runs.map(([start, end]) => runPath(track.probabilities, { start, end, frameWidth })).join("");
  if (track.isBlank) return html`<path class="blank" d="${outline}"><title>blank</title></path>`;
  const labels = runs.map((run) => peakLabel(track, run, frameWidth));
  // The golden angle keeps neighbours in the alphabet apart in colour.
  const hue = Math.round((track.tokenId * 137.5) % 360);
  return html`<g class="token" style="--hue:${hue}"><path d="${outline}"><title>${tokenName(track)}</title></path>${labels}</g>`;
}

/** Stretches of frames, end excluded, in which the probability never falls below `least`. */
function runsAbove(probabilities: Float32Array, least: number): [start: number, end: number][] {
  const runs: [number, number][] = [];
  let start = -1;
  for (let frame = 0; frame <= probabilities.length; frame++) {
    const isAbove = (probabilities[frame] ?? 0) >= least;
    if (isAbove && start === -1) start = frame;
    if (isAbove || start === -1) continue;
    runs.push([start, frame]);
    start = -1;
  }
  return runs;
}

/** A hill over the base line with a point in the middle of each frame. */
function runPath(
  probabilities: Float32Array,
  { start, end, frameWidth }: { start: number; end: number; frameWidth: number },
): string {
  const x = (frame: number) => round(frame * frameWidth);
  const points = Array.from(probabilities.subarray(start, end), (p, i) => `L${x(start + i + 0.5)} ${height(p)}`);
  return `M${x(start - 0.5)} ${BASE}${points.join("")}L${x(end + 0.5)} ${BASE}Z`;
}

function peakLabel(track: TokenTrack, [start, end]: [number, number], frameWidth: number): Markup | undefined {
  let peak = start;
  for (let frame = start; frame < end; frame++) {
    if (track.probabilities[frame]! > track.probabilities[peak]!) peak = frame;
  }
  const probability = track.probabilities[peak]!;
  if (probability < LABELLED_PROBABILITY) return undefined;
  const x = round((peak + 0.5) * frameWidth);
  return html`<text x="${x}" y="${height(probability) - 4}" text-anchor="middle">${tokenName(track)}<title>${tokenName(track)}: ${probability.toFixed(2)}</title></text>`;
}

function height(probability: number): number {
  return round(BASE - probability * (BASE - TOP));
}

function tokenName({ token }: TokenTrack): string {
  return token === " " ? "␣" : token;
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}

/** 256 colours, linear between the anchors. */
function palette(anchors: readonly Colour[]): Colour[] {
  return Array.from({ length: 256 }, (_, level) => {
    const position = (level / 255) * (anchors.length - 1);
    const below = Math.min(Math.floor(position), anchors.length - 2);
    const mix = (channel: 0 | 1 | 2) => {
      const [from, to] = [anchors[below]![channel], anchors[below + 1]![channel]];
      return Math.round(from + (position - below) * (to - from));
    };
    return [mix(0), mix(1), mix(2)];
  });
}
