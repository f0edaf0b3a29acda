/**
 * CTC decoding with a beam: finds the text, not just the path, that the acoustic model and a language model together
 * hold likeliest. `PrefixSearch` has the method.
 */

import type { Alphabet } from "../text/alphabet.js";
import type { BeamSearchOptions } from "./beam-search-options.js";
import type { Emissions } from "./emissions.js";
import { type BeamSearchDecoder, PrefixDecoder } from "./prefix-decoder.js";
import { isPronounced, PronouncedDecoder } from "./pronounced-decoder.js";
import type { TimedHypothesis } from "./timed-word.js";

/**
 * Decodes a whole utterance into its `nBest` best hypotheses, best first. `score` is the log of the sum over all
 * alignments of the text, plus `lmWeight` × `lmScore` and, for each letter and end of a word, × what such cost on average
 * (`KnownWords.symbolBonus`), plus `wordScore` and `unknownWordScore` for each word, and the weights of its hot words;
 * `acousticScore` is the first part alone. Token ids have no outer or doubled spaces.
 * No frames give the empty text.
 *
 * @throws SpeechError `invalid-option`, `number-out-of-range`, `invalid-alphabet`, `invalid-emissions`; and for hot
 *   words `unknown-character`
 */
export function beamSearchDecode(
  emissions: Emissions,
  alphabet: Alphabet,
  options: BeamSearchOptions,
): TimedHypothesis[] {
  const decoder = createBeamSearchDecoder(alphabet, options);
  decoder.begin();
  decoder.step(emissions);
  return decoder.endNBest();
}

/**
 * A decoder for one utterance after another. Making one is cheap, so that every request can have its own hot words. With a
 * `PronouncedModel` for its language model it searches the phones that the model writes, else its letters.
 * Methods before `begin` throw SpeechError `decoder-not-begun`; `step` throws `invalid-emissions`, and then leaves the
 * utterance as it was.
 *
 * @throws SpeechError as `beamSearchDecode` does, but for `invalid-emissions`
 */
export function createBeamSearchDecoder(alphabet: Alphabet, options: BeamSearchOptions): BeamSearchDecoder {
  return isPronounced(options) ? new PronouncedDecoder(alphabet, options) : new PrefixDecoder(alphabet, options);
}
