/** Text, CTC decoding and error rates for speech recognition: no dependencies, any platform. */

export * from "./decoding/emissions.js";
export * from "./decoding/greedy.js";
export * from "./decoding/hypothesis.js";
export { SpeechError, type SpeechErrorCode } from "./errors.js";
export * from "./metrics/edit-distance.js";
export * from "./metrics/error-rate.js";
export * from "./text/alphabet.js";
export { cardinalWords, LARGEST_CARDINAL, ordinalWords, yearWords } from "./text/english-numbers.js";
export * from "./text/normalisation-report.js";
export * from "./text/normalise-english.js";
