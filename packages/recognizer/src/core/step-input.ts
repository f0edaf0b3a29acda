/**
 * An utterance's samples, as a forward model's steps take them: windows that follow one another at each hop, half of the
 * first before the utterance and half of the last behind it, where the sound is reflected.
 */
import type { StreamingFacts } from "@deepspeech-ts/speech";
import { SampleBuffer } from "./sample-buffer.js";
import { Scratch } from "./tensor-data.js";

/** Of an utterance whose end has not come. */
const ENDLESS = 2 ** 40;

/** One step of one utterance, without its state. */
export interface StepSound {
  /** Of the samples. */
  readonly length: number;
  readonly samples: Float32Array<ArrayBuffer>;
  /** Frames of output that were taken in before. */
  readonly position: number;
  /** Frames of features of the whole utterance; a very large number where its end has not come. */
  readonly end: number;
}

export class StepInput {
  readonly #facts: StreamingFacts;
  /** The sound, from half a window before the first sample. */
  readonly #padded = new SampleBuffer();
  /** The first samples, until there are enough to be reflected. */
  readonly #first = new SampleBuffer();
  /** Its end has the last half a window and one more sample, for the reflection at the end. */
  readonly #last = new SampleBuffer();
  readonly #scratch = new Scratch();
  #numSamples = 0;
  #position = 0;
  #end = ENDLESS;

  constructor(facts: StreamingFacts) {
    this.#facts = facts;
  }

  /** Samples that came so far. */
  get numSamples(): number {
    return this.#numSamples;
  }

  /** Frames of output that steps have taken in. */
  get position(): number {
    return this.#position;
  }

  /** Frames of output of the whole utterance; infinite until its end has come. */
  get numFrames(): number {
    return this.#end === ENDLESS ? Number.POSITIVE_INFINITY : Math.floor((this.#end - 1) / this.#facts.stride) + 1;
  }

  push(samples: Float32Array): void {
    const half = this.#half;
    this.#numSamples += samples.length;
    this.#last.push(samples);
    this.#last.dropBefore(this.#numSamples - half - 1);
    if (this.#padded.end > 0) {
      this.#padded.push(samples);
      return;
    }
    this.#first.push(samples);
    if (this.#first.end <= half) return;
    const first = this.#first.slice(0, this.#first.end);
    this.#padded.push(first.slice(1, half + 1).reverse());
    this.#padded.push(first);
    this.#first.dropBefore(first.length);
  }

  /** The utterance ends here. It must have more than half a window's samples. */
  finish(): void {
    const { hopSamples } = this.#facts;
    this.#end = Math.floor(this.#numSamples / hopSamples) + 1;
    this.#padded.push(this.#last.slice(this.#numSamples - this.#half - 1, this.#numSamples - 1).reverse());
  }

  /** How many frames of output a step can take in now. */
  get numReady(): number {
    if (this.#end !== ENDLESS) return Math.max(0, this.numFrames + this.#facts.delayFrames - this.#position);
    const { windowSamples, hopSamples, stride } = this.#facts;
    const features = Math.floor((this.#padded.end - windowSamples) / hopSamples) + 1;
    return Math.max(0, Math.floor(features / stride) - this.#position);
  }

  /**
   * The next step, over so many frames of output: at most `numReady`, or any number behind the utterance's end. Its samples
   * are there until the one after it is taken.
   */
  take(numFrames: number): StepSound {
    const { windowSamples, hopSamples, stride } = this.#facts;
    const from = this.#position * stride * hopSamples;
    const samples = this.#scratch.take(numFrames * stride * hopSamples + windowSamples - hopSamples);
    const to = Math.max(from, Math.min(this.#padded.end, from + samples.length));
    if (to > from) samples.set(this.#padded.view(from, to));
    samples.fill(0, to - from);
    const sound = { samples, length: samples.length, position: this.#position, end: this.#end };
    this.#position += numFrames;
    this.#padded.dropBefore(this.#position * stride * hopSamples);
    return sound;
  }

  get #half(): number {
    return this.#facts.windowSamples / 2;
  }
}
