/** Text, CTC decoding and error rates for speech recognition: no dependencies, any platform. */

export { type AlignTextOptions, alignText, alignTextInSteps, type TextAlignment } from "./alignment/align-text.js";
export * from "./bundle/index.js";
export { beamSearchDecode, createBeamSearchDecoder } from "./decoding/beam-search.js";
export {
  BEAM_SEARCH_RANGES,
  type BeamSearchOptions,
  checkWeights,
  LARGEST_BEAM,
} from "./decoding/beam-search-options.js";
export {
  type ConfidenceCalibration,
  calibrateConfidence,
  correctWords,
  isUncalibrated,
  UNCALIBRATED,
} from "./decoding/confidence.js";
export * from "./decoding/emissions.js";
export * from "./decoding/fit-confidence.js";
export * from "./decoding/greedy.js";
export type { HotWord } from "./decoding/hot-words.js";
export * from "./decoding/hypothesis.js";
export { Lexicon } from "./decoding/lexicon.js";
export type { BeamSearchDecoder } from "./decoding/prefix-decoder.js";
export { PronouncedModel, pronunciationLines } from "./decoding/pronounced-model.js";
export { placeWord, type TimedCharacter, type TimedHypothesis, type TimedWord } from "./decoding/timed-word.js";
export { printable, quoteValue, SpeechError, type SpeechErrorCode } from "./errors.js";
export { ArpaReader, type ArpaReaderOptions } from "./language-model/arpa/arpa-reader.js";
export { arpaChunks } from "./language-model/arpa/arpa-writer.js";
export type { Discounts, EstimatedDiscounts } from "./language-model/estimation/discounts.js";
export {
  DEFAULT_MEMORY_BYTES,
  type EstimatedNgrams,
  type EstimationOptions,
  type EstimationStage,
  NgramEstimator,
} from "./language-model/estimation/estimate.js";
export { isBinaryModel } from "./language-model/model/binary-format.js";
export { modelFromEstimate } from "./language-model/model/from-estimate.js";
export { type ModelFromBufferOptions, NgramModel } from "./language-model/model/ngram-model.js";
export type { QuantisationBits } from "./language-model/model/quantised-values.js";
export { type Perplexity, PerplexityMeter, scoreSentence } from "./language-model/perplexity.js";
export { ContextCounter } from "./language-model/pruning/context-counts.js";
export { type PruneToSizeOptions, pruneToSize } from "./language-model/pruning/prune-to-size.js";
export { MemoryRunStorage, type Run, type RunStorage, type RunWriter } from "./language-model/records.js";
export type { LanguageModel, LmState } from "./language-model/types.js";
export * from "./metrics/bootstrap.js";
export * from "./metrics/confusions.js";
export * from "./metrics/edit-distance.js";
export * from "./metrics/error-rate.js";
export * from "./metrics/false-alarms.js";
export * from "./metrics/grouped-error-rates.js";
export * from "./metrics/sclite-alignment.js";
export { formatCount, formatPlural } from "./output/counts.js";
export { type Cue, type CueOptions, splitIntoCues } from "./output/cues.js";
export { formatTranscript, type OutputFormat, outputFormats } from "./output/format-transcript.js";
export { type TranscriptJson, transcriptJson, type WordJson } from "./output/json.js";
export { formatSrt, formatVtt } from "./output/subtitles.js";
export type { Transcript } from "./output/transcript.js";
export * from "./output/word-forms.js";
export { formatCtm, formatTsv } from "./output/word-tables.js";
export { guessPhones, soundOf } from "./pronunciation/letters-to-phones.js";
export { phoneAlphabet, symbolsOf } from "./pronunciation/phones.js";
export { finished, type Steps } from "./steps.js";
export * from "./text/alphabet.js";
export { decodeText, TextReader } from "./text/decode-text.js";
export { cardinalWords, LARGEST_CARDINAL, ordinalWords, yearWords } from "./text/english-numbers.js";
export * from "./text/normalisation-report.js";
export * from "./text/normalise-english.js";
export * from "./text/normalise-to-alphabet.js";
export { plainText } from "./text/plain-text.js";
export type { TextEncoding } from "./text/text-encoding.js";
export type { TagTreatment } from "./text/transcript-tags.js";
export { spellOut, type Unspellable, type WrittenWord, writtenWords } from "./text/written-words.js";
export { withoutUndefined } from "./without-undefined.js";
