/** A corpus's emissions, kept in memory: what is decoded again and again while decoding is tuned. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { noGrad, tidy } from "@deepspeech-ts/torch";
import { usableBatch } from "../acoustic-model/index.js";
import type { AudioLoader } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import type { LeftOut } from "../data/types.js";
import { beginLoading, emissionsOf, forwardBatch, type Recognition } from "./evaluate.js";
import type { StoredUtterance } from "./tune.js";

/**
 * Runs the acoustic model over the utterances; those that cannot be read, or are too short, are left out and named.
 *
 * @param shouldStop asked between batches: true breaks it off
 * @returns undefined where it was broken off
 * @throws UserError where none is left
 */
export async function collectEmissions(
  utterances: readonly PreparedUtterance[],
  recognition: Recognition & { loader: AudioLoader },
  onProgress: (done: number, total: number) => void,
  shouldStop: () => boolean = () => false,
): Promise<{ stored: StoredUtterance[]; leftOut: LeftOut[] } | undefined> {
  const { batches } = beginLoading(utterances, { loader: recognition.loader, maxBatchSeconds: 160 });
  const stored: StoredUtterance[] = [];
  const leftOut: LeftOut[] = [];
  for await (const loaded of batches) {
    if (shouldStop()) return undefined;
    const batch = usableBatch(loaded, { features: recognition.extractor.config });
    leftOut.push(...batch.failures.map(({ utterance, reason }) => ({ id: utterance.id, reason })));
    if (batch.utterances.length === 0) continue;
    const emissions = noGrad(() => tidy(() => emissionsOf(forwardBatch(batch, recognition))));
    for (const [row, { targetText: reference }] of batch.utterances.entries()) {
      stored.push({ reference, emissions: emissions[row]! });
    }
    onProgress(stored.length, utterances.length);
  }
  if (stored.length === 0) {
    throw new UserError(`no recording of ${leftOut.length} could be used; the first: ${leftOut[0]?.reason}`, {
      code: "bad-corpus",
    });
  }
  return { stored, leftOut };
}
