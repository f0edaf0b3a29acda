/**
 * One live stream over a WebSocket (RFC 6455): sound in binary frames, events in text frames, as docs/serving.md
 * describes them.
 */
import type { Recognizer, StreamEvent } from "@deepspeech-ts/recognizer";
import { type LiveMessage, roundSeconds, toWireSpan, toWireWord } from "@deepspeech-ts/speech";
import type { WebSocket } from "@fastify/websocket";
import type { FastifyBaseLogger } from "fastify";
import { logFailure } from "./answer-errors.js";
import { ApiError, toApiError } from "./api-error.js";
import type { Limits } from "./options.js";
import type { DecodingWish } from "./request-fields.js";
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
/** Of a sound file, whose seconds are not known before it is decoded. */
const QUEUED_FILE_BYTES = 2 ** 20;
/** A client that does not read: partial results are left out from here on, for later ones replace them... */
const MOST_UNREAD_PARTIAL_BYTES = 2 ** 16;
/** ...and here the connection ends. */
const MOST_UNREAD_BYTES = 2 ** 20;

const MOST_MESSAGE_BYTES = 1024;
/** What ends the sound elsewhere: with Kaldi's server, and with WhisperLive. */
const END_WORDS: ReadonlySet<string> = new Set(["EOS", "END_OF_AUDIO"]);
const END_MESSAGE = '{"type":"end"}';
const MOST_QUOTED_CHARACTERS = 60;

export interface LiveWish extends DecodingWish {
  /** What binary frames are: raw samples, or the bytes of a sound file that is being written. */
  readonly encoding: "pcm16" | "file";
  /** Of raw samples. */
  readonly sampleRate: number;
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
  /** Decoded of a sound file. */
  #decodedSeconds = 0;
  /** Where it is none of an error's own. The first reason to end counts. */
  #closeCode: number | undefined;
  /** What the client did that ended the sound; it is told once what had come by then has been finished. */
  #complaint: ApiError | undefined;
  /** The final texts. */
  readonly texts: string[] = [];

