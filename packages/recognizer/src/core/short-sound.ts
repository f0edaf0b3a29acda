/**
 * Segments that hold hardly a syllable. Models have learned from sentences with some silence before and after, and of a
 * syllable without they say nothing. So a recording that is no longer is heard between two silences. What is left of a
 * longer one, after a cut or a pause, is heard with the sound that stands before it: between silences, the end of a word
 * would be taken for a word.
 */
import type { BundleHeader, Emissions } from "@deepspeech-ts/speech";
import { framesOf } from "./join-emissions.js";
import type { SampleBuffer } from "./sample-buffer.js";

/** The longest sound that is heard so. */
const SHORT_SECONDS = 0.5;
/** On either side. With 0.3 s the test bundle says nothing of 3 of 25 letters cut to 0.2 s, with 0.5 s something of all. */
const SILENCE_SECONDS = 0.5;
/** Sound before a segment, where there is some. */
const CONTEXT_SECONDS = 2;

/** Samples of a recording. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** What hearing short segments needs of a recogniser. */
export interface ShortSoundOptions {
  readonly header: BundleHeader;
  infer(samples: Float32Array<ArrayBuffer>): Promise<Emissions>;
}

export function isShort({ start, end }: Stretch, { sampleRate }: BundleHeader): boolean {
  return end - start <= SHORT_SECONDS * sampleRate;
}

/** The first sample that may be needed to hear a segment from `start` on. */
export function contextStart(start: number, { sampleRate }: BundleHeader): number {
  return Math.max(0, start - CONTEXT_SECONDS * sampleRate);
}

/**
 * What the model says of a stretch, and of the silence around a recording's beginning, `leadSeconds` of which are before
 * it. The buffer goes back to `contextStart`. Takes the samples before it returns.
 */
export function hearShort(
  buffer: SampleBuffer,
  { start, end }: Stretch,
  { header, infer }: ShortSoundOptions,
): Promise<{ emissions: Emissions; leadSeconds: number }> {
  return start === 0
    ? hearInSilence(buffer.view(start, end), { header, infer })
    : hearInContext(buffer, { start, end }, { header, infer });
}

async function hearInSilence(samples: Float32Array<ArrayBuffer>, { header, infer }: ShortSoundOptions) {
  const { sampleRate, frameSeconds } = header;
  const leadSeconds = Math.ceil(SILENCE_SECONDS / frameSeconds) * frameSeconds;
  const lead = Math.round(leadSeconds * sampleRate);
  const padded = new Float32Array(samples.length + 2 * lead);
  padded.set(samples, lead);
  return { emissions: await infer(padded), leadSeconds };
}

async function hearInContext(buffer: SampleBuffer, { start, end }: Stretch, { header, infer }: ShortSoundOptions) {
  const frameSamples = Math.round(header.frameSeconds * header.sampleRate);
  const leadFrames = Math.floor((start - contextStart(start, header)) / frameSamples);
  const heard = await infer(buffer.slice(start - leadFrames * frameSamples, end));
  return { emissions: framesOf({ firstFrame: 0, emissions: heard }, leadFrames, heard.numFrames), leadSeconds: 0 };
}
