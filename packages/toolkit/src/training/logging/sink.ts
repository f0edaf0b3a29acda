/** Where a run's events go: each kind of log is a sink, and knows nothing of the others. */
import type { LoggedEvent } from "./logged-event.js";
import type { SpectrogramPair } from "./spectrogram-image.js";

export interface LogSink {
  /** Takes an event, without waiting for disk or network. Throws the `UserError` of a disk that is full. */
  handle(event: LoggedEvent): void;
  /** Takes what a batch's first utterance looks like; for sinks that show pictures. */
  spectrograms?(step: number, pair: SpectrogramPair): void;
  /** Hands what was gathered to the operating system. */
  flush(): void;
  /** Ends the log; nothing comes after. */
  close(): void | Promise<void>;
}
