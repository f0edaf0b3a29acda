/** One utterance through a forward model's steps: samples in as they come, its frames out, each once and for good. */
import type { Emissions, StreamingFacts } from "@deepspeech-ts/speech";
import { StepInput } from "./step-input.js";
import { firstState, type Step, type StepState } from "./step-runs.js";

/** One utterance of a model that streams: what came of it, and the state that its next step begins with. */
export class StepUtterance {
  readonly #facts: StreamingFacts;
  readonly #run: (step: Step) => Promise<Emissions>;
  readonly #input: StepInput;
  readonly #state: StepState;

  /** @param run runs one step, alone or with those of others */
  constructor(facts: StreamingFacts, run: (step: Step) => Promise<Emissions>) {
    this.#facts = facts;
    this.#run = run;
    this.#input = new StepInput(facts);
    this.#state = firstState(facts);
  }

  /** Samples that came so far. */
  get numSamples(): number {
    return this.#input.numSamples;
  }

  push(samples: Float32Array): void {
    this.#input.push(samples);
  }

  /** The utterance ends with what came; it must be as long as a bundle's `minSamples`. */
  finish(): void {
    this.#input.finish();
  }

  /**
   * Takes in what came, as far as it makes whole steps; after `finish`, all of it.
   *
   * @param numFrames frames of output of one step; equal ones can share a run with those of other utterances
   * @returns the frames that are known now and were not before, in pieces
   */
  async *advance(numFrames: number): AsyncGenerator<Emissions, void, undefined> {
    const isFinished = Number.isFinite(this.#input.numFrames);
    while (this.#input.numReady >= (isFinished ? 1 : numFrames)) {
      const sound = this.#input.take(numFrames);
      const emissions = await this.#run({ ...sound, state: this.#state });
      const known = this.#within(emissions, sound.position - this.#facts.delayFrames);
      if (known.numFrames > 0) yield known;
    }
  }

  /** Of frames from `first` on, those of the utterance. */
  #within({ logProbs, numFrames, numTokens }: Emissions, first: number): Emissions {
    const from = Math.max(0, -first);
    const to = Math.max(from, Math.min(numFrames, this.#input.numFrames - first));
    return { logProbs: logProbs.subarray(from * numTokens, to * numTokens), numFrames: to - from, numTokens };
  }
}
