/**
 * Modified Kneser-Ney by its formulas, over maps of strings, for comparison: no code is shared with the estimator.
 * Chen and Goodman 1998 (equation 26 and section 4.1.6) with the conventions of Heafield et al. 2013: adjusted counts,
 * plain counts for n-grams that begin with <s>, unigrams interpolated with a uniform distribution over all words and
 * <unk>, pruned n-grams keeping their place in denominators and giving their counts to the back-off.
 */

type Counts = Map<string, number>;
type DiscountTriple = readonly [number, number, number];

const FALLBACK: DiscountTriple = [0.5, 1, 1.5];

/** p(word | context) of the model that `sentences` give. */
export class ReferenceModel {
  readonly order: number;
  /** All words but <s>, the unknown one among them. */
  readonly words: string[];
  readonly discounts: DiscountTriple[];
  readonly #plain: Counts[];
  readonly #adjusted: Counts[];
  readonly #prune: readonly number[];

  constructor(sentences: readonly string[], order: number, prune: readonly number[] = []) {
    this.order = order;
    this.#prune = Array.from({ length: order }, (_, index) => prune[index] ?? prune.at(-1) ?? 0);
    this.#plain = Array.from({ length: order }, () => new Map<string, number>());
    for (const sentence of sentences) this.#count(["<s>", ...sentence.split(" "), "</s>"]);
    this.#adjusted = this.#plain.map((counts, index) => (index === order - 1 ? counts : this.#adjust(index)));
    this.discounts = this.#adjusted.map(discountsOf);
    const seen = [...(this.#plain[0] as Counts).keys()].filter((word) => word !== "<s>");
    this.words = ["<unk>", ...seen.filter((word) => word === "</s>" || this.kept([word]))];
  }

  /** Whether the n-gram is in the model. */
  kept(ngram: readonly string[]): boolean {
    const plain = this.#plain[ngram.length - 1]?.get(ngram.join(" "));
    if (plain === undefined) return false;
    if (ngram.length === 1 && ngram[0] === "</s>") return true;
    return plain > (this.#prune[ngram.length - 1] as number);
  }

  probability(word: string, context: readonly string[]): number {
    const n = context.length + 1;
    const followers = this.#followers(context);
    const total = followers.reduce((sum, [, count]) => sum + count, 0);
    const lower = n === 1 ? 1 / this.words.length : this.probability(word, context.slice(1));
    if (total === 0) return lower;
    let gamma = 0;
    let own = 0;
    for (const [follower, count] of followers) {
      const kept = this.kept([...context, follower]);
      const discount = kept ? (this.discounts[n - 1] as DiscountTriple)[Math.min(count, 3) - 1]! : count;
      gamma += discount / total;
      if (follower === word && kept) own = (count - discount) / total;
    }
    return own + gamma * lower;
  }

  #followers(context: readonly string[]): [string, number][] {
    const prefix = context.map((word) => `${word} `).join("");
    return [...(this.#adjusted[context.length] as Counts)]
      .filter(([ngram]) => ngram.startsWith(prefix) && ngram !== "<s>")
      .map(([ngram, count]) => [ngram.slice(prefix.length), count]);
  }

  #count(words: string[]): void {
    for (let end = 1; end <= words.length; end++) {
      for (let n = 1; n <= Math.min(this.order, end); n++) {
        // Alone, the start of a sentence is no n-gram of the text.
        const counts = this.#plain[n - 1] as Counts;
        const ngram = words.slice(end - n, end).join(" ");
        counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
      }
    }
  }

  #adjust(index: number): Counts {
    const left = new Map<string, Set<string>>();
    for (const ngram of (this.#plain[index + 1] as Counts).keys()) {
      const [first = "", ...rest] = ngram.split(" ");
      const key = rest.join(" ");
      left.set(key, (left.get(key) ?? new Set()).add(first));
    }
    const adjusted: Counts = new Map();
    for (const [ngram, plain] of this.#plain[index] as Counts) {
      if (ngram === "<s>") continue;
      adjusted.set(ngram, ngram.startsWith("<s> ") ? plain : (left.get(ngram)?.size ?? 0));
    }
    return adjusted;
  }
}

function discountsOf(counts: Counts): DiscountTriple {
  const n = [1, 2, 3, 4].map((r) => [...counts].filter(([ngram, count]) => count === r && ngram !== "<s>").length);
  const [n1 = 0, n2 = 0, n3 = 0, n4 = 0] = n;
  const y = n1 / (n1 + 2 * n2);
  const discounts = [1 - (2 * y * n2) / n1, 2 - (3 * y * n3) / n2, 3 - (4 * y * n4) / n3] as const;
  return discounts.every((discount, index) => discount > 0 && discount <= index + 1) ? discounts : FALLBACK;
}
