/** The strip that shows a recording over time. Only what is in view is drawn, so that it may be of any length. */
import type { SpokenWord } from "@deepspeech-ts/speech";
import type { Columns } from "../sound/columns.js";
import { type Colours, readColours } from "./colours.js";
import { clock, drawLanes, HEIGHT } from "./lanes.js";
import type { Tokens } from "./tokens.js";

const LEAST_PIXELS_PER_SECOND = 190;
/** The longest element that browsers lay out with care. */
const MOST_PIXELS = 4_000_000;

export class Timeline {
  readonly #element: HTMLElement;
  readonly #run = document.createElement("div");
  readonly #canvas = document.createElement("canvas");
  readonly #labels = document.createElement("div");
  readonly #playhead = document.createElement("div");
  readonly #readout = document.createElement("div");
  #colours: Colours = readColours();
  #columns: Columns | undefined;
  #tokens: Tokens | undefined;
  #isLive = false;
  #isDrawing = false;
  #marks: { readonly label: HTMLElement; readonly word: SpokenWord }[] = [];
  /** Pixels per second for which the labels stand where they should. */
  #placedFor: number | undefined;
  onSeek: (seconds: number) => void = () => {};
  onWord: (word: SpokenWord) => void = () => {};

  constructor(element: HTMLElement) {
    this.#element = element;
    this.#run.className = "run";
    // The transcript's buttons say the same.
    this.#labels.className = "labels";
    this.#labels.ariaHidden = "true";
    this.#playhead.className = "playhead";
    this.#playhead.hidden = true;
    this.#readout.className = "readout";
    this.#readout.ariaHidden = "true";
    this.#readout.hidden = true;
    this.#run.append(this.#canvas, this.#labels, this.#playhead, this.#readout);
    this.#canvas.addEventListener("pointermove", (event) => this.#showReadout(event));
    this.#canvas.addEventListener("pointerleave", () => {
      this.#readout.hidden = true;
    });
    element.append(this.#run);
    // What scrolls is scrolled by keys, too.
    element.tabIndex = 0;
    element.addEventListener("scroll", () => this.draw());
    element.addEventListener("keydown", (event) => this.#scrollBy(event));
    this.#canvas.addEventListener("click", ({ offsetX }) => {
      this.onSeek((offsetX + element.scrollLeft) / this.#pixelsPerSecond);
    });
    new ResizeObserver(() => this.draw()).observe(element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#colours = readColours();
      this.draw();
    });
  }

  /** @param isLive whether the strip follows its end */
  show(columns: Columns | undefined, { isLive = false } = {}): void {
    this.#element.hidden = columns === undefined;
    this.#columns = columns;
    this.#isLive = isLive;
    this.#tokens = undefined;
    this.#element.scrollLeft = 0;
    this.setWords([]);
    this.draw();
  }

  setTokens(tokens: Tokens | undefined): void {
    this.#tokens = tokens;
    this.draw();
  }

  setWords(words: readonly SpokenWord[]): void {
    this.#marks = words.map((word) => {
      const label = document.createElement("span");
      label.textContent = word.word;
      label.addEventListener("click", () => this.onWord(word));
      return { label, word };
    });
    this.#labels.replaceChildren(...this.#marks.map(({ label }) => label));
    this.#placedFor = undefined;
    this.draw();
  }

  setTime(seconds: number | undefined): void {
    this.#playhead.hidden = seconds === undefined;
    for (const { label, word } of this.#marks) {
      label.classList.toggle("playing", isAt(word, seconds));
    }
    if (seconds === undefined) return;
    const x = seconds * this.#pixelsPerSecond;
    this.#playhead.style.transform = `translateX(${x}px)`;
    const { scrollLeft, clientWidth } = this.#element;
    if (x < scrollLeft || x > scrollLeft + clientWidth) this.#element.scrollLeft = x - clientWidth / 4;
  }

  get #pixelsPerSecond(): number {
    const { seconds = 1 } = this.#columns ?? {};
    const fitting = this.#element.clientWidth / Math.max(1, seconds);
    if (this.#isLive) return LEAST_PIXELS_PER_SECOND;
    return Math.min(Math.max(fitting, LEAST_PIXELS_PER_SECOND), MOST_PIXELS / Math.max(1, seconds));
  }

  draw(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const columns = this.#columns;
    const width = this.#element.clientWidth;
    if (!columns || width === 0) return;
    // Columns are made a few at a time.
    const isMore = columns.work();
    const pixelsPerSecond = this.#pixelsPerSecond;
    this.#run.style.width = `${Math.max(width, Math.ceil(columns.seconds * pixelsPerSecond))}px`;
    if (this.#isLive) this.#element.scrollLeft = this.#element.scrollWidth;
    this.#placeLabels(pixelsPerSecond);
    const scale = devicePixelRatio;
    if (this.#canvas.width !== Math.round(width * scale)) {
      this.#canvas.width = Math.round(width * scale);
      this.#canvas.height = HEIGHT * scale;
      this.#canvas.style.width = `${width}px`;
      this.#canvas.style.height = `${HEIGHT}px`;
    }
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const view = { startSeconds: this.#element.scrollLeft / pixelsPerSecond, pixelsPerSecond, width };
    drawLanes(context, view, { columns, tokens: this.#tokens, colours: this.#colours });
    if (isMore) this.draw();
  }

  #placeLabels(pixelsPerSecond: number): void {
    if (this.#placedFor === pixelsPerSecond) return;
    this.#placedFor = pixelsPerSecond;
    for (const { label, word } of this.#marks) {
      label.style.left = `${word.startSeconds * pixelsPerSecond}px`;
      label.style.width = `${Math.max(14, (word.endSeconds - word.startSeconds) * pixelsPerSecond)}px`;
    }
  }

  #showReadout({ offsetX, offsetY }: PointerEvent): void {
    const x = offsetX + this.#element.scrollLeft;
    const seconds = x / this.#pixelsPerSecond;
    this.#readout.textContent = [clock(seconds, 2), this.#tokens?.tell(seconds)].filter(Boolean).join("  ");
    this.#readout.hidden = false;
    const isRight = offsetX > this.#element.clientWidth / 2;
    this.#readout.style.transform = `translate(${x}px, ${Math.min(offsetY, HEIGHT - 60)}px) translate(${isRight ? "calc(-100% - 12px)" : "12px"}, 0)`;
  }

  #scrollBy({ key }: KeyboardEvent): void {
    const step = { ArrowLeft: -0.25, ArrowRight: 0.25, PageUp: -0.9, PageDown: 0.9 }[key];
    if (step !== undefined) this.#element.scrollLeft += step * this.#element.clientWidth;
  }
}

export function isAt({ startSeconds, endSeconds }: SpokenWord, seconds: number | undefined): boolean {
  return seconds !== undefined && seconds >= startSeconds && seconds < endSeconds;
}
