/**
 * In which order the gradients of a step's batches ("leaves") are added. Floating-point sums hang on their order, so the
 * order is one tree over all leaves, whoever computes them: an even number of leaves is cut in halves, an odd one is added
 * from left to right. Processes whose number is a power of two that divides the number of leaves each hold a whole branch
 * of that tree, and add their branches in pairs.
 */

export type AccumulationStep =
  /** Computes a leaf's gradients and adds them to buffer `buffer`, which is emptied first where `fresh`. */
  | { readonly kind: "leaf"; readonly leaf: number; readonly buffer: number; readonly fresh: boolean }
  /** Adds buffer `buffer + 1` to `buffer`. */
  | { readonly kind: "merge"; readonly buffer: number };

/**
 * @param present for each of a branch's leaves, whether it is there: what cannot be read counts as nothing
 * @returns steps that leave the branch's sum in buffer 0; none where no leaf is there
 */
export function accumulationPlan(present: readonly boolean[]): AccumulationStep[] {
  return planOf(present, { first: 0, count: present.length, buffer: 0 });
}

interface Branch {
  readonly first: number;
  readonly count: number;
  readonly buffer: number;
}

function planOf(present: readonly boolean[], { first, count, buffer }: Branch): AccumulationStep[] {
  if (count % 2 === 1 || count === 0) return inTurn(present, { first, count, buffer });
  const half = count / 2;
  const left = planOf(present, { first, count: half, buffer });
  const right = { first: first + half, count: half };
  // Nothing plus x has the bits of x: gradients are added to zeros, so that no -0 is among them.
  if (left.length === 0) return planOf(present, { ...right, buffer });
  const rest = planOf(present, { ...right, buffer: buffer + 1 });
  return rest.length === 0 ? left : [...left, ...rest, { kind: "merge", buffer }];
}

function inTurn(present: readonly boolean[], { first, count, buffer }: Branch): AccumulationStep[] {
  const leaves = Array.from({ length: count }, (_, i) => first + i).filter((leaf) => present[leaf]);
  return leaves.map((leaf, i) => ({ kind: "leaf", leaf, buffer, fresh: i === 0 }));
}
