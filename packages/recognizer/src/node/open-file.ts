/** Files of sound, opened and read a quarter of a megabyte at a time. */
import type { Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { type BytePieces, PIECE_BYTES } from "../core/audio-reader.js";
import { RecognizerError } from "../errors.js";

/** @throws RecognizerError `file-not-found`, `file-not-readable` */
export async function openSoundFile(path: string): Promise<BytePieces> {
  try {
    // Before it is opened: a pipe would be waited for, and nobody could call that off.
    refuseSpecial(path, await stat(path));
    const file = await open(path);
    const { size } = await file.stat();
    return { bytes: readPieces(file), fileBytes: size, close: () => file.close() };
  } catch (error) {
    throw explainReadError(path, error);
  }
}

function refuseSpecial(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  const problem = stats.isFIFO()
    ? "is a pipe; give a stream of its bytes, such as createReadStream of node:fs"
    : "is no file; give the path of a sound file";
  throw new RecognizerError("file-not-readable", `${path}: ${problem}`);
}

async function* readPieces(file: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Turns a system error met while reading `path` into a RecognizerError; any other error is returned as it is. */
export function explainReadError(path: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new RecognizerError("file-not-found", `${path}: no such file; check the path`, { cause: error });
  }
  if (code === "EISDIR") {
    return new RecognizerError("file-not-readable", `${path}: is a folder, expected a file`, { cause: error });
  }
  if (code === "EACCES" || code === "EPERM") {
    const message = `${path}: may not be read; check its permissions`;
    return new RecognizerError("file-not-readable", message, { cause: error });
  }
  return error;
}
