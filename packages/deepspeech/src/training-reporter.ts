/**
 * Shows a run as it goes: on a terminal a bar that is always up to date, elsewhere (a log, a pipe) a line now and then.
 * Whatever must stay readable afterwards is a line on stdout in both.
 */
import type { TrainingEvent } from "@deepspeech-ts/toolkit/internal/training/events.js";
import { formatDuration, formatPlural } from "./format.js";
import { ProgressBar } from "./progress-bar.js";
import {
  averagedLines,
  dataLines,
  type EventOf,
  epochLines,
  failureLine,
  finishedLines,
  planLines,
  skippedLine,
  startLines,
  stepFigures,
  stepLine,
  testLines,
  warningLine,
} from "./training-lines.js";

/** Between two lines of progress where there is no terminal. */
const LINE_INTERVAL_MS = 10_000;
/** Files that could not be loaded are named up to this many. */
const SHOWN_FAILURES = 5;

export interface TrainingReporterOptions {
  /** Takes one line, without its end. */
  writeLine: (line: string) => void;
  /** The terminal that shows the bar; undefined where there is none. */
  terminal?: NodeJS.WritableStream | undefined;
  /** The test data's paths, for the advice at the end. */
  test: readonly string[];
  /** Milliseconds that only ever grow. */
  now?: () => number;
}

export class TrainingReporter {
  readonly #options: Required<Pick<TrainingReporterOptions, "now">> & TrainingReporterOptions;
  readonly #bar: ProgressBar | undefined;
  #lastLineMs: number;
  #epochs = 0;
  #numFailures = 0;

  constructor(options: TrainingReporterOptions) {
    this.#options = { now: () => performance.now(), ...options };
    this.#lastLineMs = this.#options.now();
    this.#bar = options.terminal && new ProgressBar(options.terminal);
  }

  handle(event: TrainingEvent): void {
    if (event.kind === "step") this.#step(event);
    else if (event.kind === "evaluating") this.#evaluating(event);
    else if (event.kind === "failure") this.#failure(event);
    else this.print(...this.#linesOf(event));
  }

  /** Prints lines above the bar, which comes back with the next step. */
  print(...lines: string[]): void {
    this.close();
    for (const line of lines) this.#options.writeLine(line);
  }

  /** Takes the bar off the terminal. */
  close(): void {
    this.#bar?.close();
  }

  #linesOf(
    event: EventOf<"data" | "warning" | "start" | "plan" | "epoch" | "averaged" | "test" | "finished">,
  ): string[] {
    switch (event.kind) {
      case "data":
        return dataLines(event);
      case "warning":
        return [warningLine(event)];
      case "start":
        this.#epochs = event.epochs;
        return startLines(event);
      case "plan":
        return [...planLines(event), ""];
      case "epoch":
        return epochLines(event);
      case "averaged":
        return averagedLines(event);
      case "test":
        return ["", ...testLines(event)];
      case "finished":
        return [...this.#failureTotal(), ...finishedLines(event, this.#options.test)];
    }
  }

  #step(event: EventOf<"step">): void {
    if (event.skipped) this.print(skippedLine(event));
    const figures = `${stepFigures(event)}  ETA ${formatDuration(event.etaSeconds)}`;
    const title = `epoch ${event.epoch}/${this.#epochs}`;
    if (this.#bar) this.#bar.show(event.step, event.totalSteps, { title, figures });
    else this.#lineNowAndThen(() => stepLine(event, this.#epochs));
  }

  #evaluating({ corpus, done, total }: EventOf<"evaluating">): void {
    if (this.#bar) this.#bar.show(done, total, { title: `on ${corpus}`, figures: "utterances" });
    else this.#lineNowAndThen(() => `evaluating on ${corpus}  ${done} of ${formatPlural(total, "utterance")}`);
  }

  #lineNowAndThen(line: () => string): void {
    const now = this.#options.now();
    if (now - this.#lastLineMs < LINE_INTERVAL_MS) return;
    this.#lastLineMs = now;
    this.print(line());
  }

  #failure(event: EventOf<"failure">): void {
    this.#numFailures += 1;
    if (this.#numFailures <= SHOWN_FAILURES) this.print(failureLine(event));
  }

  #failureTotal(): string[] {
    if (this.#numFailures <= SHOWN_FAILURES) return [];
    return [`${this.#numFailures} times a recording could not be loaded; the first ${SHOWN_FAILURES} are named above.`];
  }
}
