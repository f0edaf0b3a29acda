/**
 * An MP3 file's frames, one by one, beside a decoder that carries on after whatever it cannot read. Each frame's header
 * tells where the next one begins: so bytes between two of them are damage, and a last one that does not fit in was cut.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";
import type { ChunkDecoder, DecodedAudio } from "./decoded-audio.js";
import { type MpegFrame, mpegFrame } from "./frame-headers.js";
import { TAG_HEADER_BYTES, tagBytes } from "./tags.js";
import { WaitingBytes } from "./waiting-bytes.js";

/** The longest frame, of 320 kbit/s at 32 kHz with padding, and what tells what follows it. */
const LOOK_BYTES = 1441 + TAG_HEADER_BYTES;
/** A line's end or the like, behind the last frame, is no missing sound. */
const MOST_TRAILING_BYTES = 128;

/** Hands a file on to `decoder`, as far as it consists of frames. */
export class Mp3ChunkDecoder implements ChunkDecoder {
  readonly #decoder: ChunkDecoder;
  readonly #frames = new Mp3Frames();

  constructor(decoder: ChunkDecoder) {
    this.#decoder = decoder;
  }

  push(bytes: Uint8Array): AsyncIterable<DecodedAudio> {
    this.#frames.push(bytes, false);
    return this.#decoder.push(bytes);
  }

  end(): AsyncIterable<DecodedAudio> {
    this.#frames.push(new Uint8Array(), true);
    return this.#decoder.end();
  }

  free(): void {
    this.#decoder.free();
  }
}

class Mp3Frames {
  readonly #waiting = new WaitingBytes();
  /** Of the frame or tag that was entered last. */
  #toPass = 0;
  #isInTag = false;
  /** Of the frames so far. */
  #seconds = 0;
  /** Since the last frame, bytes that are neither frame nor tag. Before the first frame there may be anything. */
  #numOther = 0;
  /** Frames of "free format" do not tell their length. */
  #isFree = false;

  /** Throws DamagedAudioError. */
  push(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isFree) return;
    const input = this.#waiting.with(bytes);
    let at = 0;
    for (;;) {
      const passed = Math.min(this.#toPass, input.length - at);
      this.#toPass -= passed;
      at += passed;
      const isEnough = isEnd ? at < input.length : at + LOOK_BYTES <= input.length;
      if (this.#toPass > 0 || !isEnough) break;
      this.#enter(input, at);
    }
    this.#waiting.keep(input.subarray(at));
    if (isEnd) this.#checkEnd();
  }

  #enter(input: Uint8Array, at: number): void {
    const frame = layer3Frame(input, at);
    const hasBegun = this.#seconds > 0;
    if (!hasBegun && frame && frame.numBytes === undefined) this.#isFree = true;
    const numBytes = frame?.numBytes ?? 0;
    const isExpected = hasBegun && this.#numOther === 0;
    if (frame && numBytes > 0 && (isExpected || isFollowed(input, at + numBytes))) {
      if (hasBegun && this.#numOther > 0) throw this.#damage();
      this.#toPass = numBytes;
      this.#isInTag = false;
      this.#seconds += frame.numSamples / frame.sampleRate;
      this.#numOther = 0;
      return;
    }
    const numTagBytes = tagBytes(input, at);
    this.#isInTag = numTagBytes > 0;
    this.#toPass = Math.max(1, numTagBytes);
    if (!this.#isInTag) this.#numOther += 1;
  }

  #checkEnd(): void {
    if (this.#isFree || this.#seconds === 0) return;
    if (this.#toPass > 0 && !this.#isInTag) throw new DamagedAudioError("is cut short: its last frame is not whole.");
    if (this.#numOther > MOST_TRAILING_BYTES) throw this.#damage();
  }

  #damage(): DamagedAudioError {
    return new DamagedAudioError(`is damaged after ${this.#seconds.toFixed(2)} s: bytes there belong to no frame.`);
  }
}

function layer3Frame(input: Uint8Array, at: number): MpegFrame | undefined {
  const frame = mpegFrame(input, at);
  return frame?.layer === 3 ? frame : undefined;
}

/** Whether a frame that ends there is one: by chance, sound has bytes that look like a header. */
function isFollowed(input: Uint8Array, end: number): boolean {
  return end >= input.length || layer3Frame(input, end) !== undefined || tagBytes(input, end) > 0;
}
