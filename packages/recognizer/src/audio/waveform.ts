/**
 * From a file's bytes to what a model hears: one channel, 16 kHz.
 */
import { decodeAudio } from "./decode.js";
import type { DecodedAudio } from "./decoded-audio.js";
import { Mixer, mixDown } from "./mix-down.js";
import { Resampler, resample } from "./resample.js";

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
  return { samples: resample(mixDown(audio.channels, audio.sampleRate), audio.sampleRate, sampleRate), sampleRate };
}

/** `decodeWaveform` for sound that is decoded in pieces. */
export async function* waveformPieces(
  sound: AsyncIterable<DecodedAudio>,
  sampleRate: number,
): AsyncGenerator<Float32Array<ArrayBuffer>, void, undefined> {
  let mixer: Mixer | undefined;
  let resampler: Resampler | undefined;
  for await (const audio of sound) {
    mixer ??= new Mixer(audio.sampleRate);
    resampler ??= new Resampler(audio.sampleRate, sampleRate);
    yield resampler.push(mixer.push(audio.channels));
  }
  if (!mixer || !resampler) return;
  yield resampler.push(mixer.end());
  yield resampler.end();
}

/** One channel in pieces, from one rate to another. At equal rates, what comes out are the pieces themselves. */
export async function* resampledPieces<Kind extends ArrayBufferLike>(
  pieces: AsyncIterable<Float32Array<Kind>> | Iterable<Float32Array<Kind>>,
  fromRate: number,
  toRate: number,
): AsyncGenerator<Float32Array<Kind | ArrayBuffer>, void, undefined> {
  const resampler = new Resampler(fromRate, toRate);
  for await (const piece of pieces) yield resampler.push(piece);
  yield resampler.end();
}
