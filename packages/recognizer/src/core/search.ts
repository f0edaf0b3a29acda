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
  greedyDecode,
  type Hypothesis,
  type LanguageModel,
  type TimedWord,
} from "@deepspeech-ts/speech";

/** Tokens of a live stream's settled frames that later words may still change: some three words of English. */
const UNDECIDED_TOKENS = 16;

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

/**
 * The best texts, best first; never none.
 *
 * @param settledEnds the frames up to which a live stream was settled, step by step: see `searchPartialText`
 */
export function searchText(
  emissions: Emissions,
  settings: SearchSettings,
  { alphabet, languageModel }: SearchKnowledge,
  settledEnds: readonly number[] = [],
): FoundText[] {
  if (!settings.beam) return [greedyText(emissions, settings, alphabet)];
  const decoder = createBeamSearchDecoder(alphabet, beamOptions(settings, languageModel));
  stepThroughSettled(decoder, emissions, settledEnds);
  decoder.step(framesFrom(emissions, settledEnds.at(-1) ?? 0));
  const found = decoder.endNBest();
  return settings.wordTimes ? found : found.map(({ timedWords: _, ...hypothesis }) => hypothesis);
}

/** What can be said of a segment that has not ended: `stable` starts every text that will come of it. */
export interface PartialText {
  readonly stable: string;
  /** Everything heard so far; starts with `stable`. */
  readonly text: string;
}

/**
 * The text of a live segment so far.
 *
 * @param settledEnds the frames up to which the emissions were settled, step by step. What is given at each step stays
 * as it is later on, so that every search over the same segment makes the same decisions.
 */
export function searchPartialText(
  emissions: Emissions,
  settings: SearchSettings,
  { alphabet, languageModel }: SearchKnowledge,
  settledEnds: readonly number[],
): PartialText {
  const tail = framesFrom(emissions, settledEnds.at(-1) ?? 0);
  if (!settings.beam) return greedyPartialText(framesFrom(emissions, 0, settledEnds.at(-1) ?? 0), tail, alphabet);
  const decoder = createBeamSearchDecoder(alphabet, beamOptions(settings, languageModel));
  stepThroughSettled(decoder, emissions, settledEnds);
  const stable = decoder.stableText();
  decoder.step(tail);
  return { stable, text: decoder.partial().text };
}

function stepThroughSettled(decoder: BeamSearchDecoder, emissions: Emissions, settledEnds: readonly number[]): void {
  decoder.begin();
  for (const [index, end] of settledEnds.entries()) {
    decoder.step(framesFrom(emissions, settledEnds[index - 1] ?? 0, end));
    decoder.decide(UNDECIDED_TOKENS);
  }
}

function framesFrom({ logProbs, numFrames, numTokens }: Emissions, from: number, to = numFrames): Emissions {
  return { logProbs: logProbs.subarray(from * numTokens, to * numTokens), numFrames: to - from, numTokens };
}

function greedyPartialText(settled: Emissions, tail: Emissions, alphabet: Alphabet): PartialText {
  const decoder = createGreedyDecoder(alphabet);
  decoder.begin();
  decoder.step(settled);
  const { tokenIds, words } = decoder.partial();
  const endsWord = tokenIds.length > 0 && alphabet.tokens[tokenIds.at(-1) as number] === " ";
  decoder.step(tail);
  return { stable: (endsWord ? words : words.slice(0, -1)).join(" "), text: decoder.partial().text };
}

function greedyText(emissions: Emissions, settings: SearchSettings, alphabet: Alphabet): FoundText {
  const hypothesis = greedyDecode(emissions, alphabet);
  if (!settings.wordTimes) return hypothesis;
  const { timedWords } = alignText(emissions, hypothesis.text, alphabet, settings);
  return { ...hypothesis, timedWords };
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
