/**
 * The folder of a packed corpus: shards of sound, and an index that is a manifest. It takes its name when all of it is on the
 * disk; what fails leaves nothing behind.
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
import { PACKED_MANIFEST, writeManifest } from "../manifest.js";
import { MODEL_SAMPLE_RATE, type Utterance } from "../types.js";
import { formatPackedPath, SHARD_EXTENSION } from "./packed-path.js";
import { BYTES_PER_SAMPLE, SHARD_HEADER_BYTES, shardHeader, toPcm16 } from "./shard.js";

/** What a packed corpus holds. */
export interface PackedCorpus {
  readonly numShards: number;
  readonly numBytes: number;
  /** At their places in it. */
  readonly utterances: Utterance[];
}

/**
 * @param folder must not exist
 * @param shardBytes a shard is closed when it has grown to so many bytes. Default: 256 MiB.
 * @param write writes the sound, and gives the index: utterances whose paths are those that the writer gave. It throws where
 *   there would be none.
 * @throws UserError where the folder exists, or cannot be written
 */
export async function writePackedCorpus(
  folder: string,
  shardBytes: number | undefined,
  write: (writer: ShardWriter) => Promise<Utterance[]>,
): Promise<PackedCorpus> {
  const place = resolve(folder);
  if (existsSync(place)) {
    throw new UserError(`${folder}: exists already; remove it, or choose another folder.`, {
      code: "file-not-writable",
    });
  }
  const growing = temporaryPathFor(place);
  try {
    createFolder(dirname(place));
    removeLeftovers(place);
    await mkdir(growing);
    await using writer = new ShardWriter(growing, shardBytes);
    const utterances = await write(writer);
    await writer.finish();
    await writeManifest(join(growing, PACKED_MANIFEST), utterances);
    await rename(growing, place);
    await flushFolder(dirname(place));
    const { numShards, numBytes } = writer;
    const atRest = ({ audioPath, ...rest }: Utterance) => ({
      ...rest,
      audioPath: place + audioPath.slice(growing.length),
    });
    return { numShards, numBytes, utterances: utterances.map(atRest) };
  } catch (error) {
    throw explainWriteError(folder, error);
  } finally {
    await rm(growing, { recursive: true, force: true });
  }
}

/** Writes recordings one after another, into one shard after another. */
export class ShardWriter implements AsyncDisposable {
  numShards = 0;
  numBytes = 0;
  readonly #folder: string;
  readonly #maxBytes: number;
  #file: FileHandle | undefined;
  #path = "";
  #shardBytes = 0;

  constructor(folder: string, maxBytes = 2 ** 28) {
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
