/**
 * Runs one task in a worker thread of its own, because libtorch blocks the thread it works on: events stream back while
 * it runs, a request to stop goes over shared memory, and errors meant for people arrive as what they were.
 */
import { parentPort, Worker, workerData } from "node:worker_threads";
import { errorMessage, UserError } from "@deepspeech-ts/recognizer/system";
import { setNativeDefaults } from "@deepspeech-ts/torch/environment";

type Message<Event> =
  | { kind: "event"; event: Event }
  | { kind: "done" }
  | { kind: "failed"; message: string; code: string; exitCode: number };

interface TaskData<Input> {
  input: Input;
  /** One Int32: not 0 once the task should stop. A blocked thread can read it; a message would wait. */
  stop: SharedArrayBuffer;
}

export interface TaskOptions<Event> {
  onEvent: (event: Event) => void;
  /** Aborting asks the task to end in good order; the promise then resolves as usual. */
  signal?: AbortSignal;
}

/** Starts the worker at `url`, which must call `serveTask`, and waits for its end. */
export async function runTask<Input, Event>(url: URL, input: Input, options: TaskOptions<Event>): Promise<void> {
  setNativeDefaults();
  const stop = new SharedArrayBuffer(4);
  const requestStop = () => Atomics.store(new Int32Array(stop), 0, 1);
  if (options.signal?.aborted) requestStop();
  options.signal?.addEventListener("abort", requestStop, { once: true });
  const worker = new Worker(url, { workerData: { input, stop } satisfies TaskData<Input> });
  try {
    await new Promise<void>((resolve, reject) => {
      worker.on("message", (message: Message<Event>) => {
        if (message.kind === "event") options.onEvent(message.event);
        else if (message.kind === "done") resolve();
        else reject(new UserError(message.message, { code: message.code, exitCode: message.exitCode }));
      });
      worker.on("error", reject);
      worker.on("exit", (code) => reject(new Error(`the worker thread ended early, with code ${code}`)));
    });
  } finally {
    options.signal?.removeEventListener("abort", requestStop);
    await worker.terminate();
  }
}

export interface TaskHost<Event> {
  emit(event: Event): void;
  shouldStop(): boolean;
}

/** The worker's side: runs `task` on the input that `runTask` was given. */
export function serveTask<Input, Event>(task: (input: Input, host: TaskHost<Event>) => Promise<void>): void {
  const port = parentPort;
  if (!port) throw new Error("serveTask must run in a worker thread");
  const { input, stop } = workerData as TaskData<Input>;
  const flag = new Int32Array(stop);
  const post = (message: Message<Event>) => port.postMessage(message);
  const host = {
    emit: (event: Event) => post({ kind: "event", event }),
    shouldStop: () => Atomics.load(flag, 0) !== 0,
  };
  task(input, host).then(
    () => post({ kind: "done" }),
    (error: unknown) => {
      // Other errors are defects: the worker dies of them, and its stack trace is kept.
      if (!(error instanceof UserError)) throw error;
      post({ kind: "failed", message: errorMessage(error), code: error.code, exitCode: error.exitCode });
    },
  );
}
