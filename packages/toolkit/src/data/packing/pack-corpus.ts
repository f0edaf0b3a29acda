/**
 * Puts a corpus into shards: decoded, mixed to one channel and resampled once, instead of in every epoch.
 *
 * Recordings are laid down from short to long. Batches group like lengths, so the recordings of a batch lie close to
 * each other, and reading them is nearly sequential. The index keeps the corpus's own order, on which batch plans depend:
 * training takes the same steps, packed or not. The folder takes its name when all of it is on the disk.
 */
import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  createFolder,
  explainWriteError,
  removeLeftovers,
  temporaryPathFor,
  UserError,
} from "@deepspeech-ts/recognizer/system";
import type { PlannedUtterance } from "../batches.js";
import { AudioLoader } from "../loader.js";
import { PACKED_MANIFEST, writeManifest } from "../manifest.js";
import type { LeftOutUtterance } from "../prepare.js";
import { MODEL_SAMPLE_RATE, type Utterance } from "../types.js";
import { formatPackedPath, SHARD_EXTENSION } from "./packed-path.js";
import { BYTES_PER_SAMPLE, SHARD_HEADER_BYTES, shardHeader, toPcm16 } from "./shard.js";

/** How a corpus is packed. */
export interface PackOptions {
  /** The folder to make; it must not exist. */
  readonly folder: string;
  /** A shard is closed when it has grown to so many bytes. Default 256 MiB. */
  readonly shardBytes?: number;
  /** Threads that decode. Default: the loader's. */
  readonly numWorkers?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (packed: number, total: number) => void;
}

/** What packing made. */
export interface PackResult {
  readonly numShards: number;
  readonly numBytes: number;
  /** What was packed, at its new place, in the order in which it was given. */
  readonly utterances: Utterance[];
  /** Recordings that could not be read. */
  readonly failures: LeftOutUtterance[];
}

/** Utterances that are handed to the loader together. */
const GROUP = 16;

/**
 * Packs utterances into `folder`, with an index that is a manifest.
 *
 * @throws UserError where the folder exists, or no recording could be read; then nothing is left behind.
 */
export async function packCorpus(utterances: readonly Utterance[], options: PackOptions): Promise<PackResult> {
  const folder = resolve(options.folder);
  if (existsSync(folder)) {
    throw new UserError(`${options.folder}: exists already; remove it, or choose another folder.`, {
      code: "file-not-writable",
    });
  }
  const growing = temporaryPathFor(folder);
  try {
    createFolder(dirname(folder));
    removeLeftovers(folder);
    await mkdir(growing);
    const result = await writeShards(utterances, growing, options);
    if (result.utterances.length === 0) {
      const first = result.failures[0];
      throw new UserError(`${options.folder}: nothing could be packed${first ? `; the first: ${first.reason}` : "."}`);
    }
    await writeManifest(join(growing, PACKED_MANIFEST), result.utterances);
    await rename(growing, folder);
    await flushFolder(dirname(folder));
    const atRest = ({ audioPath, ...rest }: Utterance) => ({
      ...rest,
      audioPath: folder + audioPath.slice(growing.length),
    });
    return { ...result, utterances: result.utterances.map(atRest) };
  } catch (error) {
    throw explainWriteError(options.folder, error);
  } finally {
    await rm(growing, { recursive: true, force: true });
  }
}

async function writeShards(
  utterances: readonly Utterance[],
  folder: string,
  options: PackOptions,
): Promise<PackResult> {
  const { shardBytes = 2 ** 28, numWorkers, signal, onProgress } = options;
  await using loader = new AudioLoader(numWorkers === undefined ? {} : { numWorkers });
  await using writer = new ShardWriter(folder, shardBytes);
  const packed: Utterance[] = [];
  const failures: LeftOutUtterance[] = [];
  for await (const batch of loader.batches({ batches: groupsByLength(utterances) }, signal ? { signal } : {})) {
    for (const [row, utterance] of batch.utterances.entries()) {
      const start = row * batch.maxSamples;
      const samples = batch.waveforms.subarray(start, start + (batch.sampleLengths[row] ?? 0));
      const audioPath = await writer.add(samples);
      packed.push({ ...utterance, audioPath, durationSeconds: samples.length / MODEL_SAMPLE_RATE });
    }
    failures.push(...batch.failures);
    onProgress?.(packed.length + failures.length, utterances.length);
  }
  await writer.finish();
  const places = new Map(utterances.map(({ id }, index) => [id, index]));
  packed.sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0));
  return { numShards: writer.numShards, numBytes: writer.numBytes, utterances: packed, failures };
}

function groupsByLength(utterances: readonly Utterance[]): PlannedUtterance[][] {
  const sorted = utterances
    .map((utterance) => ({ utterance, speedFactor: 1, durationSeconds: utterance.durationSeconds }))
    .sort((a, b) => a.durationSeconds - b.durationSeconds);
  const numGroups = Math.ceil(sorted.length / GROUP);
  return Array.from({ length: numGroups }, (_, i) => sorted.slice(i * GROUP, (i + 1) * GROUP));
}

/** Writes recordings one after another, into one shard after another. */
class ShardWriter implements AsyncDisposable {
  numShards = 0;
  numBytes = 0;
  readonly #folder: string;
  readonly #maxBytes: number;
  #file: FileHandle | undefined;
  #path = "";
  #shardBytes = 0;

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** Returns the packed path of what was written. */
  async add(samples: Float32Array): Promise<string> {
    if (this.#shardBytes >= this.#maxBytes) await this.finish();
    this.#file ??= await this.#begin();
    const firstSample = (this.#shardBytes - SHARD_HEADER_BYTES) / BYTES_PER_SAMPLE;
    const values = toPcm16(samples);
    await this.#file.writeFile(new Uint8Array(values.buffer));
    this.#count(values.byteLength);
    return formatPackedPath({ shardPath: this.#path, firstSample, numSamples: values.length });
  }

  /** Brings the shard that is open to the disk. */
  async finish(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#shardBytes = 0;
    if (!file) return;
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #begin(): Promise<FileHandle> {
    this.#path = join(this.#folder, `shard-${String(this.numShards).padStart(5, "0")}${SHARD_EXTENSION}`);
    const file = await open(this.#path, "wx");
    this.numShards += 1;
    await file.writeFile(shardHeader(MODEL_SAMPLE_RATE));
    this.#count(SHARD_HEADER_BYTES);
    return file;
  }

  #count(bytes: number): void {
    this.#shardBytes += bytes;
    this.numBytes += bytes;
  }
}

/** A rename survives a power cut when its folder was flushed. Windows cannot open a folder, and needs no such flush. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
