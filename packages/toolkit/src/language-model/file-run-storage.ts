/**
 * Runs of an external sort in temporary files. A file has no name once it is open, so that nothing stays behind even if
 * the process is killed; where names cannot be taken from open files (Windows), they are removed at the end.
 */
import { closeSync, openSync, readSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { removeLeftovers, systemErrorCode, temporaryPathFor, UserError } from "@deepspeech-ts/recognizer/system";
import type { Run, RunStorage, RunWriter } from "@deepspeech-ts/speech";

/** A run up to this size stays in memory, in numbers: small models never touch the disk. */
const LARGEST_IN_MEMORY = 1 << 14;

export interface FileRunStorageOptions {
  /** The folder for temporary files; it must exist. */
  folder: string;
  /** Called at each access; may throw to end the work. */
  onAccess?: () => void;
}

/** Dispose of it when done. */
export class FileRunStorage implements RunStorage {
  /** The bytes written so far. */
  bytesWritten = 0;
  readonly #folder: string;
  readonly #onAccess: () => void;
  /** Of files whose names could not be taken from them. */
  readonly #paths: string[] = [];

  constructor({ folder, onAccess = () => {} }: FileRunStorageOptions) {
    this.#folder = folder;
    removeLeftovers(join(folder, ".deepspeech-lm"));
    this.#onAccess = onAccess;
  }

  createRun(): RunWriter {
    return new FileRun(this);
  }

  /** @throws UserError when the folder cannot be written to */
  openFile(): number {
    return this.#explained(() => {
      const path = temporaryPathFor(join(this.#folder, ".deepspeech-lm"));
      const file = openSync(path, "wx+");
      if (process.platform === "win32") this.#paths.push(path);
      else unlinkSync(path);
      return file;
    });
  }

  /** @throws UserError when the disk is full */
  write(file: number, data: Uint32Array): void {
    this.#onAccess();
    const bytes = bytesOf(data);
    this.#explained(() => {
      for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
    });
    this.bytesWritten += bytes.length;
  }

  /** Fills `target` from a position counted in numbers; returns how many there were. */
  read(file: number, target: Uint32Array, position: number): number {
    this.#onAccess();
    const bytes = bytesOf(target);
    let filled = 0;
    while (filled < bytes.length) {
      const read = readSync(file, bytes, filled, bytes.length - filled, position * 4 + filled);
      if (read === 0) break;
      filled += read;
    }
    return filled / 4;
  }

  [Symbol.dispose](): void {
    for (const path of this.#paths) rmSync(path, { force: true });
  }

  #explained<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      throw explain(this.#folder, error);
    }
  }
}

/** Written first, then read. */
class FileRun implements RunWriter, Run {
  length = 0;
  readonly #storage: FileRunStorage;
  #inMemory: Uint32Array | undefined = new Uint32Array(0);
  #file: number | undefined;

  constructor(storage: FileRunStorage) {
    this.#storage = storage;
  }

  append(data: Uint32Array): void {
    this.length += data.length;
    if (this.#inMemory !== undefined && this.length <= LARGEST_IN_MEMORY) {
      this.#inMemory = joined(this.#inMemory, data);
      return;
    }
    this.#file ??= this.#storage.openFile();
    if (this.#inMemory !== undefined && this.#inMemory.length > 0) this.#storage.write(this.#file, this.#inMemory);
    this.#inMemory = undefined;
    this.#storage.write(this.#file, data);
  }

  finish(): Run {
    return this;
  }

  read(target: Uint32Array, position: number): number {
    if (this.#inMemory === undefined) return this.#storage.read(this.#file as number, target, position);
    const piece = this.#inMemory.subarray(position, position + target.length);
    target.set(piece);
    return piece.length;
  }

  release(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#inMemory = new Uint32Array(0);
  }
}

function joined(a: Uint32Array, b: Uint32Array): Uint32Array {
  const whole = new Uint32Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

function bytesOf(data: Uint32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function explain(folder: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new UserError(
      `${folder}: the disk is full (or a quota is spent) with temporary files; free some space or choose another folder for them.`,
      { code: "disk-full", cause: error },
    );
  }
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new UserError(`${folder}: no such folder for temporary files; create it or choose another.`, {
      code: "file-not-writable",
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new UserError(`${folder}: temporary files may not be written there; choose another folder for them.`, {
      code: "file-not-writable",
      cause: error,
    });
  }
  return error;
}
