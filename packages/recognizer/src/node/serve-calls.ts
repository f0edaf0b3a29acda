/** The serving side of calls, in a worker thread or a process. */
import { parentPort } from "node:worker_threads";
import { type Answer, answerTo, type Call, type Handlers } from "../core/calls.js";

/** Answers calls with the methods of `handlers`. */
export function serveCalls(handlers: Handlers): void {
  const parent = parentPort ?? process;
  const post = (answer: Answer, transfer: readonly ArrayBuffer[]) => {
    if (parentPort) parentPort.postMessage(answer, transfer);
    // Where the parent is gone, nobody waits for the answer, and `followParent` is told.
    else process.send?.(answer, undefined, undefined, () => {});
  };
  parent.on("message", async (call: Call) => {
    const { answer, transfer } = await answerTo(handlers, call);
    post(answer, transfer);
  });
}
