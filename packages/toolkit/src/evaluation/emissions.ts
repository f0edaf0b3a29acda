/** A corpus's emissions, kept in memory: what is decoded again and again while decoding is tuned. */
import { noGrad, tidy } from "@deepspeech-ts/torch";
import { planBatches } from "../data/batches.js";
import type { AudioLoader } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { emissionsOf, forwardBatch, type Recognition } from "./evaluate.js";
import type { StoredUtterance } from "./tune.js";

/** Runs the acoustic model over the utterances; those that cannot be read are left out. */
export async function collectEmissions(
  utterances: readonly PreparedUtterance[],
  recognition: Recognition & { loader: AudioLoader },
  onProgress: (done: number, total: number) => void,
): Promise<StoredUtterance[]> {
  const plan = planBatches(utterances, { maxBatchSeconds: 160, seed: 0, epoch: 0, order: "shortest-first" });
  const stored: StoredUtterance[] = [];
  for await (const batch of recognition.loader.batches(plan)) {
    if (batch.utterances.length === 0) continue;
    const emissions = noGrad(() => tidy(() => emissionsOf(forwardBatch(batch, recognition))));
    for (const [row, { targetText: reference }] of batch.utterances.entries()) {
      stored.push({ reference, emissions: emissions[row]! });
    }
    onProgress(stored.length, utterances.length);
  }
  return stored;
}
