/**
 * One chart: lines over a common axis, and below it their names and values, the newest or those under the cursor. The
 * cursor goes with the pointer, and with the arrow keys where the chart has the focus.
 */
import { element, NUM_COLOURS, swatch } from "./dom.js";
import { count, UNKNOWN } from "./format.js";
import { uPlot, type uPlotClass } from "./uplot.js";
import type { Axis } from "./view.js";

export interface Line {
  /** What the list of values calls it; a line without a name is a faint one behind another, and not in the list. */
  label: string | null;
  colour: number;
  isDashed: boolean;
  /** Each value gets a point, for they are few. */
  hasPoints: boolean;
  x: readonly number[];
  y: readonly (number | null)[];
}

export interface ChartOptions {
  title: string;
  isWide?: boolean;
  /** The scale begins at 0. */
  fromZero?: boolean;
  /** What falls at once from where it began: the first values do not stretch the scale, and may leave the plot. */
  startsHigh?: boolean;
  /** A value in the list. */
  format(value: number | null): string;
  /** A value at the axis. */
  formatTick(value: number): string;
}

const HEIGHT = 230;
const FONT = "12px system-ui, sans-serif";
/** Parts of the chart's width that an arrow key goes. */
const KEY_STEPS = 100;
const AXIS_NAMES: Record<Axis, string> = { step: "steps", epoch: "epochs", hours: "hours of training" };

export class Chart {
  readonly element: HTMLElement;
  readonly #plotElement = element("div", { class: "plot", tabindex: 0, role: "img" });
  readonly #nothing = element("p", { class: "quiet" }, "Nothing yet.");
  readonly #values = element("ul", { class: "values" });
  #plot: uPlotClass | null = null;
  #lines: readonly Line[] = [];
  #axis: Axis = "step";
  #isLog = false;
  /** What the plot was made for: with the same, new data is all it needs. */
  #made = "";
  #isZoomed = false;

  constructor(readonly options: ChartOptions) {
    const style = options.isWide ? "chart-panel wide" : "chart-panel";
    this.element = element(
      "div",
      { class: style },
      element("h3", {}, options.title),
      this.#nothing,
      this.#plotElement,
      this.#values,
    );
    this.#plotElement.addEventListener("keydown", (event) => this.#moveByKey(event));
    this.#plotElement.addEventListener("focus", () => this.#values.setAttribute("aria-live", "polite"));
    this.#plotElement.addEventListener("blur", () => this.#values.removeAttribute("aria-live"));
    new ResizeObserver(() => this.#plot?.setSize({ width: this.#plotElement.clientWidth, height: HEIGHT })).observe(
      this.#plotElement,
    );
  }

