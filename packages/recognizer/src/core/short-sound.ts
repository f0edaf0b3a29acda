/**
 * A recording that begins and ends within a word. Models have learned from sentences with some silence before and after,
 * and say nothing of a syllable without; so it is heard between two silences.
 */
import type { BundleHeader, Emissions } from "@deepspeech-ts/speech";

/** The longest sound that is heard so: what cutting at pauses gives is longer. */
const SHORT_SECONDS = 0.5;
/** On either side. With 0.3 s the test bundle says nothing of 3 of 25 letters cut to 0.2 s, with 0.5 s something of all. */
const SILENCE_SECONDS = 0.5;

export function isShort(numSamples: number, { sampleRate }: BundleHeader): boolean {
  return numSamples <= SHORT_SECONDS * sampleRate;
}

/** What the model says of it and of the silence around it, `leadSeconds` of which are before it. */
export async function hearShort(
  samples: Float32Array<ArrayBuffer>,
  { sampleRate, frameSeconds }: BundleHeader,
  infer: (samples: Float32Array<ArrayBuffer>) => Promise<Emissions>,
): Promise<{ emissions: Emissions; leadSeconds: number }> {
  const leadSeconds = Math.ceil(SILENCE_SECONDS / frameSeconds) * frameSeconds;
  const lead = Math.round(leadSeconds * sampleRate);
  const padded = new Float32Array(samples.length + 2 * lead);
  padded.set(samples, lead);
  return { emissions: await infer(padded), leadSeconds };
}
