/** Which charts there are, and what of each run goes into them. */
import type { RunDetail } from "./api-types.js";
import { Chart, type Line } from "./chart.js";
import { byId } from "./dom.js";
import { loss, percent, small, speed } from "./format.js";
import { runName } from "./names.js";
import { smooth } from "./smoothing.js";
import type { Axis, View } from "./view.js";

type LinesOf = (run: RunDetail, name: string, view: View) => Line[];

const plain = (value: number) => String(Number(value.toPrecision(3)));
const percentTick = (value: number) => `${Number((100 * value).toPrecision(3))}%`;
const rates = { fromZero: true, format: percent, formatTick: percentTick };

const CHARTS: [chart: Chart, linesOf: LinesOf][] = [
  [new Chart({ title: "Loss", isWide: true, startsHigh: true, format: loss, formatTick: plain }), lossLines],
  [new Chart({ title: "Word error rate, dev", ...rates }), (run, name, { axis }) => [rateLine(run, name, axis, "wer")]],
  [
    new Chart({ title: "Character error rate, dev", ...rates }),
    (run, name, { axis }) => [rateLine(run, name, axis, "cer")],
  ],
  [
    new Chart({ title: "Learning rate", fromZero: true, format: small, formatTick: smallTick }),
    (run, name, { axis }) => [stepLine(run, name, axis, "learningRate")],
  ],
  [
    new Chart({ title: "Throughput: seconds of audio a second", fromZero: true, format: speed, formatTick: plain }),
    (run, name, { axis }) => [stepLine(run, name, axis, "audioSecondsPerSecond")],
  ],
];

export function showCharts(): void {
  byId("charts").replaceChildren(...CHARTS.map(([chart]) => chart.element));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const [chart] of CHARTS) chart.recolour();
  });
}

export function drawCurves(runs: readonly RunDetail[], view: View): void {
  for (const [chart, linesOf] of CHARTS) {
    const lines = runs.flatMap((run) => linesOf(run, runs.length > 1 ? runName(run.summary) : "", view));
    chart.draw(lines, view.axis, { isLog: linesOf === lossLines && view.isLossLog });
  }
}

/** The training loss as it was, behind its average, and the dev loss. */
function lossLines(run: RunDetail, name: string, { axis, smoothing }: View): Line[] {
  const { curves, evaluations, summary } = run;
  const train = { colour: summary.colour, isDashed: false, hasPoints: false, x: curves[axis] };
  const label = `${name} train`.trim();
  const dev = { ...train, isDashed: true, hasPoints: true, x: evaluations.map((evaluation) => evaluation[axis]) };
  return [
    ...(smoothing > 0 ? [{ ...train, label: null, y: curves.loss }] : []),
    { ...train, label, y: smooth(curves.loss, smoothing) },
    { ...dev, label: `${name} dev`.trim(), y: evaluations.map(({ devLoss }) => devLoss) },
  ];
}

function rateLine({ evaluations, summary }: RunDetail, name: string, axis: Axis, rate: "wer" | "cer"): Line {
  return {
    ...{ label: name || "dev", colour: summary.colour, isDashed: false, hasPoints: true },
    x: evaluations.map((evaluation) => evaluation[axis]),
    y: evaluations.map((evaluation) => evaluation[rate]),
  };
}

function stepLine(
  { curves, summary }: RunDetail,
  name: string,
  axis: Axis,
  column: "learningRate" | "audioSecondsPerSecond",
): Line {
  return {
    ...{ label: name || "train", colour: summary.colour, isDashed: false, hasPoints: false },
    ...{ x: curves[axis], y: curves[column] },
  };
}

function smallTick(value: number): string {
  return value === 0 ? "0" : Number(value.toPrecision(2)).toExponential();
}
