/** A live segment by a model that streams: no sound is heard twice, and every frame is settled as soon as it is known. */
import { type BundleHeader, type Emissions, outputBlanks, outputWidth } from "@deepspeech-ts/speech";
import type { Heard, LiveHearing } from "./live-hearing.js";
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
  #numKnown = 0;
  /** The frame after the last of which the model said anything. */
  #spokenEnd = 0;

  constructor(
    readonly startSample: number,
    options: StepwiseOptions,
  ) {
    this.#options = options;
    this.#frameSamples = Math.round(options.header.frameSeconds * options.header.sampleRate);
  }

  get neededFrom(): number {
    return this.startSample + this.#options.utterance.numSamples;
  }

  get silentSeconds(): number {
    return (this.#numKnown - this.#spokenEnd) * this.#options.header.frameSeconds;
  }

  async hear(buffer: SampleBuffer, endSample: number): Promise<Heard> {
    this.#take(buffer, endSample);
    return { settled: await this.#advance(), tail: this.#noFrames() };
  }

  async finish(buffer: SampleBuffer, endSample: number): Promise<Heard> {
    this.#take(buffer, endSample);
    this.#options.utterance.finish();
    // What was heard beyond the segment's end is the next one's, unless it was told already.
    let left = Math.max(0, Math.ceil((endSample - this.startSample) / this.#frameSamples) - this.#numKnown);
    const settled: Emissions[] = [];
    for (const emissions of await this.#advance()) {
      if (emissions.numFrames > left) return { settled, tail: firstFrames(emissions, left) };
      settled.push(emissions);
      left -= emissions.numFrames;
    }
    return { settled, tail: this.#noFrames() };
  }

  #take(buffer: SampleBuffer, endSample: number): void {
    const to = Math.min(buffer.end, endSample);
    if (to > this.neededFrom) this.#options.utterance.push(buffer.view(this.neededFrom, to));
  }

  async #advance(): Promise<Emissions[]> {
    const { utterance, stepFrames, header } = this.#options;
    const known: Emissions[] = [];
    for await (const emissions of utterance.advance(stepFrames)) {
      known.push(emissions);
      const spoken = lastSpoken(emissions, outputBlanks(header));
      if (spoken !== undefined) this.#spokenEnd = this.#numKnown + spoken + 1;
      this.#numKnown += emissions.numFrames;
    }
    return known;
  }

  #noFrames(): Emissions {
    return { logProbs: new Float32Array(), numFrames: 0, numTokens: outputWidth(this.#options.header) };
  }
}

function firstFrames({ logProbs, numTokens }: Emissions, numFrames: number): Emissions {
  return { logProbs: logProbs.slice(0, numFrames * numTokens), numFrames, numTokens };
}

/** The last frame in which another token than a blank is likely; undefined where there is none. */
function lastSpoken({ logProbs, numFrames, numTokens }: Emissions, blankIds: readonly number[]): number | undefined {
  for (let frame = numFrames - 1; frame >= 0; frame--) {
    if (blankIds.some((blankId) => Math.exp(logProbs[frame * numTokens + blankId]!) < 0.5)) return frame;
  }
  return undefined;
}
