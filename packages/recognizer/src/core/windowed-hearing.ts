/**
 * A live segment by a model that reads both ways. Each new piece of sound is heard together with the seconds before it; what the
 * model says of frames changes while sound still follows them, and hardly after a second. So frames that have had their
 * second of lookahead are settled for good, and those after them are heard again with the next piece.
 */
import { type BundleHeader, type Emissions, outputBlanks } from "@deepspeech-ts/speech";
import { changeOver, endOf, framesOf, type PlacedEmissions } from "./join-emissions.js";
import type { Heard, LiveHearing } from "./live-hearing.js";
import type { SampleBuffer } from "./sample-buffer.js";

export interface WindowedOptions {
  readonly header: BundleHeader;
  readonly infer: (samples: Float32Array<ArrayBuffer>) => Promise<Emissions>;
  readonly contextSeconds: number;
  readonly lookaheadSeconds: number;
}

export class WindowedHearing implements LiveHearing {
  readonly #options: WindowedOptions;
  readonly #frameSamples: number;
  /** Frames that will not change. */
  #numSettled = 0;
  /** What the model said last. */
  #latest: PlacedEmissions | undefined;
  readonly silentSeconds = 0;

  constructor(
    readonly startSample: number,
    options: WindowedOptions,
  ) {
    this.#options = options;
    this.#frameSamples = Math.round(options.header.frameSeconds * options.header.sampleRate);
  }

  get neededFrom(): number {
    const context = Math.round(this.#options.contextSeconds / this.#options.header.frameSeconds);
    return this.startSample + Math.max(0, this.#numSettled - context) * this.#frameSamples;
  }

  async hear(buffer: SampleBuffer, endSample: number): Promise<Heard> {
    const start = this.neededFrom;
    const emissions = await this.#options.infer(buffer.slice(start, endSample));
    const heard = { firstFrame: (start - this.startSample) / this.#frameSamples, emissions };
    const settled = this.#settle(heard);
    this.#latest = heard;
    return { settled, tail: framesOf(heard, this.#numSettled, endOf(heard)) };
  }

  finish(buffer: SampleBuffer, endSample: number): Promise<Heard> {
    // Silence may have been settled already.
    const settledEnd = this.startSample + this.#numSettled * this.#frameSamples;
    return this.hear(buffer, Math.min(buffer.end, Math.max(endSample, settledEnd)));
  }

  /** The last hearing's frames, up to where it goes over to the new one, will not be heard again. */
  #settle(heard: PlacedEmissions): Emissions[] {
    const latest = this.#latest;
    const from = this.#numSettled;
    if (!latest) return [];
    const { lookaheadSeconds, header } = this.#options;
    const lookahead = Math.round(lookaheadSeconds / header.frameSeconds);
    const last = Math.min(endOf(latest) - lookahead, endOf(heard));
    if (last <= from) return [];
    const cut = changeOver(latest, heard, { from, to: last, near: last }, outputBlanks(header));
    if (cut === from) return [];
    this.#numSettled = cut;
    return [framesOf(latest, from, cut)];
  }
}
