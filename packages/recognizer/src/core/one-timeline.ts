/** The segments of a recording, put together again. */
import { type BundleHeader, type Emissions, letterEmissions } from "@deepspeech-ts/speech";
import type { HeardSegment } from "./long-audio.js";

/** Of a token other than the blank where nobody speaks. */
const UNSPOKEN = Math.log(1e-6);

/**
 * The emissions of a whole recording of so many seconds, as letters, with blanks for what was no speech. Of a segment count
 * the frames between its start and its end: the silence that a short one is heard in would lie over its neighbours.
 */
export function onOneTimeline(
  segments: readonly HeardSegment[],
  seconds: number,
  { alphabet, frameSeconds }: Pick<BundleHeader, "alphabet" | "frameSeconds">,
): Emissions {
  const numTokens = alphabet.tokens.length;
  const numFrames = Math.ceil(seconds / frameSeconds);
  const logProbs = new Float32Array(numFrames * numTokens).fill(UNSPOKEN);
  for (let frame = 0; frame < numFrames; frame++) logProbs[frame * numTokens + alphabet.blankId] = 0;
  for (const { startSeconds, endSeconds, leadSeconds = 0, emissions: output } of segments) {
    const emissions = letterEmissions(output, alphabet);
    const first = Math.round((startSeconds - leadSeconds) / frameSeconds);
    const from = Math.max(0, Math.round(startSeconds / frameSeconds) - first);
    const end = Math.min(numFrames, Math.ceil(endSeconds / frameSeconds));
    const to = Math.max(from, Math.min(emissions.numFrames, end - first));
    logProbs.set(emissions.logProbs.subarray(from * numTokens, to * numTokens), (first + from) * numTokens);
  }
  return { logProbs, numFrames, numTokens };
}
