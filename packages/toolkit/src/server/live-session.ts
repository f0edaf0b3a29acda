/**
 * One live stream over a WebSocket (RFC 6455): sound in binary frames, events in text frames, as docs/serving.md
 * describes them.
 */
import type { Recognizer, StreamEvent } from "@deepspeech-ts/recognizer";
import type { WebSocket } from "@fastify/websocket";
import type { FastifyBaseLogger } from "fastify";
import { logFailure } from "./answer-errors.js";
import { ApiError, toApiError } from "./api-error.js";
import type { Limits } from "./options.js";
import { milliseconds, wordOf } from "./render.js";
import { SoundQueue } from "./sound-queue.js";

/** How a stream ended. Those from 4000 on are ours, and end in the HTTP status of the same meaning. */
export const CLOSE_CODES = {
  done: 1000,
  goingAway: 1001,
  badMessage: 1003,
  failed: 1011,
  badSound: 4400,
  idle: 4408,
  tooLong: 4413,
  slowReader: 4429,
} as const;

const BYTES_PER_SAMPLE = 2;
/** Sound that may wait for the recogniser. */
const QUEUED_SECONDS = 5;
/** A client that does not read: partial results are left out from here on, for later ones replace them... */
const MOST_UNREAD_PARTIAL_BYTES = 2 ** 16;
/** ...and here the connection ends. */
const MOST_UNREAD_BYTES = 2 ** 20;

export interface LiveWish {
  readonly sampleRate: number;
  readonly hotWords: readonly string[];
  readonly wordTimes: boolean;
}

export interface LiveSurroundings {
  readonly recognizer: Recognizer;
  readonly limits: Readonly<Limits>;
  readonly controller: AbortController;
  readonly log: FastifyBaseLogger;
}

export class LiveSession {
  readonly #socket: WebSocket;
  readonly #wish: LiveWish;
  readonly #surroundings: LiveSurroundings;
  readonly #sound: SoundQueue;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #numBytes = 0;
  /** Where it is none of an error's own. The first reason to end counts. */
  #closeCode: number | undefined;
  /** The final texts. */
  readonly texts: string[] = [];

