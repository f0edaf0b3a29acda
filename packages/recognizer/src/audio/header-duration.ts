/**
 * How long a recording is, without decoding it: by a few hundred bytes of its headers, or by a walk through its pages.
 * Where the length stands in the file but need not be true, it is not asked.
 */
import { flacStreamInfo } from "./flac-frames.js";
import { detectAudioFormat } from "./format.js";
import { plainBytes } from "./join-arrays.js";
import { OggLinks } from "./ogg-links.js";
import { OpusLength } from "./opus.js";
import { TagSkipper } from "./tags.js";
import { WavChunks, wavLayout } from "./wav-chunks.js";

/** Enough to tell the format by. */
export const HEAD_BYTES = 4096;
const PIECE_BYTES = 1 << 20;

/** A file of which any part can be read. */
export interface RandomAccess {
  readonly fileBytes: number;
  /** The bytes from `position` on; fewer than `numBytes` only at the file's end. */
  read(position: number, numBytes: number): Promise<Uint8Array> | Uint8Array;
}

/** Bytes in memory, as a file. */
export function inMemory(bytes: Uint8Array): RandomAccess {
  const plain = plainBytes(bytes);
  return { fileBytes: bytes.length, read: (position, numBytes) => plain.subarray(position, position + numBytes) };
}

/** A file's first bytes after the tags that stand before it, and how long these are. */
export async function headOf(file: RandomAccess): Promise<{ head: Uint8Array; start: number }> {
  const tags = new TagSkipper(false);
  for (let position = 0; !tags.isDone; ) {
    const bytes = await file.read(position, HEAD_BYTES);
    tags.push(bytes, bytes.length < HEAD_BYTES);
    position += bytes.length;
  }
  return { head: await file.read(tags.numBytes, HEAD_BYTES), start: tags.numBytes };
}

/**
 * The length in seconds of a FLAC, WAV or Ogg Opus file, the same as decoding it gives. Undefined for other formats, and
 * for headers that do not say: such a file must be decoded.
 *
 * @throws DamagedAudioError where a header is damaged or its file is cut short.
 */
export async function headerDurationSeconds(file: RandomAccess): Promise<number | undefined> {
  const { head, start } = await headOf(file);
  const format = detectAudioFormat(head);
  if (format === "flac") {
    const { totalSamples, sampleRate } = flacStreamInfo(head);
    return totalSamples > 0 ? totalSamples / sampleRate : undefined;
  }
  if (format === "wav") return await wavSeconds(head, start, file);
  return format === "opus" ? await opusSeconds(start, file) : undefined;
}

/** From chunk to chunk, without the sound between them. */
async function wavSeconds(head: Uint8Array, start: number, file: RandomAccess): Promise<number | undefined> {
  const layout = wavLayout(head);
  if (!layout) return undefined;
  const chunks = new WavChunks(layout, file.fileBytes - start);
  for (let position = start; position < file.fileBytes; ) {
    const skipped = chunks.skippable;
    if (skipped > 0) chunks.skip(skipped);
    const bytes = skipped > 0 ? undefined : await file.read(position, HEAD_BYTES);
    if (bytes) chunks.push(bytes);
    position += bytes ? bytes.length : skipped;
    if (bytes?.length === 0) break;
  }
  chunks.end();
  return chunks.format ? chunks.numSamples / chunks.format.sampleRate : undefined;
}

/** From page to page; a file that goes on in another codec must be decoded. */
async function opusSeconds(start: number, file: RandomAccess): Promise<number | undefined> {
  let isOpus = true;
  const links = new OggLinks<number>(async (codec) => {
    isOpus &&= codec === "opus";
    return new OpusLength();
  });
  let seconds = 0;
  for (let position = start; position < file.fileBytes && isOpus; ) {
    const bytes = await file.read(position, PIECE_BYTES);
    if (bytes.length === 0) break;
    for await (const added of links.push(bytes)) seconds += added;
    position += bytes.length;
  }
  if (isOpus) for await (const added of links.end()) seconds += added;
  return isOpus ? seconds : undefined;
}
