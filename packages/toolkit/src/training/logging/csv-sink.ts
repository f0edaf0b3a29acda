/**
 * steps.csv and epochs.csv: a run's curves for spreadsheets and plots, a row for each step and each epoch. Format: RFC
 * 4180. A cell holds a number, "true" or "false", so none needs quotes.
 */
import { join } from "node:path";
import { writeFileAtomicallySync } from "@deepspeech-ts/recognizer/system";
import { BufferedFile } from "./buffered-file.js";
import { type LoggedEvent, type LoggedEventOf, parseEvent } from "./logged-event.js";
import { linesIn } from "./read-log.js";
import type { LogSink } from "./sink.js";

/** Undefined is empty. */
type Cell = number | boolean | undefined;
/** Each column by its name, and how an event fills it. */
type Columns<K extends LoggedEvent["kind"]> = Record<string, (event: LoggedEventOf<K>) => Cell>;

const STEP_COLUMNS: Columns<"step"> = {
  step: ({ step }) => step,
  epoch: ({ epoch }) => epoch,
  loss: ({ loss }) => loss,
  learning_rate: ({ learningRate }) => learningRate,
  gradient_norm: ({ gradientNorm }) => gradientNorm,
  audio_seconds_per_second: ({ audioSecondsPerSecond }) => audioSecondsPerSecond,
  skipped: ({ skipped }) => skipped,
};

const EPOCH_COLUMNS: Columns<"epoch"> = {
  epoch: ({ epoch }) => epoch,
  step: ({ step }) => step,
  train_loss: ({ trainLoss }) => trainLoss,
  dev_loss: ({ dev }) => dev.loss,
  dev_wer: ({ dev }) => dev.rates.wer,
  dev_cer: ({ dev }) => dev.rates.cer,
  best: ({ isBest }) => isBest,
  elapsed_seconds: ({ elapsedSeconds }) => elapsedSeconds,
};

/** Written at once, when a table is begun. */
const WRITTEN_CHARACTERS = 2 ** 16;

/**
 * The tables of a run.
 *
 * @param log what the log holds already; the tables begin with its rows, whatever was in them before
 * @throws UserError where a file cannot be written
 */
export function csvSinks(runFolder: string, log: string): LogSink[] {
  return [
    new CsvSink(join(runFolder, "steps.csv"), "step", STEP_COLUMNS, log),
    new CsvSink(join(runFolder, "epochs.csv"), "epoch", EPOCH_COLUMNS, log),
  ];
}

class CsvSink<K extends LoggedEvent["kind"]> implements LogSink {
  readonly #file: BufferedFile;

  constructor(
    path: string,
    readonly kind: K,
    readonly columns: Columns<K>,
    log: string,
  ) {
    writeFileAtomicallySync(path, this.#table(log));
    this.#file = new BufferedFile(path, "a");
  }

  /** Its lines so far: the log is read as they are written, for it may be large. */
  *#table(log: string): Generator<Uint8Array, void, undefined> {
    let rows = line(Object.keys(this.columns));
    for (const { text } of linesIn(log)) {
      const event = parseEvent(text);
      if (this.#isRow(event)) rows += this.#row(event);
      if (rows.length < WRITTEN_CHARACTERS) continue;
      yield Buffer.from(rows);
      rows = "";
    }
    yield Buffer.from(rows);
  }

  handle(event: LoggedEvent): void {
    if (this.#isRow(event)) this.#file.add(Buffer.from(this.#row(event)));
  }

  flush(): void {
    this.#file.flush();
  }

  close(): void {
    this.#file.close();
  }

  #isRow(event: LoggedEvent): event is LoggedEventOf<K> {
    return event.kind === this.kind;
  }

  #row(event: LoggedEventOf<K>): string {
    return line(Object.values(this.columns).map((cellOf) => cellOf(event)));
  }
}

function line(cells: readonly (Cell | string)[]): string {
  return `${cells.join(",")}\r\n`;
}