  constructor(socket: WebSocket, wish: LiveWish, surroundings: LiveSurroundings) {
    this.#socket = socket;
    this.#wish = wish;
    this.#surroundings = surroundings;
    const rawBytes = QUEUED_SECONDS * wish.sampleRate * BYTES_PER_SAMPLE;
    this.#sound = new SoundQueue(wish.encoding === "file" ? QUEUED_FILE_BYTES : rawBytes, {
      onFull: () => {
        this.#ignoreIdleness();
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
    if (this.#wish.encoding === "file") return this.#decodedSeconds;
    return this.#numBytes / BYTES_PER_SAMPLE / this.#wish.sampleRate;
  }

  /** Resolves when the stream is over and its socket is closing. */
  async run(): Promise<void> {
    const { recognizer, controller, log } = this.#surroundings;
    this.#listen();
    const { encoding, sampleRate, decoding, hotWords, wordTimes } = this.#wish;
    try {
      const onSound = (seconds: number) => this.#countDecoded(seconds);
      const raw = encoding === "pcm16" && { sampleRate };
      const options = { encoding, ...raw, decoding, hotWords, wordTimes, signal: controller.signal, onSound };
      for await (const event of recognizer.stream(this.#sound, options)) this.#tell(event);
      if (this.#complaint) throw this.#complaint;
      this.#send({ type: "done", duration: roundSeconds(this.audioSeconds) });
      this.#socket.close(this.#closeCode ?? CLOSE_CODES.done);
    } catch (error) {
      // A file that the server broke off is cut short for no other reason.
      this.#fail(this.#complaint ?? toApiError(error), log);
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
      const text = isBinary ? textInSound(data) : data.toString();
      if (text === undefined) this.#takeSound(data);
      else this.#takeMessage(text);
    });
    this.#socket.once("close", () => controller.abort(new ApiError(499, "The client went away.", { code: "gone" })));
    this.#watchIdleness();
  }

  #takeSound(bytes: Buffer): void {
    // A frame without sound does not put off the end of a stream that has none.
    if (this.#sound.isEnded || bytes.length === 0) return;
    const taken = bytes.subarray(0, this.#room());
    this.#numBytes += taken.length;
    this.#watchIdleness();
    this.#sound.push(taken);
    if (taken.length < bytes.length) this.#endAsTooLong();
  }

  /** Bytes that may still come. Some sound files can only be read as a whole, and are held. */
  #room(): number {
    const { maxStreamSeconds, maxUploadBytes } = this.#surroundings.limits;
    const rawBytes = Math.floor(maxStreamSeconds * this.#wish.sampleRate) * BYTES_PER_SAMPLE;
    return (this.#wish.encoding === "file" ? maxUploadBytes : rawBytes) - this.#numBytes;
  }

  #countDecoded(seconds: number): void {
    this.#decodedSeconds = seconds;
    if (seconds > this.#surroundings.limits.maxStreamSeconds) this.#endAsTooLong();
  }

  #endAsTooLong(): void {
    const { maxStreamSeconds, maxUploadBytes } = this.#surroundings.limits;
    const isLarge = this.#wish.encoding === "file" && this.#decodedSeconds <= maxStreamSeconds;
    const problem = isLarge
      ? `file is larger than ${maxUploadBytes} bytes`
      : `stream is longer than ${maxStreamSeconds} s`;
    this.#endFor(CLOSE_CODES.tooLong, `The ${problem}; open another.`, "too_long");
  }

  #takeMessage(text: string): void {
    if (isEnd(text)) this.#endSound();
    else this.#endFor(CLOSE_CODES.badMessage, badMessage(text), "bad_message");
  }

  #endSound(): void {
    this.#ignoreIdleness();
    this.#sound.end();
  }

  #watchIdleness(): void {
    const { streamIdleSeconds } = this.#surroundings.limits;
    this.#ignoreIdleness();
    // What still waits may take the recogniser longer than that.
    if (this.#sound.isEnded) return;
    const message = `No sound came for ${streamIdleSeconds} s; the text frame ${END_MESSAGE} ends it.`;
    const timer = setTimeout(() => {
      // Where this thread was held up, sound may have come that it has not read yet: that is no idleness of the client's.
      setImmediate(() => {
        if (this.#idleTimer === timer) this.#endFor(CLOSE_CODES.idle, message, "idle");
      });
    }, 1000 * streamIdleSeconds);
    this.#idleTimer = timer;
  }

  #ignoreIdleness(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
  }

  /** Ends the sound for a reason that lies with the client: what has come is finished, then the reason is told. */
  #endFor(closeCode: number, message: string, code: string): void {
    if (this.#sound.isEnded) return;
    this.#closeCode ??= closeCode;
    this.#complaint = new ApiError(400, message, { code });
    this.#endSound();
  }

  /** Ends the stream at once. */
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
    if (event.kind === "final" && event.text !== "") this.texts.push(event.text);
    if (event.kind === "partial" && this.#socket.bufferedAmount > MOST_UNREAD_PARTIAL_BYTES) return;
    this.#send(event.kind === "partial" ? partialOf(event) : finalOf(event));
    if (this.#socket.bufferedAmount <= MOST_UNREAD_BYTES) return;
    this.#refuse(CLOSE_CODES.slowReader, "The client does not read what it is sent.", "slow_reader");
  }

  #send(message: object): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

/** Some clients send their messages in binary frames. No sound is a JSON object, or one of the words that end others. */
function textInSound(data: Buffer): string | undefined {
  if (data.length > MOST_MESSAGE_BYTES) return undefined;
  const text = data.toString();
  return END_WORDS.has(text) || (text.startsWith("{") && parseObject(text)) ? text : undefined;
}

function isEnd(text: string): boolean {
  const message = parseObject(text);
  return message !== undefined && "type" in message && message.type === "end";
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The close frame quotes it as far as it has room. */
function badMessage(text: string): string {
  const quoted = text.length <= MOST_QUOTED_CHARACTERS ? text : `${text.slice(0, MOST_QUOTED_CHARACTERS)}…`;
  return `A text frame can only be ${END_MESSAGE}, which ends the sound, not ${quoted}; settings go into the query.`;
}

function closeCodeOf({ statusCode }: ApiError): number {
  if (statusCode === 503) return CLOSE_CODES.goingAway;
  return statusCode < 500 ? CLOSE_CODES.badSound : CLOSE_CODES.failed;
}

/** The protocol leaves 123 bytes for it. */
function reasonOf({ message }: ApiError): string {
  return Buffer.from(message).subarray(0, 120).toString().replaceAll("\ufffd", "");
}

function partialOf(event: Extract<StreamEvent, { kind: "partial" }>): LiveMessage {
  const { segment, stable, tail, startSeconds, heardSeconds } = event;
  return {
    type: "partial",
    segment,
    stable,
    tail,
    start: roundSeconds(startSeconds),
    heard: roundSeconds(heardSeconds),
  };
}

function finalOf(event: Extract<StreamEvent, { kind: "final" }>): LiveMessage {
  const { segment, text, timedWords } = event;
  return {
    type: "final",
    segment,
    text,
    ...toWireSpan(event),
    ...(timedWords && { words: timedWords.map(toWireWord) }),
  };
}
