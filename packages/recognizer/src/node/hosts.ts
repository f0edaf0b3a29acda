/**
 * Where calls are served: in a worker thread, or in a process of its own.
 *
 * What runs native code belongs into a process. Node stops a thread wherever it is when its process or its parent thread
 * ends, within a native call too, and onnxruntime-node answers that by aborting the whole process (seen up to 1.30): its
 * results can no longer be handed over, and the exception that says so has nowhere to go.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Host, StartHost } from "../core/call-client.js";
import type { Call } from "../core/calls.js";
import { MessagePipe } from "./message-pipe.js";
import { CALLS_PIPE } from "./serve-calls.js";

/** A worker thread. Its script must call `serveCalls`. */
export function threadHost(script: URL, workerData: unknown): StartHost {
  return ({ onAnswer, onEnd }) => {
    const worker = new Worker(script, { workerData });
    worker.unref();
    worker.on("message", onAnswer);
    worker.on("error", onEnd);
    worker.on("exit", (status) => onEnd(new Error(`a worker thread stopped with status ${status}`)));
    return {
      post: (call, transfer) => worker.postMessage(call, transfer),
      ref: () => worker.ref(),
      unref: () => worker.unref(),
      stop: async () => void (await worker.terminate()),
    };
  };
}

/**
 * A process of Node's. Its script must call `serveCalls`, and `followParent`.
 *
 * @param first a call that it is given before any other
 */
export function processHost(script: URL, first: Omit<Call, "id">): StartHost {
  return ({ onAnswer, onEnd }) => {
    const child = startProcess(script);
    const socket = child.stdio[CALLS_PIPE] as Socket;
    const pipe = new MessagePipe(socket, onAnswer);
    child.on("error", onEnd);
    child.on("exit", (status, signal) => {
      onEnd(new Error(`the model's process stopped with ${signal ?? `status ${status}`}`));
    });
    const host: Host = {
      pid: child.pid,
      // That nobody listens any more is told by the exit.
      post: (call) => pipe.send(call),
      ref: () => {
        child.ref();
        socket.ref();
      },
      unref: () => {
        child.unref();
        socket.unref();
      },
      stop: async () => {
        const isRunning = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
        if (!isRunning) return;
        child.ref();
        child.kill("SIGKILL");
        await once(child, "exit");
      },
    };
    host.unref();
    host.post({ id: -1, ...first }, []);
    return host;
  };
}

/**
 * ONNX Runtime 1.30 reports its use to its maker unless told otherwise before its library is loaded. What a recogniser
 * hears is nobody's business. Who wants the reports sets the variable to 0.
 */
const NO_REPORTS = { ORT_DISABLE_TELEMETRY: "1" };

/** Processes that end with this thread. */
const running = new Set<ChildProcess>();

function startProcess(script: URL): ChildProcess {
  const child = fork(fileURLToPath(script), [], {
    // Options such as --inspect or --input-type are the caller's alone.
    execArgv: [],
    env: { ...NO_REPORTS, ...process.env },
    // Node's channel tells the process that its parent has ended. Calls have a pipe of their own, which on Windows is one for
    // libuv at both ends.
    stdio: ["ignore", "ignore", "inherit", "ipc", "overlapped"],
    windowsHide: true,
  } as Parameters<typeof fork>[2]);
  child.channel?.unref();
  if (running.size === 0) process.on("exit", stopAll);
  running.add(child);
  child.once("exit", () => {
    running.delete(child);
    if (running.size === 0) process.off("exit", stopAll);
  });
  return child;
}

/** They would end by themselves, but only after the call that they are at. */
function stopAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** The process's side: it ends when its parent does, and not before, whatever a terminal or a service manager signals. */
export function followParent(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  // Nobody is left to hear of anything; ONNX Runtime's own way out could abort.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
}
