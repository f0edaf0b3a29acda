/**
 * From a file to what a model hears: one channel, 16 kHz. The decoders are the recogniser's, so that training and
 * recognition hear the same; their errors become those of this package here.
 */
import * as audio from "@deepspeech-ts/recognizer/audio";
import { parsePackedPath } from "../packing/packed-path.js";
import { readPacked } from "../packing/shard.js";
import { MODEL_SAMPLE_RATE, type Waveform } from "../types.js";
import { decodeFile, explainSoundError, monoPieces } from "./sound-file.js";

/**
 * Reads a sound file, mixes its channels down and resamples it; or a part of one (see segment-path.ts); or takes a
 * recording out of a shard, if the path is that of one (see packing/). Throws a UserError naming the file.
 */
export async function loadWaveform(path: string, options: audio.WaveformOptions = {}): Promise<Waveform> {
  const { sampleRate = MODEL_SAMPLE_RATE } = options;
  const packed = parsePackedPath(path);
  if (packed) {
    const waveform = readPacked(packed);
    return { samples: audio.resample(waveform.samples, waveform.sampleRate, sampleRate), sampleRate };
  }
  // Resampled as it comes: what is kept is one channel at the wanted rate, whatever the file has.
  const parts: Float32Array<ArrayBuffer>[] = [];
  let resampler: audio.Resampler | undefined;
  for await (const piece of monoPieces(path, sampleRate)) {
    resampler ??= new audio.Resampler(piece.sampleRate, sampleRate);
    parts.push(resampler.push(piece.samples));
  }
  if (resampler) parts.push(resampler.end());
  return { samples: joined(parts), sampleRate };
}

function joined(parts: Float32Array<ArrayBuffer>[]): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return samples;
}

/** The first channel of a file, at its own rate or `targetSampleRate`. Throws a UserError naming the file. */
export async function loadFirstChannel(path: string, targetSampleRate: number): Promise<Waveform> {
  const parts: Float32Array<ArrayBuffer>[] = [];
  let rate = targetSampleRate;
  for await (const { channels, sampleRate } of decodeFile(path, targetSampleRate)) {
    parts.push(channels[0] as Float32Array<ArrayBuffer>);
    rate = sampleRate;
  }
  return { samples: joined(parts), sampleRate: rate };
}

/** `loadWaveform` for bytes that are already in memory; `fileName` is what messages call them. */
export function decodeWaveform(
  bytes: Uint8Array,
  options: audio.WaveformOptions & { fileName: string },
): Promise<Waveform> {
  return audio
    .decodeWaveform(bytes, options)
    .catch((error) => Promise.reject(explainSoundError(options.fileName, error)));
}
