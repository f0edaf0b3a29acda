/** A live segment by a model that streams: no sound is heard twice, and every frame is settled as soon as it is known. */
import type { BundleHeader, Emissions } from "@deepspeech-ts/speech";
import { joinArrays } from "../audio/join-arrays.js";
import type { LiveHearing } from "./live-hearing.js";
import type { SampleBuffer } from "./sample-buffer.js";
import type { StepUtterance } from "./step-utterance.js";

export interface StepwiseOptions {
  readonly header: BundleHeader;
  readonly utterance: StepUtterance;
  /** Frames of one step: streams whose steps are equally long share runs of the model. */
  readonly stepFrames: number;
}

export class StepwiseHearing implements LiveHearing {
  readonly #options: StepwiseOptions;
  readonly #frameSamples: number;
  readonly #known: Float32Array[] = [];
  readonly #settledEnds: number[] = [];
  /** The frame after the last of which the model said anything. */
  #spokenEnd = 0;

  constructor(
    readonly startSample: number,
    options: StepwiseOptions,
  ) {
    this.#options = options;
    this.#frameSamples = Math.round(options.header.frameSeconds * options.header.sampleRate);
  }

  get settledEnds(): readonly number[] {
    return this.#settledEnds;
  }

  get neededFrom(): number {
    return this.startSample + this.#options.utterance.numSamples;
  }

  get silentSeconds(): number {
    return (this.#numKnown - this.#spokenEnd) * this.#options.header.frameSeconds;
  }

  async hear(buffer: SampleBuffer, endSample: number): Promise<Emissions> {
    this.#take(buffer, endSample);
    await this.#advance();
    return this.#all(this.#numKnown);
  }

  async finish(buffer: SampleBuffer, endSample: number): Promise<Emissions> {
    const shown = this.#numKnown;
    this.#take(buffer, endSample);
    this.#options.utterance.finish();
    await this.#advance();
    // What was heard beyond the segment's end is the next one's, unless it was told already.
    const own = Math.ceil((endSample - this.startSample) / this.#frameSamples);
    const numFrames = Math.min(this.#numKnown, Math.max(own, shown));
    while ((this.#settledEnds.at(-1) ?? 0) > numFrames) this.#settledEnds.pop();
    return this.#all(numFrames);
  }

  get #numKnown(): number {
    return this.#settledEnds.at(-1) ?? 0;
  }

  #take(buffer: SampleBuffer, endSample: number): void {
    const from = this.neededFrom;
    if (endSample > from) this.#options.utterance.push(buffer.slice(from, Math.min(buffer.end, endSample)));
  }

  async #advance(): Promise<void> {
    const { utterance, stepFrames, header } = this.#options;
    for await (const emissions of utterance.advance(stepFrames)) {
      this.#known.push(emissions.logProbs);
      const spoken = lastSpoken(emissions, header.alphabet.blankId);
      if (spoken !== undefined) this.#spokenEnd = this.#numKnown + spoken + 1;
      this.#settledEnds.push(this.#numKnown + emissions.numFrames);
    }
  }

  #all(numFrames: number): Emissions {
    const numTokens = this.#options.header.alphabet.tokens.length;
    const logProbs = joinArrays(this.#known).subarray(0, numFrames * numTokens);
    return { logProbs, numFrames, numTokens };
  }
}

/** The last frame in which another token than the blank is likely; undefined where there is none. */
function lastSpoken({ logProbs, numFrames, numTokens }: Emissions, blankId: number): number | undefined {
  for (let frame = numFrames - 1; frame >= 0; frame--) {
    if (Math.exp(logProbs[frame * numTokens + blankId]!) < 0.5) return frame;
  }
  return undefined;
}
