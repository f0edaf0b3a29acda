/**
 * From a file's bytes to what a model hears: one channel, 16 kHz.
 */
import { decodeAudio } from "./decode.js";
import { mixDown } from "./mix-down.js";
import { resample } from "./resample.js";

/** One channel of sound, with samples in [-1, 1]. */
export interface Waveform {
  readonly samples: Float32Array<ArrayBuffer>;
  /** Samples a second; models hear 16000. */
  readonly sampleRate: number;
}

/** The sample rate that models are trained on, in samples a second. */
export const MODEL_SAMPLE_RATE = 16_000;

/** What waveform is wanted. */
export interface WaveformOptions {
  /** Samples a second of the result. Default 16000. */
  sampleRate?: number;
}

/**
 * Decodes a sound file, mixes its channels down (mix-down.ts), and resamples it. `fileName` is what messages call it.
 *
 * @throws RecognizerError `bad-audio`; see `decodeAudio`
 */
export async function decodeWaveform(
  bytes: Uint8Array,
  options: WaveformOptions & { fileName: string },
): Promise<Waveform> {
  const { fileName, sampleRate = MODEL_SAMPLE_RATE } = options;
  const audio = await decodeAudio(bytes, { fileName, targetSampleRate: sampleRate });
  return { samples: resample(mixDown(audio.channels), audio.sampleRate, sampleRate), sampleRate };
}
