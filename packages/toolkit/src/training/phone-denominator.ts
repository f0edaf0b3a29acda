/** The phones that could be said, as the training transcripts have them: what CTC-CRF holds the right ones against. */
import { phoneAlphabet } from "@deepspeech-ts/speech";
import type { Phonetiser } from "../data/phones/phones.js";
import { Denominator } from "./denominator.js";
import { tokenGraph } from "./token-graph.js";

/** @throws RangeError where no transcript has phones */
export function phoneDenominator(transcripts: readonly string[], phonetise: Phonetiser): Denominator {
  const { tokens, blankId } = phoneAlphabet;
  const graph = tokenGraph(transcripts.map((text) => phonetise(text) ?? []));
  return new Denominator({ graph, numTokens: tokens.length, blankId });
}
