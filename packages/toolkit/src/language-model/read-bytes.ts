/** Text files as streams of bytes, compressed by gzip or not, whatever their names. */
import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { explainReadError, systemErrorCode, UserError } from "@deepspeech-ts/recognizer/system";

const CHUNK_BYTES = 1 << 20;

/**
 * The bytes of a file, decompressed if need be.
 *
 * @param onRead told how many bytes were read from the disk
 * @throws UserError when the file is missing, not readable, or its compressed data damaged
 */
export async function* readBytes(path: string, onRead?: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    const chunks = observed(file, onRead);
    const first = await chunks.next();
    if (first.done) return;
    const whole = startingWith(first.value, chunks);
    if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) yield* whole;
    else yield* decompressed(whole);
  } catch (error) {
    throw explain(path, error);
  } finally {
    file.destroy();
  }
}

async function* observed(file: Readable, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of file as AsyncIterable<Buffer>) {
    onRead?.(chunk.length);
    yield chunk;
  }
}

async function* startingWith(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** Errors of either stream reach the reader of the last; the callback is only there because there must be one. */
function decompressed(compressed: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return pipeline(Readable.from(compressed), createGunzip({ chunkSize: CHUNK_BYTES }), () => {});
}

function explain(path: string, error: unknown): unknown {
  if (!systemErrorCode(error)?.startsWith("Z_")) return explainReadError(path, error);
  return new UserError(`${path}: its gzip data is damaged or was cut; copy or compress it again.`, {
    code: "file-not-readable",
    cause: error,
  });
}