  constructor(socket: WebSocket, wish: LiveWish, surroundings: LiveSurroundings) {
    this.#socket = socket;
    this.#wish = wish;
    this.#surroundings = surroundings;
    this.#sound = new SoundQueue(QUEUED_SECONDS * wish.sampleRate * BYTES_PER_SAMPLE, {
      onFull: () => {
        clearTimeout(this.#idleTimer);
        socket.pause();
      },
      onRoom: () => {
        socket.resume();
        this.#watchIdleness();
      },
    });
  }

  /** Seconds of sound that came. */
  get audioSeconds(): number {
    return this.#numBytes / BYTES_PER_SAMPLE / this.#wish.sampleRate;
  }

  /** Resolves when the stream is over and its socket is closing. */
  async run(): Promise<void> {
    const { recognizer, controller, log } = this.#surroundings;
    this.#listen();
    const { sampleRate, hotWords, wordTimes } = this.#wish;
    try {
      const options = { sampleRate, hotWords, wordTimes, signal: controller.signal };
      for await (const event of recognizer.stream(this.#sound, options)) this.#tell(event);
      this.#send({ type: "done", duration: milliseconds(this.audioSeconds) });
      this.#socket.close(this.#closeCode ?? CLOSE_CODES.done);
    } catch (error) {
      this.#fail(toApiError(error), log);
    } finally {
      // What a client sends until it has heard of the end is nobody's.
      this.#endSound();
    }
  }

  /** The server stops: what has come is finished. */
  stop(): void {
    this.#closeCode ??= CLOSE_CODES.goingAway;
    this.#endSound();
  }

  #listen(): void {
    const { controller } = this.#surroundings;
    this.#socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.#takeSound(data);
      else this.#takeMessage(data.toString());
    });
    this.#socket.once("close", () => controller.abort(new ApiError(499, "The client went away.", { code: "gone" })));
    this.#watchIdleness();
  }

  #takeSound(bytes: Buffer): void {
    if (this.#sound.isEnded) return;
    const { maxStreamSeconds } = this.#surroundings.limits;
    this.#numBytes += bytes.length;
    if (this.audioSeconds > maxStreamSeconds) {
      this.#refuse(CLOSE_CODES.tooLong, `The stream is longer than ${maxStreamSeconds} s; open another.`, "too_long");
      return;
    }
    this.#watchIdleness();
    this.#sound.push(bytes);
  }

  #takeMessage(text: string): void {
    if (isEnd(text)) this.#endSound();
    else {
      const message = 'Expected binary frames of sound, or the text frame {"type":"end"}.';
      this.#refuse(CLOSE_CODES.badMessage, message, "bad_message");
    }
  }

  #endSound(): void {
    clearTimeout(this.#idleTimer);
    this.#sound.end();
  }

  #watchIdleness(): void {
    const { streamIdleSeconds } = this.#surroundings.limits;
    clearTimeout(this.#idleTimer);
    // What still waits may take the recogniser longer than that.
    if (this.#sound.isEnded) return;
    const message = `No sound came for ${streamIdleSeconds} s.`;
    this.#idleTimer = setTimeout(() => this.#refuse(CLOSE_CODES.idle, message, "idle"), 1000 * streamIdleSeconds);
  }

  /** Ends the stream for a reason that lies with the client. */
  #refuse(closeCode: number, message: string, code: string): void {
    this.#closeCode ??= closeCode;
    this.#surroundings.controller.abort(new ApiError(400, message, { code }));
  }

  #fail(error: ApiError, log: FastifyBaseLogger): void {
    logFailure(log, error);
    this.#send({ type: "error", ...error.body });
    this.#socket.close(this.#closeCode ?? closeCodeOf(error), reasonOf(error));
    // A paused socket would never hear of the other side's closing.
    this.#socket.resume();
  }

  #tell(event: StreamEvent): void {
    if (event.kind === "final") this.texts.push(event.text);
    if (event.kind === "partial" && this.#socket.bufferedAmount > MOST_UNREAD_PARTIAL_BYTES) return;
    this.#send(event.kind === "partial" ? partialOf(event) : finalOf(event));
    if (this.#socket.bufferedAmount <= MOST_UNREAD_BYTES) return;
    this.#refuse(CLOSE_CODES.slowReader, "The client does not read what it is sent.", "slow_reader");
  }

  #send(message: object): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

function isEnd(text: string): boolean {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === "object" && message !== null && "type" in message && message.type === "end";
  } catch {
    return false;
  }
}

function closeCodeOf({ statusCode }: ApiError): number {
  if (statusCode === 503) return CLOSE_CODES.goingAway;
  return statusCode < 500 ? CLOSE_CODES.badSound : CLOSE_CODES.failed;
}

/** The protocol leaves 123 bytes for it. */
function reasonOf({ message }: ApiError): string {
  return Buffer.from(message).subarray(0, 120).toString().replaceAll("\ufffd", "");
}

function partialOf(event: Extract<StreamEvent, { kind: "partial" }>): object {
  const { segment, stable, tail, startSeconds, heardSeconds } = event;
  return {
    type: "partial",
    segment,
    stable,
    tail,
    start: milliseconds(startSeconds),
    heard: milliseconds(heardSeconds),
  };
}

function finalOf(event: Extract<StreamEvent, { kind: "final" }>): object {
  const { segment, text, startSeconds, endSeconds, timedWords } = event;
  return {
    type: "final",
    segment,
    text,
    start: milliseconds(startSeconds),
    end: milliseconds(endSeconds),
    ...(timedWords && { words: timedWords.map(wordOf) }),
  };
}
