/** What metrics.json holds: everything that the card says of the model, as it was measured. */

/** @typedef {import("./measure.mjs").SourceRates} SourceRates */

/**
 * @typedef {object} Metrics
 * @property {string} measuredAt
 * @property {import("./facts.mjs").TrainingFacts} training
 * @property {import("./facts.mjs").SourceFacts[]} data
 * @property {{ numParameters: number }} model
 * @property {{ name: string, bytes: number, sha256: string, precision: string, languageModelBytes: number }[]} bundles
 * @property {{ order: number, words: number, vocabulary: number }} languageModel
 * @property {import("@deepspeech-ts/speech").DecodingSettings} decoding
 * @property {number} tunedOn recordings of dev
 * @property {Record<string, (Omit<SourceRates, "rates"> & { greedy: import("./measure.mjs").Rates, decoded: import("./measure.mjs").Rates })[]>} results
 * by the name of their list
 * @property {Awaited<ReturnType<typeof import("./measure.mjs").measureSpeed>>} speed
 * @property {{ bytes: number, ngrams: number, rates: import("./measure.mjs").Rates }[]} languageModelSizes
 * the largest first; of all sources of dev
 */

/** Of all files together: what a clone of the repository fetches more for each version of the model. */
export const MOST_BYTES = 45e6;

/**
 * Why these are no better than those; undefined where they are. Judged by dev with the language model, as it is shipped.
 *
 * @param {Metrics} found
 * @param {Metrics | undefined} shipped
 */
export function reasonToKeep(found, shipped) {
  if (shipped === undefined) return undefined;
  const [own, other] = [found, shipped].map(({ results }) => results.dev?.[0]);
  if (!own || !other) return undefined;
  if (own.utterances !== other.utterances || own.words !== other.words) {
    return "the shipped model was measured on other recordings of dev, so that nobody knows which is better";
  }
  if (own.decoded.wer < other.decoded.wer) return undefined;
  const [now, before] = [own, other].map(({ decoded }) => `${(100 * decoded.wer).toFixed(2)}%`);
  return `its word error rate on dev is ${now}, and the shipped model's ${before}`;
}
