/**
 * From a file to what a model hears: one channel, 16 kHz. The decoders are the recogniser's, so that training and
 * recognition hear the same; their errors become those of this package here.
 */
import * as audio from "@deepspeech-ts/recognizer/audio";
import { UserError } from "../../errors.js";
import { readFileOrExplain } from "../../files.js";
import { parsePackedPath } from "../packing/packed-path.js";
import { readPacked } from "../packing/shard.js";
import { MODEL_SAMPLE_RATE, type Waveform } from "../types.js";

/**
 * Reads a sound file, mixes its channels down to their mean, and resamples it; or takes a recording out of a shard, if
 * the path is that of one (see packing/). Throws a UserError naming the file.
 */
export async function loadWaveform(path: string, options: audio.WaveformOptions = {}): Promise<Waveform> {
  const packed = parsePackedPath(path);
  if (packed) {
    const { sampleRate = MODEL_SAMPLE_RATE } = options;
    const waveform = readPacked(packed);
    return { samples: audio.resample(waveform.samples, waveform.sampleRate, sampleRate), sampleRate };
  }
  return decodeWaveform(await readFileOrExplain(path), { ...options, fileName: path });
}

/** `loadWaveform` for bytes that are already in memory; `fileName` is what messages call them. */
export function decodeWaveform(
  bytes: Uint8Array,
  options: audio.WaveformOptions & { fileName: string },
): Promise<Waveform> {
  return withUserErrors(() => audio.decodeWaveform(bytes, options));
}

/** The recogniser's `decodeAudio`; throws a UserError naming the file. */
export function decodeAudio(bytes: Uint8Array, options: audio.DecodeOptions): Promise<audio.DecodedAudio> {
  return withUserErrors(() => audio.decodeAudio(bytes, options));
}

async function withUserErrors<T>(decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    if (!(error instanceof audio.RecognizerError)) throw error;
    throw new UserError(error.message, { code: error.code, cause: error });
  }
}
