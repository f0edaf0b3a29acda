/** One bar at the bottom of a terminal, which goes away for lines of text and comes back after them. */
import { SingleBar } from "cli-progress";

export interface BarText {
  /** Left of the bar. */
  title: string;
  /** Right of the bar and its counts. */
  figures: string;
}

export class ProgressBar {
  readonly #bar: SingleBar | undefined;
  #isShown = false;

  /** @param terminal where the bar is drawn; without one, nothing is */
  constructor(terminal: NodeJS.WritableStream | undefined) {
    this.#bar = terminal && createBar(terminal);
  }

  show(done: number, total: number, text: BarText): void {
    if (!this.#isShown) this.#bar?.start(total, done, text);
    this.#isShown = true;
    this.#bar?.setTotal(total);
    this.#bar?.update(done, text);
  }

  /** Clears the bar's line; `show` brings it back. */
  close(): void {
    if (this.#isShown) this.#bar?.stop();
    this.#isShown = false;
  }
}

function createBar(stream: NodeJS.WritableStream): SingleBar {
  return new SingleBar({
    format: "{title}  {bar}  {value}/{total}  {figures}",
    barsize: 20,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    clearOnComplete: true,
    stream,
  });
}
