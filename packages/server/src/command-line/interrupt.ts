/** Ctrl-C as a request: the first ends the work in order, the second ends the process at once. */
import { UserError } from "@deepspeech-ts/recognizer/system";

/** What a process that Ctrl-C ended exits with: 128 and the number of SIGINT. */
export const INTERRUPTED_EXIT_CODE = 130;

/** What a command that Ctrl-C ended before it wrote anything ends with. */
export function nothingWritten(): UserError {
  return new UserError("interrupted; nothing was written", { code: "interrupted", exitCode: INTERRUPTED_EXIT_CODE });
}

export interface Interruption extends Disposable {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** @param onFirst runs once, to say what happens now */
export function listenForInterrupt(onFirst: () => void): Interruption {
  const controller = new AbortController();
  const listener = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED_EXIT_CODE);
    controller.abort();
    onFirst();
  };
  process.on("SIGINT", listener);
  process.on("SIGTERM", listener);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off("SIGINT", listener);
      process.off("SIGTERM", listener);
    },
  };
}
