/**
 * What a recording sounds like, in a few numbers: enough to tell clipping, silence, a rate that lacks half the speech,
 * and the same sound under two names.
 */
import { createHash } from "node:crypto";
import { mixDown } from "@deepspeech-ts/recognizer/audio";
import { readFileOrExplain } from "../../files.js";
import { decodeAudio } from "../audio/waveform.js";
import { parsePackedPath } from "../packing/packed-path.js";
import { readPacked, toPcm16 } from "../packing/shard.js";

export interface AudioFacts {
  readonly durationSeconds: number;
  /** As the file has it, before resampling. */
  readonly sampleRate: number;
  /** The greatest magnitude, from 0 to 1. */
  readonly peak: number;
  /** The part of the samples that stand in flat tops at full scale, from 0 to 1. */
  readonly clippedShare: number;
  /** The same for the same sound, whatever its loudness and lossless format. */
  readonly digest: string;
}

/** Magnitudes from here on count as full scale. */
const CLIPPED = 0.999;
/** A single sample at full scale is a loud one; so many in a row are a cut-off top. */
const CLIPPED_RUN = 3;

/** Decodes a recording, or takes it out of its shard. Throws a UserError naming the file. */
export async function measureAudio(path: string): Promise<AudioFacts> {
  const { samples, sampleRate } = await loadAtOwnRate(path);
  return {
    durationSeconds: samples.length / sampleRate,
    sampleRate,
    peak: peakOf(samples),
    clippedShare: clippedSamples(samples) / samples.length,
    digest: digestOf(samples),
  };
}

async function loadAtOwnRate(path: string): Promise<{ samples: Float32Array; sampleRate: number }> {
  const packed = parsePackedPath(path);
  if (packed) return readPacked(packed);
  const { channels, sampleRate } = await decodeAudio(await readFileOrExplain(path), { fileName: path });
  return { samples: mixDown(channels), sampleRate };
}

/** Of the signs of the samples at 16 bits: decoders scale differently, and no two recordings cross zero alike. */
function digestOf(samples: Float32Array): string {
  const signs = Int8Array.from(toPcm16(samples), Math.sign);
  return createHash("sha256").update(signs).digest("base64");
}

function peakOf(samples: Float32Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return peak;
}

function clippedSamples(samples: Float32Array): number {
  let [clipped, run] = [0, 0];
  for (const sample of samples) {
    run = Math.abs(sample) >= CLIPPED ? run + 1 : 0;
    if (run === CLIPPED_RUN) clipped += CLIPPED_RUN;
    if (run > CLIPPED_RUN) clipped += 1;
  }
  return clipped;
}
