/** The worker thread that measures recordings for the check. */
import { parentPort } from "node:worker_threads";
import { errorMessage, UserError } from "@deepspeech-ts/recognizer/system";
import type { PoolRequest, PoolResponse } from "../worker-pool.js";
import { type AudioFacts, measureAudio } from "./audio-facts.js";

/** The facts, or why there are none; the reason names the file. */
export type MeasureResponse = AudioFacts | { readonly reason: string };

const port = parentPort;
if (!port) throw new Error("audio-facts-worker.js runs in a worker thread; call measureCorpus instead.");

// One at a time, so that memory stays at one recording's worth.
let last: Promise<void> = Promise.resolve();
port.on("message", ({ requestId, request }: PoolRequest<string>) => {
  last = last.then(async () => {
    const response = await measureOrExplain(request);
    port.postMessage({ requestId, response } satisfies PoolResponse<MeasureResponse>);
  });
});

async function measureOrExplain(path: string): Promise<MeasureResponse> {
  try {
    return await measureAudio(path);
  } catch (error) {
    // A defect of ours must stop the check instead of counting as a bad file.
    if (!(error instanceof UserError)) throw error;
    return { reason: errorMessage(error) };
  }
}
