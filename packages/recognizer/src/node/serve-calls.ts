/** The serving side of calls, in a worker thread or a process. */
import { Socket } from "node:net";
import { parentPort } from "node:worker_threads";
import { answerTo, type Call, type Handlers } from "../core/calls.js";
import { MessagePipe } from "./message-pipe.js";

/** The descriptor of a process's end of the pipe to its parent, beside Node's own channel. */
export const CALLS_PIPE = 4;

/** Answers calls with the methods of `handlers`. */
export function serveCalls(handlers: Handlers): void {
  const thread = parentPort;
  if (thread) {
    thread.on("message", async (call: Call) => {
      const { answer, transfer } = await answerTo(handlers, call);
      thread.postMessage(answer, transfer);
    });
    return;
  }
  const pipe = new MessagePipe(new Socket({ fd: CALLS_PIPE }), async (call: Call) => {
    pipe.send((await answerTo(handlers, call)).answer);
  });
}
