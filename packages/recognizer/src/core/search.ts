/** From one segment's emissions to its text: what the search threads do. */
import {
  type Alphabet,
  alignText,
  type BeamSearchDecoder,
  type BeamSearchOptions,
  type ConfidenceCalibration,
  createBeamSearchDecoder,
  createGreedyDecoder,
  type Emissions,
  type Hypothesis,
  type LanguageModel,
  type Steps,
  type StreamingDecoder,
  type TimedWord,
} from "@deepspeech-ts/speech";
import { concatenated } from "./join-emissions.js";

/** Tokens of a live stream's settled frames that later words may still change: some three words of English. */
const UNDECIDED_TOKENS = 16;
/** Some seconds of sound. */
const FRAMES_BETWEEN_PAUSES = 128;

/** Plain data: it crosses from thread to thread. */
export interface SearchSettings {
  readonly frameSeconds: number;
  readonly confidenceCalibration: ConfidenceCalibration;
  readonly wordTimes: boolean;
  readonly useLanguageModel: boolean;
  /** Absent for greedy decoding. */
  readonly beam?: Pick<
    BeamSearchOptions,
    "beamSize" | "hotWords" | "nBest" | "lmWeight" | "wordScore" | "unknownWordScore"
  >;
}

/** A hypothesis; its words' times count from the emissions' first frame. */
export type FoundText = Hypothesis & { timedWords?: TimedWord[] };

/** What the search knows besides a request. */
export interface SearchKnowledge {
  readonly alphabet: Alphabet;
  readonly languageModel?: LanguageModel | undefined;
}

/** What can be said of a segment that has not ended: `stable` starts every text that will come of it. */
export interface PartialText {
  readonly stable: string;
  /** Everything heard so far; starts with `stable`. */
  readonly text: string;
}

/** The best texts of a segment that is known, best first; never none. */
export function searchText(
  emissions: Emissions,
  settings: SearchSettings,
  knowledge: SearchKnowledge,
): Steps<FoundText[]> {
  return new SegmentSearch(settings, knowledge).endInSteps(emissions);
}

/**
 * The search over one segment. A live one's frames come as they are settled, step by step, and are searched once: what is
 * given up after each step stays so, and every text that is told of the segment follows from the same decisions.
 */
export class SegmentSearch {
  readonly #settings: SearchSettings;
  readonly #knowledge: SearchKnowledge;
  readonly #decoder: StreamingDecoder | BeamSearchDecoder;
  readonly #settled: Emissions[] = [];

  constructor(settings: SearchSettings, knowledge: SearchKnowledge) {
    const { alphabet, languageModel } = knowledge;
    this.#settings = settings;
    this.#knowledge = knowledge;
    this.#decoder = settings.beam
      ? createBeamSearchDecoder(alphabet, beamOptions(settings, languageModel))
      : createGreedyDecoder(alphabet);
    this.#decoder.begin();
  }

  /** Takes the frames that one step settled. */
  settle(emissions: Emissions): void {
    this.#settled.push(emissions);
    this.#decoder.step(emissions);
    if ("decide" in this.#decoder) this.#decoder.decide(UNDECIDED_TOKENS);
  }

  /** @param tail frames after those that were settled, for now */
  partial(tail: Emissions): PartialText {
    const { text } = tail.numFrames === 0 ? this.#decoder.partial() : this.#again(tail);
    return { stable: this.#stableText(), text };
  }

  /** The best texts, best first; never none. The segment is over. @param tail frames after those that were settled */
  end(tail: Emissions): FoundText[] {
    this.#decoder.step(tail);
    return this.#found(tail);
  }

  /** `end`, with pauses. */
  *endInSteps(tail: Emissions): Steps<FoundText[]> {
    const { logProbs, numTokens, numFrames } = tail;
    for (let from = 0; from < numFrames; from += FRAMES_BETWEEN_PAUSES) {
      if (from > 0) yield;
      const to = Math.min(numFrames, from + FRAMES_BETWEEN_PAUSES);
      const part = logProbs.subarray(from * numTokens, to * numTokens);
      this.#decoder.step({ logProbs: part, numTokens, numFrames: to - from });
    }
    return this.#found(tail);
  }

  /** The texts of all frames. @param tail those after the settled ones */
  #found(tail: Emissions): FoundText[] {
    if ("endNBest" in this.#decoder) {
      const found = this.#decoder.endNBest();
      return this.#settings.wordTimes ? found : found.map(({ timedWords: _, ...hypothesis }) => hypothesis);
    }
    const hypothesis = this.#decoder.end();
    if (!this.#settings.wordTimes) return [hypothesis];
    const whole = concatenated([...this.#settled, tail]);
    const { frameSeconds, confidenceCalibration } = this.#settings;
    const options = { frameSeconds, confidenceCalibration, isSpelt: true };
    const { timedWords } = alignText(whole, hypothesis.text, this.#knowledge.alphabet, options);
    return [{ ...hypothesis, timedWords }];
  }

  /** What all frames say so far, of which the last may change: by a search that is forgotten. */
  #again(tail: Emissions): Hypothesis {
    const search = new SegmentSearch(this.#settings, this.#knowledge);
    for (const emissions of this.#settled) search.settle(emissions);
    search.#decoder.step(tail);
    return search.#decoder.partial();
  }

  #stableText(): string {
    if ("stableText" in this.#decoder) return this.#decoder.stableText();
    const { tokenIds, words } = this.#decoder.partial();
    const endsWord = tokenIds.length > 0 && this.#knowledge.alphabet.tokens[tokenIds.at(-1) as number] === " ";
    return (endsWord ? words : words.slice(0, -1)).join(" ");
  }
}

function beamOptions(settings: SearchSettings, languageModel: LanguageModel | undefined): BeamSearchOptions {
  const { frameSeconds, confidenceCalibration, useLanguageModel, beam } = settings;
  return {
    frameSeconds,
    confidenceCalibration,
    ...beam,
    ...(useLanguageModel && languageModel && { languageModel }),
  };
}
