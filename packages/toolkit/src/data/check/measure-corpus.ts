/** Listens to every recording of a corpus, in worker threads. */
import { availableParallelism } from "node:os";
import { mapConcurrently } from "../concurrency.js";
import type { Utterance } from "../types.js";
import { WorkerPool } from "../worker-pool.js";
import type { MeasureResponse } from "./audio-facts-worker.js";

export interface MeasureOptions {
  /** Default: one for each core. */
  readonly numWorkers?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (measured: number, total: number) => void;
}

/** What was heard of each utterance, or why nothing was, in their order. */
export async function measureCorpus(
  utterances: readonly Pick<Utterance, "audioPath" | "durationSeconds">[],
  { numWorkers = availableParallelism(), signal, onProgress }: MeasureOptions = {},
): Promise<MeasureResponse[]> {
  const pool = new WorkerPool<string, MeasureResponse>(new URL("./audio-facts-worker.js", import.meta.url), numWorkers);
  try {
    let measured = 0;
    return await mapConcurrently(utterances, 2 * numWorkers, async ({ audioPath, durationSeconds }) => {
      signal?.throwIfAborted();
      const response = await pool.run(audioPath, durationSeconds);
      onProgress?.(++measured, utterances.length);
      return response;
    });
  } finally {
    await pool.close();
  }
}
