/**
 * A file that a training run appends to without waiting for it: small pieces gather in memory and are written together.
 */
import { AppendFile } from "./append-file.js";

/** Pieces wait in memory until this many bytes have gathered... */
const FLUSH_BYTES = 65536;
/** ...or until a piece comes this long after the last flush, so that whoever watches the file keeps up. */
const FLUSH_MILLISECONDS = 2000;

/** Appends whole pieces, in their order. Every call may throw the `UserError` of a disk that is full. */
export class BufferedFile {
  readonly #file: AppendFile;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #flushedAt = Number.NEGATIVE_INFINITY;

  /** @param flags as of `AppendFile`: by default the file must not exist yet, "a" goes on with one that does */
  constructor(path: string, flags?: string) {
    this.#file = new AppendFile(path, flags);
  }

  add(piece: Uint8Array): void {
    this.#pending.push(piece);
    this.#pendingBytes += piece.length;
    const isDue = performance.now() - this.#flushedAt >= FLUSH_MILLISECONDS;
    if (isDue || this.#pendingBytes >= FLUSH_BYTES) this.flush();
  }

  /** Hands what was gathered to the operating system. */
  flush(): void {
    this.#flushedAt = performance.now();
    if (this.#pendingBytes === 0) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#file.append(bytes);
  }

  /** Flushes and closes; the file is closed even where the flush fails. */
  close(): void {
    try {
      this.flush();
    } finally {
      this.#file.close();
    }
  }
}
