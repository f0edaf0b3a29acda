/**
 * Draws a run's curves as an SVG picture: loss, error rates, learning rate. It reads the run's own TensorBoard files.
 *
 *     node tools/plot-curves.mjs runs/quickstart/version_0 docs/images/quickstart.svg
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { readEvents } from "@deepspeech-ts/toolkit/training";

const PANEL = { width: 360, height: 220, left: 48, right: 16, top: 34, bottom: 34 };

/** @typedef {{ step: number, value: number }} Point */
/** @typedef {{ label: string, tag: string, colour: string, smooth?: boolean }} Curve */
/** @typedef {{ title: string, curves: Curve[], largest?: number }} Panel */

/** @type {Panel[]} */
const PANELS = [
  {
    title: "CTC loss per token",
    largest: 5,
    curves: [
      { label: "train", tag: "Loss/train", colour: "#8da0cb", smooth: true },
      { label: "dev", tag: "Loss/val", colour: "#d95f02" },
    ],
  },
  {
    title: "error rate on dev (greedy)",
    curves: [
      { label: "WER", tag: "Metrics/wer", colour: "#7570b3" },
      { label: "CER", tag: "Metrics/cer", colour: "#1b9e77" },
    ],
  },
  { title: "learning rate", curves: [{ label: "", tag: "learning_rate", colour: "#666666" }] },
];

/**
 * @param {string} runFolder
 * @returns {Map<string, Point[]>}
 */
function readCurves(runFolder) {
  /** @type {Map<string, Point[]>} */
  const curves = new Map();
  for (const name of readdirSync(runFolder).filter((file) => file.startsWith("events.out.tfevents"))) {
    for (const event of readEvents(join(runFolder, name))) {
      if (event.kind !== "scalar") continue;
      curves.set(event.tag, [...(curves.get(event.tag) ?? []), { step: event.step, value: event.value }]);
    }
  }
  return curves;
}

/**
 * Mean over a running window: single batches of a few utterances jump about.
 * @param {Point[]} points
 */
function smoothed(points, width = 50) {
  return points.map(({ step }, i) => {
    const window = points.slice(Math.max(0, i - width + 1), i + 1);
    return { step, value: window.reduce((sum, { value }) => sum + value, 0) / window.length };
  });
}

/**
 * @param {Panel} panel
 * @param {Map<string, Point[]>} curves
 * @param {number} lastStep
 * @param {number} x
 */
function drawPanel({ title, curves: shown, largest }, curves, lastStep, x) {
  const { width, height, left, right, top, bottom } = PANEL;
  const lines = shown.map(({ tag, smooth }) => (smooth ? smoothed(curves.get(tag) ?? []) : (curves.get(tag) ?? [])));
  const highest = Math.min(largest ?? Number.POSITIVE_INFINITY, Math.max(...lines.flat().map(({ value }) => value)));
  const toX = (/** @type {number} */ step) => left + (step / lastStep) * (width - left - right);
  const toY = (/** @type {number} */ value) =>
    height - bottom - (Math.min(value, highest) / highest) * (height - top - bottom);
  const ticks = [0, 0.5, 1].map((share) => {
    const y = toY(share * highest);
    const label =
      highest * share < 0.01 && share > 0 ? (highest * share).toExponential(0) : (highest * share).toFixed(1);
    return `<line x1="${left}" x2="${width - right}" y1="${y}" y2="${y}" stroke="#ddd"/><text x="${left - 6}" y="${y + 4}" text-anchor="end">${label}</text>`;
  });
  const paths = lines.map((points, i) => {
    const path = points.map(({ step, value }) => `${toX(step).toFixed(1)},${toY(value).toFixed(1)}`).join(" ");
    return `<polyline points="${path}" fill="none" stroke="${shown[i]?.colour}" stroke-width="1.8"/>`;
  });
  const legend = shown.map(
    ({ label, colour }, i) =>
      `<text x="${width - right - 4}" y="${top + 14 + 16 * i}" text-anchor="end" fill="${colour}">${label}</text>`,
  );
  const axis = `<text x="${left}" y="${height - 10}">0</text><text x="${width - right}" y="${height - 10}" text-anchor="end">step ${lastStep}</text>`;
  return `<g transform="translate(${x} 0)"><text x="${left}" y="20" font-weight="bold">${title}</text>${ticks.join("")}${paths.join("")}${legend.join("")}${axis}</g>`;
}

const { positionals } = parseArgs({ allowPositionals: true });
const [runFolder, output] = positionals;
if (!runFolder || !output) {
  console.error("Usage: node tools/plot-curves.mjs RUN_FOLDER OUTPUT.svg");
  process.exit(2);
}
const curves = readCurves(runFolder);
const lastStep = Math.max(...(curves.get("Loss/train") ?? []).map(({ step }) => step));
const panels = PANELS.map((panel, i) => drawPanel(panel, curves, lastStep, i * PANEL.width));
const width = PANELS.length * PANEL.width;
mkdirSync(dirname(output), { recursive: true });
writeFileSync(
  output,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height}" width="${width}" height="${PANEL.height}" font-family="sans-serif" font-size="12" fill="#333" role="img" aria-label="Training curves of ${runFolder}">\n<title>Training curves of ${runFolder}</title>\n<rect width="100%" height="100%" fill="white"/>\n${panels.join("\n")}\n</svg>\n`,
);
console.log(`wrote ${output}`);
