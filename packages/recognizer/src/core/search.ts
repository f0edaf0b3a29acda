/** From one segment's emissions to its text: what the search threads do. */
import {
  type Alphabet,
  alignText,
  type BeamSearchOptions,
  beamSearchDecode,
  createBeamSearchDecoder,
  createGreedyDecoder,
  type Emissions,
  greedyDecode,
  type Hypothesis,
  type LanguageModel,
  type TimedWord,
} from "@deepspeech-ts/speech";

/** Plain data: it crosses from thread to thread. */
export interface SearchSettings {
  readonly frameSeconds: number;
  readonly confidenceTemperature: number;
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

/** The best texts, best first; never none. */
export function searchText(
  emissions: Emissions,
  settings: SearchSettings,
  { alphabet, languageModel }: SearchKnowledge,
): FoundText[] {
  if (!settings.beam) return [greedyText(emissions, settings, alphabet)];
  const found = beamSearchDecode(emissions, alphabet, beamOptions(settings, languageModel));
  return settings.wordTimes ? found : found.map(({ timedWords: _, ...hypothesis }) => hypothesis);
}

/** What can be said of a segment that has not ended: `stable` starts every text that will come of it. */
export interface PartialText {
  readonly stable: string;
  /** Everything heard so far; starts with `stable`. */
  readonly text: string;
}

/** @param settled frames that will not change. @param tail what follows them, for now */
export function searchPartialText(
  settled: Emissions,
  tail: Emissions,
  settings: SearchSettings,
  { alphabet, languageModel }: SearchKnowledge,
): PartialText {
  if (!settings.beam) return greedyPartialText(settled, tail, alphabet);
  const decoder = createBeamSearchDecoder(alphabet, beamOptions(settings, languageModel));
  decoder.begin();
  decoder.step(settled);
  const stable = decoder.stableText();
  decoder.step(tail);
  return { stable, text: decoder.partial().text };
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
  const { frameSeconds, confidenceTemperature, useLanguageModel, beam } = settings;
  return {
    frameSeconds,
    confidenceTemperature,
    ...beam,
    ...(useLanguageModel && languageModel && { languageModel }),
  };
}
