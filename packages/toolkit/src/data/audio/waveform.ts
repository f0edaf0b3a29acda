/**
 * From a file to what a model hears: one channel, 16 kHz.
 */
import { readFileOrExplain } from "../../files.js";
import { parsePackedPath } from "../packing/packed-path.js";
import { readPacked } from "../packing/shard.js";
import { MODEL_SAMPLE_RATE, type Waveform } from "../types.js";
import { decodeAudio } from "./decode.js";
import { resample } from "./resample.js";

export interface WaveformOptions {
  /** Samples a second of the result. Default 16000. */
  sampleRate?: number;
}

/**
 * Reads a sound file, mixes its channels down to their mean, and resamples it; or takes a recording out of a shard, if
 * the path is that of one (see packing/). Throws a UserError naming the file.
 */
export async function loadWaveform(path: string, options: WaveformOptions = {}): Promise<Waveform> {
  const packed = parsePackedPath(path);
  if (packed) {
    const { sampleRate = MODEL_SAMPLE_RATE } = options;
    const waveform = readPacked(packed);
    return { samples: resample(waveform.samples, waveform.sampleRate, sampleRate), sampleRate };
  }
  return decodeWaveform(await readFileOrExplain(path), { ...options, fileName: path });
}

/** `loadWaveform` for bytes that are already in memory; `fileName` is what messages call them. */
export async function decodeWaveform(
  bytes: Uint8Array,
  options: WaveformOptions & { fileName: string },
): Promise<Waveform> {
  const { fileName, sampleRate = MODEL_SAMPLE_RATE } = options;
  const audio = await decodeAudio(bytes, { fileName, targetSampleRate: sampleRate });
  return { samples: resample(mixDown(audio.channels), audio.sampleRate, sampleRate), sampleRate };
}

/** The mean of the channels: [channels][n] → [n]. */
export function mixDown(channels: readonly Float32Array<ArrayBuffer>[]): Float32Array<ArrayBuffer> {
  const [first, ...others] = channels;
  if (!first) throw new RangeError("mixDown: there are no channels");
  if (others.length === 0) return first;
  const mean = Float32Array.from(first);
  for (const channel of others) for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) + (channel[i] ?? 0);
  return mean.map((sum) => sum / channels.length);
}
