/** Texts and models small enough to look at whole. */

import { SeededRandom } from "../seeded-random.test.support.js";
import { arpaChunks } from "./arpa/arpa-writer.js";
import { type EstimatedNgrams, type EstimationOptions, NgramEstimator } from "./estimation/estimate.js";
import type { NgramModel } from "./model/ngram-model.js";

/** Sentences of a small language: enough words of low counts for discounts of their own, and much repetition. */
export function toySentences(seed: number, count: number, numWords = 30): string[] {
  const random = new SeededRandom(seed);
  const word = () => `w${Math.floor(numWords * random.next() ** 3)}`;
  return Array.from({ length: count }, () => Array.from({ length: 1 + random.below(8) }, word).join(" "));
}

export function estimate(sentences: readonly string[], options: EstimationOptions): EstimatedNgrams {
  const estimator = new NgramEstimator(options);
  estimator.addText(new TextEncoder().encode(sentences.join("\n")));
  return estimator.finish();
}

export function arpaText(estimated: EstimatedNgrams): string {
  return Buffer.concat([...arpaChunks(estimated)]).toString();
}

/** p(word | context); a context may begin with <s>. */
export function probability(model: NgramModel, word: string, context: readonly string[]): number {
  const fromStart = context[0] === "<s>";
  let state = fromStart ? model.begin() : 0;
  for (const before of context.slice(fromStart ? 1 : 0)) {
    model.score(state, model.wordId(before));
    state = model.nextState;
  }
  return Math.exp(word === "</s>" ? model.end(state) : model.score(state, model.wordId(word)));
}

/** Every context of up to `order - 1` words that a text has, and some that it has not. */
export function contextsOf(sentences: readonly string[], order: number): string[][] {
  const contexts = new Map<string, string[]>([["", []]]);
  for (const sentence of sentences) {
    const words = ["<s>", ...sentence.split(" ")];
    for (let end = 1; end <= words.length; end++) {
      for (let n = 1; n < order && n <= end; n++) {
        const context = words.slice(end - n, end);
        contexts.set(context.join(" "), context);
      }
    }
  }
  const unseen = ["w1 w29 w28", "never", "w0 never", "<s> w29 w29", "w29 w29"].map((text) => text.split(" "));
  return [...contexts.values(), ...unseen.filter((context) => context.length < order)];
}

/** The bytes of a model's file, in a buffer of their own. */
export function bytesOf(model: NgramModel): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(model.toChunks()));
}
