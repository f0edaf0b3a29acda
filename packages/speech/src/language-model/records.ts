/**
 * Streams of fixed-width records, the currency of estimation: n-grams as word ids with a count or a probability. A
 * stream too long for memory lives in runs, which a `RunStorage` keeps: in memory here, in temporary files on a server.
 * All of it is synchronous, for it runs in a thread of its own, and a promise for each record would cost more than the
 * record.
 */

/** Walks over records. It starts before the first; `data` and `offset` name the current record after `next()` gave true. */
export interface RecordCursor {
  readonly data: Uint32Array;
  readonly offset: number;
  next(): boolean;
}

/** Where runs are kept. */
export interface RunStorage {
  createRun(): RunWriter;
}

/** A run while it is written. `append` copies what it is given. */
export interface RunWriter {
  append(data: Uint32Array): void;
  finish(): Run;
}

/** A finished sequence of numbers. */
export interface Run {
  /** In numbers, not bytes. */
  readonly length: number;
  /** Fills `target` from `position` on; returns how many numbers there were. */
  read(target: Uint32Array, position: number): number;
  /** Frees the space. */
  release(): void;
}

/** Runs in memory: for small texts, browsers and tests. */
export class MemoryRunStorage implements RunStorage {
  createRun(): RunWriter {
    const chunks: Uint32Array[] = [];
    return {
      append: (data) => void chunks.push(data.slice()),
      finish: () => memoryRun(chunks),
    };
  }
}

function memoryRun(chunks: Uint32Array[]): Run {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const read = (target: Uint32Array, position: number) => {
    let filled = 0;
    let start = 0;
    for (const chunk of chunks) {
      const from = position + filled - start;
      if (from < chunk.length && filled < target.length) {
        const piece = chunk.subarray(from, from + target.length - filled);
        target.set(piece, filled);
        filled += piece.length;
      }
      start += chunk.length;
    }
    return filled;
  };
  return { length, read, release: () => void chunks.splice(0) };
}

/** The first `count` records of an array. */
export class ArrayCursor implements RecordCursor {
  readonly data: Uint32Array;
  offset: number;
  readonly #width: number;
  readonly #end: number;

  constructor(data: Uint32Array, count: number, width: number) {
    this.data = data;
    this.offset = -width;
    this.#width = width;
    this.#end = count * width;
  }

  next(): boolean {
    this.offset += this.#width;
    return this.offset < this.#end;
  }
}

/** Records a buffer holds, for reading and for writing runs. */
const BUFFERED_RECORDS = 8192;

/** The records of a run, which is released after the last. */
export class RunCursor implements RecordCursor {
  readonly data: Uint32Array;
  offset: number;
  readonly #run: Run;
  readonly #width: number;
  #position = 0;
  #end = 0;

  constructor(run: Run, width: number, bufferedRecords = BUFFERED_RECORDS) {
    this.data = new Uint32Array(Math.min(bufferedRecords * width, Math.max(run.length, width)));
    this.#run = run;
    this.#width = width;
    this.offset = 0;
  }

  next(): boolean {
    this.offset += this.#width;
    return this.offset < this.#end || this.#refill();
  }

  #refill(): boolean {
    this.#end = this.#run.read(this.data, this.#position);
    this.#position += this.#end;
    this.offset = 0;
    if (this.#end > 0) return true;
    this.#run.release();
    return false;
  }
}

/** Collects records, in the order they come, into a run. */
export class RecordWriter {
  /** Write the fields of a new record here, from the offset that `reserve()` returns. */
  readonly block: Uint32Array;
  readonly #width: number;
  readonly #run: RunWriter;
  #used = 0;

  constructor(storage: RunStorage, width: number) {
    this.block = new Uint32Array(BUFFERED_RECORDS * width);
    this.#width = width;
    this.#run = storage.createRun();
  }

  /** Makes room for one record. */
  reserve(): number {
    if (this.#used === this.block.length) this.#flush();
    const at = this.#used;
    this.#used += this.#width;
    return at;
  }

  finish(): Run {
    this.#flush();
    return this.#run.finish();
  }

  #flush(): void {
    if (this.#used > 0) this.#run.append(this.block.subarray(0, this.#used));
    this.#used = 0;
  }
}
