/** log.jsonl: every event of the run, one a line. What reads a run later or live reads this (read-log.ts). */
import { BufferedFile } from "./buffered-file.js";
import { formatEvent, type LoggedEvent } from "./logged-event.js";
import type { LogSink } from "./sink.js";

export class JsonLinesSink implements LogSink {
  readonly #file: BufferedFile;

  /** @param path a log that was cut to whole lines, or no file yet */
  constructor(path: string) {
    this.#file = new BufferedFile(path, "a");
  }

  handle(event: LoggedEvent): void {
    this.#file.add(Buffer.from(formatEvent(event)));
  }

  flush(): void {
    this.#file.flush();
  }

  close(): void {
    this.#file.close();
  }
}
