/**
 * A back-off n-gram model counted in one pass, for benchmarks alone: absolute discounting, everything in one Map. It
 * asks more of the machine for each word than the package's own compact model, never less.
 */

const DISCOUNT = 0.75;
/** Ids of a node and of a word share one number: node * VOCABULARY_LIMIT + word. */
const VOCABULARY_LIMIT = 2 ** 21;

/** A `LanguageModel` of `order` from sentences, each an array of words. */
export function countLanguageModel(sentences, order) {
  const ids = new Map([
    ["<unk>", 0],
    ["<s>", 1],
    ["</s>", 2],
  ]);
  const children = new Map(); // node and word -> node: node 0 is the empty n-gram
  const counts = [0];
  const backoff = [-1]; // node -> the node of the n-gram without its first word
  const followers = [0];
  const totals = [0];
  const lengths = [0];

  const add = (node, word, shorter) => {
    const key = node * VOCABULARY_LIMIT + word;
    let child = children.get(key);
    if (child === undefined) {
      child = counts.length;
      children.set(key, child);
      counts.push(0);
      followers.push(0);
      totals.push(0);
      lengths.push(lengths[node] + 1);
      backoff.push(shorter);
      followers[node] += 1;
    }
    counts[child] += 1;
    totals[node] += 1;
    return child;
  };

  for (const words of sentences) {
    // contexts[n]: the node of the last n words
    let contexts = [0];
    for (const word of ["<s>", ...words, "</s>"]) {
      if (!ids.has(word)) ids.set(word, ids.size);
      const id = ids.get(word);
      const next = [0];
      for (const [length, context] of contexts.entries()) {
        if (length < order) next.push(add(context, id, next[length]));
      }
      contexts = next;
    }
  }

  const probability = (state, word) => {
    if (state === -1) return 1 / ids.size;
    const child = children.get(state * VOCABULARY_LIMIT + word);
    const lower = () => (DISCOUNT * followers[state] * probability(backoff[state], word)) / totals[state];
    if (totals[state] === 0) return probability(backoff[state], word);
    return (child === undefined ? 0 : (counts[child] - DISCOUNT) / totals[state]) + lower();
  };

  return {
    order,
    unknownId: 0,
    nextState: 0,
    wordId: (word) => ids.get(word) ?? 0,
    begin: () => children.get(1) ?? 0,
    score(state, word) {
      this.nextState = follow(state, word);
      return Math.log(probability(state, word));
    },
    end: (state) => Math.log(probability(state, 2)),
    words: () => [...ids.keys()].slice(3),
  };

  function follow(state, word) {
    for (let context = state; context !== -1; context = backoff[context]) {
      const child = children.get(context * VOCABULARY_LIMIT + word);
      if (child === undefined) continue;
      return lengths[child] < order ? child : backoff[child];
    }
    return 0;
  }
}
