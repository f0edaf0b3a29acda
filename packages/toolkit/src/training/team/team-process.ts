/** One of the processes that launch.ts starts. It ends with whoever started it, however that ends. */
import { errorMessage, UserError } from "@deepspeech-ts/recognizer/system";
import type { TrainConfig } from "../config.js";
import type { TrainingEvent } from "../events.js";
import { runHere } from "../run-training.js";
import type { Place } from "./place.js";

export type MessageToProcess = { kind: "start"; config: TrainConfig; place: Place } | { kind: "stop" };

export interface ProcessFailure {
  kind: "failed";
  message: string;
  code: string;
  exitCode: number;
}

export type MessageFromProcess = { kind: "event"; event: TrainingEvent } | { kind: "done" } | ProcessFailure;

const stop = new AbortController();

// Ctrl-C reaches all processes of a terminal; whoever started this one decides what it means.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(1));
process.on("message", (message: MessageToProcess) => {
  if (message.kind === "stop") stop.abort();
  else void run(message);
});

async function run({ config, place }: Extract<MessageToProcess, { kind: "start" }>): Promise<void> {
  let last: MessageFromProcess = { kind: "done" };
  try {
    await runHere(config, { place, signal: stop.signal, onEvent: (event) => tell({ kind: "event", event }) });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    last = { kind: "failed", message: errorMessage(error), code: error.code, exitCode: error.exitCode };
  }
  tell(last, () => process.exit());
}

function tell(message: MessageFromProcess, then = () => {}): void {
  process.send?.(message, then);
}
