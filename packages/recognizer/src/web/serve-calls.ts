/** The serving side of calls, in a web worker. */
import { answerTo, type Call, type Handlers } from "../core/calls.js";

/** What a worker's global scope has of it; the page's own types cannot say so. */
interface WorkerScope {
  addEventListener(type: "message", listener: (event: MessageEvent<Call>) => void): void;
  postMessage(message: unknown, transfer: readonly Transferable[]): void;
}

/** Answers calls with the methods of `handlers`. */
export function serveCalls(handlers: Handlers): void {
  const scope = globalThis as unknown as WorkerScope;
  scope.addEventListener("message", async ({ data }) => {
    const { answer, transfer } = await answerTo(handlers, data);
    scope.postMessage(answer, transfer);
  });
}
