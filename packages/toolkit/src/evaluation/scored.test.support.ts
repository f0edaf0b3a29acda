/** Utterance results made from texts alone. */
import { scoreUtterance } from "@deepspeech-ts/speech";
import type { UtteranceResult } from "./evaluate.js";

export function scored(
  id: string,
  reference: string,
  hypothesis: string,
  fields: Partial<UtteranceResult> = {},
): UtteranceResult {
  const score = scoreUtterance(reference, hypothesis);
  return { id, speaker: "1", audioPath: `${id}.wav`, durationSeconds: 1, reference, hypothesis, ...score, ...fields };
}
