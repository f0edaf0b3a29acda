/**
 * The discounts of modified Kneser-Ney smoothing: what an n-gram seen once, twice, or three times and more gives up for
 * the unseen (Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling", TR-10-98, Harvard
 * 1998, equation 26).
 */

/** What one order's n-grams look like. */
export interface CountStatistics {
  /** All n-grams, and those that pruning leaves. */
  total: number;
  kept: number;
  /** At 1 to 4, the number of n-grams of that adjusted count. */
  countsOfCounts: number[];
}

/** Subtracted from adjusted counts of one, two, and three or more. */
export interface Discounts {
  one: number;
  two: number;
  threeOrMore: number;
}

export interface EstimatedDiscounts extends Discounts {
  /** True where the text was too small or too regular for an estimate, so that the fallback was taken. */
  fallback: boolean;
}

/** What KenLM's `--discount_fallback` takes where the text is too small. */
export const FALLBACK_DISCOUNTS: Discounts = { one: 0.5, two: 1, threeOrMore: 1.5 };

/** The discounts of one order; the fallback where a count from one to three never occurs, or a discount has no sense. */
export function estimateDiscounts({ countsOfCounts }: Pick<CountStatistics, "countsOfCounts">): EstimatedDiscounts {
  const [, n1 = 0, n2 = 0, n3 = 0, n4 = 0] = countsOfCounts;
  const y = n1 / (n1 + 2 * n2);
  const one = 1 - (2 * y * n2) / n1;
  const two = 2 - (3 * y * n3) / n2;
  const threeOrMore = 3 - (4 * y * n4) / n3;
  const sound = [one, two, threeOrMore].every((discount, index) => discount > 0 && discount <= index + 1);
  return sound ? { one, two, threeOrMore, fallback: false } : { ...FALLBACK_DISCOUNTS, fallback: true };
}

/** What `count` gives up. */
export function discountOf(count: number, discounts: Discounts): number {
  if (count === 0) return 0;
  if (count === 1) return discounts.one;
  return count === 2 ? discounts.two : discounts.threeOrMore;
}
