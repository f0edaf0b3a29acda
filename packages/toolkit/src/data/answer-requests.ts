/** The other side of a worker pool: a thread that answers requests about files. */
import { parentPort, type TransferListItem } from "node:worker_threads";
import { reasonOf } from "./reason-of.js";
import type { PoolRequest, PoolResponse } from "./worker-pool.js";

/** What was asked for, or why there is none: the file cannot be used, and the reason names it. */
export type Answer<R> = R | { readonly reason: string };

/**
 * Answers a `WorkerPool`'s requests from now on.
 *
 * One at a time: a recording is decoded in one go anyway, and memory stays at one recording's worth.
 *
 * @param transfer what of an answer goes over instead of being copied. Default: nothing
 */
export function answerRequests<Q, R>(
  answer: (request: Q) => Promise<R>,
  transfer: (answer: Answer<R>) => TransferListItem[] = () => [],
): void {
  const port = parentPort;
  if (!port) throw new Error("answerRequests: runs in a worker thread alone");
  let last: Promise<void> = Promise.resolve();
  port.on("message", ({ requestId, request }: PoolRequest<Q>) => {
    last = last.then(async () => {
      const response: Answer<R> = await answer(request).catch((error) => ({ reason: reasonOf(error) }));
      port.postMessage({ requestId, response } satisfies PoolResponse<Answer<R>>, transfer(response));
    });
  });
}
