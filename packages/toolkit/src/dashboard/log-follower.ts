/**
 * Follows a run's log for as long as somebody watches. A log may be of hundreds of megabytes and of a run in this very
 * process, so it is read piece by piece with pauses in between; and one damaged line, which a power cut can leave, must
 * not hide all the others.
 */
import { type FileHandle, open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { errorMessage, explainReadError, systemErrorCode } from "@deepspeech-ts/recognizer/system";
import { type LoggedEvent, parseEvent } from "../training/logging/logged-event.js";
import { completeLines, endOf, logPath } from "../training/logging/read-log.js";
import { checkEvent } from "./check-event.js";

/** Takes about 10 ms to parse. */
const PIECE_BYTES = 1 << 20;

export interface DamagedLine {
  /** Counted from 1. */
  line: number;
  reason: string;
}

/** What is done with what is read. */
export interface LogListener {
  /** The log begins anew: a resumed run cut it to its checkpoint. All that was read before is void. */
  onRestart(): void;
  onEvent(event: LoggedEvent): void;
  onDamaged(damaged: DamagedLine): void;
}

export class LogFollower {
  readonly #path: string;
  /** The file that was read so far, to tell it from one that took its name since. */
  #inode: bigint | null = null;
  #byte = 0;
  #line = 0;

  constructor(
    runFolder: string,
    readonly listener: LogListener,
  ) {
    this.#path = logPath(runFolder);
  }

  /**
   * Reads what the log has gained; a last line without its end is left for later. Nothing where there is no log yet.
   * @throws UserError where the log may not be read
   */
  async read(): Promise<void> {
    try {
      const file = await open(this.#path);
      await this.#readAll(file).finally(() => file.close());
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw explainReadError(this.#path, error);
    }
  }

  async #readAll(file: FileHandle): Promise<void> {
    const { ino, size } = await file.stat({ bigint: true });
    if (this.#inode !== null && (ino !== this.#inode || size < this.#byte)) this.#restart();
    this.#inode = ino;
    let pieceBytes = PIECE_BYTES;
    while (this.#byte < Number(size)) {
      const piece = Buffer.alloc(Math.min(pieceBytes, Number(size) - this.#byte));
      const { bytesRead } = await file.read(piece, 0, piece.length, this.#byte);
      const lines = completeLines(piece.subarray(0, bytesRead));
      for (const { text } of lines) this.#tell(text);
      this.#byte += endOf(lines);
      const isAtEnd = piece.length < pieceBytes;
      if (lines.length === 0 && isAtEnd) return;
      // A line that is longer than the piece needs a larger one.
      if (lines.length === 0) pieceBytes *= 2;
      await setImmediate();
    }
  }

  #restart(): void {
    this.#byte = 0;
    this.#line = 0;
    this.listener.onRestart();
  }

  #tell(text: string): void {
    this.#line++;
    let event: LoggedEvent;
    try {
      event = parseEvent(text);
      checkEvent(event);
    } catch (error) {
      this.listener.onDamaged({ line: this.#line, reason: errorMessage(error) });
      return;
    }
    this.listener.onEvent(event);
  }
}