  draw(given: readonly Line[], axis: Axis, { isLog = false } = {}): void {
    const lines = isLog ? given.map(withoutLogless) : given;
    this.#lines = given;
    this.#axis = axis;
    this.#isLog = isLog;
    const isEmpty = lines.every(({ x }) => x.length === 0);
    this.#nothing.hidden = !isEmpty;
    this.#plotElement.hidden = isEmpty;
    this.#values.hidden = isEmpty;
    if (isEmpty) return;
    const data = uPlot.join(lines.map(({ x, y }): uPlotClass.AlignedData => [[...x], [...y]]));
    const shape = JSON.stringify([axis, isLog, lines.map(({ label, colour, isDashed }) => [label, colour, isDashed])]);
    if (this.#plot && shape === this.#made) this.#plot.setData(data, !this.#isZoomed);
    else this.#make(data);
    this.#made = shape;
    this.#showValues(null);
  }

  /** Makes the plot anew, in the colours of the moment. */
  recolour(): void {
    this.#made = "";
    this.draw(this.#lines, this.#axis, { isLog: this.#isLog });
  }

  #make(data: uPlotClass.AlignedData): void {
    this.#plot?.destroy();
    this.#isZoomed = false;
    const size = { width: this.#plotElement.clientWidth, height: HEIGHT };
    this.#plot = new uPlot({ ...size, ...this.#plotOptions() }, data, this.#plotElement);
  }

  #plotOptions(): Omit<uPlotClass.Options, "width" | "height"> {
    const { fromZero, startsHigh, formatTick } = this.options;
    const fullRange: uPlotClass.Range.Function = (_, __, most) => [0, most > 0 ? most * 1.05 : 1];
    const linear = fromZero ? fullRange : startsHigh ? settledRange : undefined;
    const range = this.#isLog ? logRange : linear;
    // The third of uPlot's distributions is the logarithmic one.
    const y = { ...(range && { range }), ...(this.#isLog && { distr: 3 as const }) };
    const axis = {
      stroke: colourOf("--quiet"),
      font: FONT,
      grid: { stroke: colourOf("--line"), width: 1 },
      ticks: { show: false },
    };
    // A logarithmic axis gives no value where it wants no number.
    const formatAll = (format: (value: number) => string) => (_: uPlotClass, values: (number | null)[]) =>
      values.map((value) => (value === null ? "" : format(value)));
    return {
      scales: { x: { time: false }, y },
      series: [{}, ...this.#lines.map(seriesOf)],
      axes: [
        {
          ...axis,
          values: formatAll(axisTick),
          label: AXIS_NAMES[this.#axis],
          labelFont: FONT,
          labelSize: 18,
          size: 32,
        },
        { ...axis, values: formatAll(formatTick), size: 62 },
      ],
      legend: { show: false },
      cursor: { sync: { key: "curves" }, points: { size: 6 } },
      hooks: {
        setCursor: [(plot) => this.#showValues(plot.cursor.idx ?? null)],
        setSelect: [(plot) => this.#noteZoom(plot.select.width > 0)],
        // A double click shows all again.
        ready: [(plot) => plot.over.addEventListener("dblclick", () => this.#noteZoom(false))],
      },
    };
  }

  #noteZoom(isZoomed: boolean): void {
    this.#isZoomed = isZoomed;
  }

  /** @param index of the place under the cursor; null for the newest */
  #showValues(index: number | null): void {
    const [xs = [], ...columns] = this.#plot?.data ?? [];
    const items: HTMLLIElement[] = [];
    for (const [i, { label, colour, isDashed }] of this.#lines.entries()) {
      if (label === null) continue;
      const value = valueAt(columns[i] ?? [], index ?? xs.length - 1);
      items.push(element("li", {}, swatch(colour, isDashed), `${label} ${this.options.format(value)}`));
    }
    if (index !== null) items.push(element("li", { class: "at" }, this.#placeOf(xs[index] ?? 0)));
    this.#values.replaceChildren(...items);
    if (index === null) this.#plotElement.setAttribute("aria-label", this.#description());
  }

  #placeOf(x: number): string {
    if (this.#axis === "step") return `at step ${count(x)}`;
    return this.#axis === "epoch" ? `after ${x.toFixed(2)} epochs` : `after ${x.toFixed(2)} hours`;
  }

  #description(): string {
    const newest = [...this.#values.children].map(({ textContent }) => textContent);
    return `${this.options.title} over ${AXIS_NAMES[this.#axis]}; newest: ${newest.join(", ") || UNKNOWN}. Arrow keys read values.`;
  }

  #moveByKey(event: KeyboardEvent): void {
    const plot = this.#plot;
    if (!plot) return;
    const { clientWidth: width, clientHeight } = plot.over;
    const at = plot.cursor.left ?? -1;
    const from = at < 0 ? width : at;
    const places: Record<string, number> = { Home: 0, End: width, Escape: -10 };
    const step = { ArrowLeft: -width / KEY_STEPS, ArrowRight: width / KEY_STEPS }[event.key];
    const left = step === undefined ? places[event.key] : Math.max(0, Math.min(width, from + step));
    if (left === undefined) return;
    event.preventDefault();
    plot.setCursor({ left, top: left < 0 ? -10 : clientHeight / 2 });
  }
}

/** The range of what is in view, but for the first twentieth of it. */
function settledRange(plot: uPlotClass, least: number, most: number): uPlotClass.Range.MinMax {
  const [first, last] = plot.series[0]?.idxs ?? [0, 0];
  const from = first + Math.ceil((last - first) / 20);
  const settled = plot.data.slice(1).flatMap((values) => [...values.slice(from, last + 1)]);
  const known = settled.filter((value) => value !== null && value !== undefined);
  const highest = known.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
  return uPlot.rangeNum(least, Number.isFinite(highest) ? highest : most, 0.1, true);
}

/** From digit to digit, where whole powers of ten would leave most of the plot empty. */
function logRange(_: uPlotClass, least: number, most: number): uPlotClass.Range.MinMax {
  if (!(least > 0)) return [1, 10];
  const power = (value: number) => 10 ** Math.floor(Math.log10(value));
  const from = Math.floor(least / power(least)) * power(least);
  const to = Math.ceil(most / power(most)) * power(most);
  return [from, to > from ? to : 2 * from];
}

/** What is not above 0 has no logarithm. */
function withoutLogless(line: Line): Line {
  return { ...line, y: line.y.map((value) => (value !== null && value > 0 ? value : null)) };
}

function seriesOf({ label, colour, isDashed, hasPoints }: Line): uPlotClass.Series {
  const isFaint = label === null;
  const stroke = colourOf(`--run-${colour % NUM_COLOURS}`);
  return {
    ...{ label: label ?? "", stroke, width: isFaint ? 1 : 2, alpha: isFaint ? 0.3 : 1 },
    ...(isDashed && { dash: [6, 4] }),
    points: { show: hasPoints, size: 6, fill: stroke },
  };
}

/** The value at an index, or the last before it: each line has places of its own on the common axis. */
function valueAt(values: ArrayLike<number | null | undefined>, index: number): number | null {
  for (let i = index; i >= 0; i--) {
    const value = values[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

function axisTick(value: number): string {
  if (value >= 1000) return new Intl.NumberFormat("en-US", { notation: "compact" }).format(value);
  return String(Number(value.toPrecision(3)));
}

function colourOf(variable: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
}
