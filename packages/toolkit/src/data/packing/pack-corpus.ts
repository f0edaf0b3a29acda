/**
 * Puts a corpus into shards: decoded, mixed to one channel and resampled once, instead of in every epoch.
 *
 * Recordings are laid down from short to long. Batches group like lengths, so the recordings of a batch lie close to
 * each other, and reading them is nearly sequential. The index keeps the corpus's own order, on which batch plans depend:
 * training takes the same steps, packed or not.
 */
import { UserError } from "@deepspeech-ts/recognizer/system";
import type { PlannedUtterance } from "../batches.js";
import { AudioLoader } from "../loader.js";
import type { LeftOutUtterance } from "../prepare.js";
import { MODEL_SAMPLE_RATE, type Utterance } from "../types.js";
import { type PackedCorpus, type ShardWriter, writePackedCorpus } from "./packed-corpus.js";

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

/** What packing made, in the order in which it was given. */
export interface PackResult extends PackedCorpus {
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
  const failures: LeftOutUtterance[] = [];
  const packed = await writePackedCorpus(options.folder, options.shardBytes, async (writer) => {
    const written = await writeAll(utterances, writer, failures, options);
    if (written.length > 0) return written;
    const first = failures[0];
    throw new UserError(`${options.folder}: nothing could be packed${first ? `; the first: ${first.reason}` : "."}`);
  });
  return { ...packed, failures };
}

async function writeAll(
  utterances: readonly Utterance[],
  writer: ShardWriter,
  failures: LeftOutUtterance[],
  { numWorkers, signal, onProgress }: PackOptions,
): Promise<Utterance[]> {
  await using loader = new AudioLoader(numWorkers === undefined ? {} : { numWorkers });
  const packed: Utterance[] = [];
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
  const places = new Map(utterances.map(({ id }, index) => [id, index]));
  return packed.sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0));
}

function groupsByLength(utterances: readonly Utterance[]): PlannedUtterance[][] {
  const sorted = utterances
    .map((utterance) => ({ utterance, speedFactor: 1, durationSeconds: utterance.durationSeconds }))
    .sort((a, b) => a.durationSeconds - b.durationSeconds);
  const numGroups = Math.ceil(sorted.length / GROUP);
  return Array.from({ length: numGroups }, (_, i) => sorted.slice(i * GROUP, (i + 1) * GROUP));
}
