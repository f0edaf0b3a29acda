/**
 * Shards: a header of 16 bytes, then 16-bit samples, little-endian, one recording after another.
 *
 * An epoch over 281,000 files opens, reads and closes each of them; an epoch over shards reads at positions of a few
 * files that stay open, and the system's page cache does what a memory map would. Sixteen bits are what LibriSpeech and
 * nearly all recordings have, at half the memory of what decoders give.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { explainReadError, UserError } from "@deepspeech-ts/recognizer/system";
import { MODEL_SAMPLE_RATE, type Waveform } from "../types.js";
import { formatPackedPath, type PackedPath } from "./packed-path.js";

export const SHARD_HEADER_BYTES = 16;
export const BYTES_PER_SAMPLE = 2;
const MAGIC = "DSPCM16\n";
/** The scale of our FLAC decoder, so that a recording in FLAC is the same to the bit, packed or not. */
const FULL_SCALE = 32_767;
/** Shards held open at a time; a thousand hours are about 430 shards of the usual size. */
const OPEN_SHARDS = 512;

/** The header: eight characters that tell a shard from other files, the sample rate, and four bytes that are 0. */
export function shardHeader(sampleRate: number): Uint8Array {
  const header = new Uint8Array(SHARD_HEADER_BYTES);
  header.set(new TextEncoder().encode(MAGIC));
  new DataView(header.buffer).setUint32(8, sampleRate, true);
  return header;
}

/** Samples in [-1, 1] as 16-bit integers; what is beyond is clipped. */
export function toPcm16(samples: Float32Array): Int16Array<ArrayBuffer> {
  const values = new Int16Array(samples.length);
  // Loops here are some fifty times as fast as Int16Array.from with a function.
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.max(-FULL_SCALE - 1, Math.min(FULL_SCALE, Math.round((samples[i] as number) * FULL_SCALE)));
  }
  return values;
}

interface OpenShard {
  readonly descriptor: number;
  readonly sampleRate: number;
}

/** By path, the one used longest ago first. */
const openShards = new Map<string, OpenShard>();

/**
 * Reads one recording, and leaves its shard open for the next.
 *
 * @throws UserError where the shard is missing, is not one, or ends before the recording does.
 */
export function readPacked(packed: PackedPath): Waveform {
  const { shardPath, firstSample, numSamples } = packed;
  const { descriptor, sampleRate } = openShard(shardPath);
  const position = SHARD_HEADER_BYTES + BYTES_PER_SAMPLE * firstSample;
  // Before room is made for what a manifest says.
  if (numSamples === 0 || position + BYTES_PER_SAMPLE * numSamples > fstatSync(descriptor).size)
    throw notInShard(packed);
  const samples = new Float32Array(numSamples);
  // Read into the second half of the samples' own memory: each value is widened before another is written over it.
  const values = new Int16Array(samples.buffer, samples.byteLength - BYTES_PER_SAMPLE * numSamples);
  const bytes = new Uint8Array(values.buffer, values.byteOffset);
  if (readFully(descriptor, bytes, position) < bytes.length) throw notInShard(packed);
  for (let i = 0; i < numSamples; i++) samples[i] = (values[i] as number) / FULL_SCALE;
  return { samples, sampleRate };
}

function openShard(path: string): OpenShard {
  const shard = openShards.get(path) ?? openAndCheck(path);
  // Set anew, it is the one used last.
  openShards.delete(path);
  openShards.set(path, shard);
  const [oldest] = openShards;
  if (oldest && openShards.size > OPEN_SHARDS) {
    openShards.delete(oldest[0]);
    closeSync(oldest[1].descriptor);
  }
  return shard;
}

function openAndCheck(path: string): OpenShard {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    throw explainReadError(path, error);
  }
  const header = new Uint8Array(SHARD_HEADER_BYTES);
  const length = readFully(descriptor, header, 0);
  const sampleRate = new DataView(header.buffer).getUint32(8, true);
  const isShard = length === header.length && new TextDecoder().decode(header.subarray(0, MAGIC.length)) === MAGIC;
  // No other rate is packed, and resampling from one that damage made could take all memory.
  if (isShard && sampleRate === MODEL_SAMPLE_RATE) return { descriptor, sampleRate };
  closeSync(descriptor);
  throw badShard(path, 'is not a shard of "deepspeech data pack"; pack the corpus again.');
}

/** Reads until the bytes are full or the file ends, and says how many came. */
function readFully(descriptor: number, bytes: Uint8Array, position: number): number {
  let length = 0;
  while (length < bytes.length) {
    const count = readSync(descriptor, bytes, length, bytes.length - length, position + length);
    if (count === 0) break;
    length += count;
  }
  return length;
}

function notInShard(packed: PackedPath): UserError {
  const problem = "is not in its shard, which is cut short or another's; pack the corpus again.";
  return badShard(formatPackedPath(packed), problem);
}

function badShard(path: string, problem: string): UserError {
  return new UserError(`${path}: ${problem}`, { code: "bad-audio" });
}
