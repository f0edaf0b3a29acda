import { closeSync, openSync, readSync } from "node:fs";

const PIECE_BYTES = 2 ** 22;

/**
 * A file's bytes, one after another: a run's logs and checkpoints may be larger than one array of Node's, or than memory.
 *
 * @param end the byte before which they end. Default: the file's end
 * @throws the system's error where it cannot be read
 */
export function* piecesOf(path: string, end = Number.POSITIVE_INFINITY): Generator<Buffer, void, undefined> {
  const file = openSync(path, "r");
  try {
    for (let at = 0; at < end; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - at));
      const count = readSync(file, piece, 0, piece.length, at);
      if (count === 0) return;
      at += count;
      yield piece.subarray(0, count);
    }
  } finally {
    closeSync(file);
  }
}
