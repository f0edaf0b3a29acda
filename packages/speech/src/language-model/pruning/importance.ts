/**
 * What a model would lose with each of its n-grams: the relative entropy between the model with and without it
 * (Stolcke, "Entropy-based Pruning of Backoff Language Models", 1998), each alone, in nats a word of the text.
 *
 *     D(h, w) = -P(h) { P(w|h) [ln P(w|h') + ln α'(h) - ln P(w|h)] + [ln α'(h) - ln α(h)] (1 - Σ P(v|h)) }
 *
 * h' is the context without its first word, α the back-off weight, α' what it becomes without the n-gram, and Σ runs
 * over the n-grams of the context. P(h) is the context's share of the text: see context-counts.ts.
 */

import type { NgramModel } from "../model/ngram-model.js";
import type { PackedArray } from "../model/packed-array.js";
import type { TrieLevel } from "../model/trie.js";

type Floats = Float32Array<ArrayBuffer>;

/** Below this share, what a context leaves to its back-off is rounding error. */
export const LEAST_MASS = 1e-7;

/**
 * For each order from 2, by index, what an n-gram is worth. One that others extend cannot go before them, so that it is
 * worth at least as much as they are.
 *
 * @param counts by state, as `ContextCounter` gives them
 */
export function importances(model: NgramModel, counts: Float64Array): Floats[] {
  const { levels } = model;
  const worth = levels.slice(1).map(({ count }) => new Float32Array(count));
  for (let n = levels.length - 1; n >= 1; n--) {
    const own = worth[n - 1] as Floats;
    measureOrder(model, n, counts, own);
    const longer = worth[n];
    if (longer) raiseToExtensions(levels[n] as TrieLevel, longer, own);
  }
  return worth;
}

/** Measures the n-grams of `levels[n]`. */
function measureOrder(model: NgramModel, n: number, counts: Float64Array, worth: Floats): void {
  const contexts = model.levels[n - 1] as TrieLevel;
  const firstChildren = contexts.firstChildren as PackedArray;
  const total = counts[0] as number;
  for (let context = 0; context < contexts.count; context++) {
    const start = firstChildren.get(context);
    const end = firstChildren.get(context + 1);
    if (start === end) continue;
    const share = (counts[contexts.firstState + context] as number) / total;
    measureContext(model, n, context, { start, end, share }, worth);
  }
}

interface ContextRange {
  /** Indices of the context's n-grams. */
  start: number;
  end: number;
  /** P(h). */
  share: number;
}

function measureContext(
  model: NgramModel,
  n: number,
  context: number,
  { start, end, share }: ContextRange,
  worth: Floats,
): void {
  const level = model.levels[n] as TrieLevel;
  const contexts = model.levels[n - 1] as TrieLevel;
  const words = level.words as PackedArray;
  const shorter = contexts.links?.get(context) ?? 0;
  const lower = Array.from({ length: end - start }, (_, i) => model.score(shorter, words.get(start + i)));
  let left = 1;
  let lowerLeft = 1;
  for (let i = start; i < end; i++) {
    left -= Math.exp(level.probabilities.get(i));
    lowerLeft -= Math.exp(lower[i - start] as number);
  }
  const mass = Math.max(left, LEAST_MASS);
  const logBackoff = contexts.backoffs?.get(context) ?? 0;
  for (let i = start; i < end; i++) {
    const logP = level.probabilities.get(i);
    const logLower = lower[i - start] as number;
    const p = Math.exp(logP);
    const newBackoff = Math.log((mass + p) / Math.max(lowerLeft + Math.exp(logLower), LEAST_MASS));
    worth[i] = -share * (p * (logLower + newBackoff - logP) + (newBackoff - logBackoff) * mass);
  }
}

function raiseToExtensions({ firstChildren, count }: TrieLevel, longer: Floats, own: Floats): void {
  const children = firstChildren as PackedArray;
  for (let index = 0; index < count; index++) {
    const end = children.get(index + 1);
    for (let child = children.get(index); child < end; child++) {
      if ((longer[child] as number) > (own[index] as number)) own[index] = longer[child] as number;
    }
  }
}
