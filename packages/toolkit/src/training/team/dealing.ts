/** Who computes what: a step's batches, and those of a corpus that is measured. */
import type { Team } from "./team.js";

type Place = Pick<Team, "rank" | "size">;

export interface StepBatches {
  /** The step's first batch. */
  first: number;
  /** How many batches a whole step has; the number of ranks divides it. */
  size: number;
  /** What lies behind the step's last batch: an epoch's last step may have fewer. */
  end: number;
}

/** A rank's batches of a step, from and up to: the whole step's are dealt in order, in equal parts. */
export function ownShare({ rank, size: ranks }: Place, { first, size, end }: StepBatches): [number, number] {
  const part = size / ranks;
  return [Math.min(end, first + rank * part), Math.min(end, first + (rank + 1) * part)];
}

/** What comes one by one, in groups of these sizes; only the last group may be empty. */
export async function* inGroups<T>(items: AsyncIterable<T>, sizes: readonly number[]): AsyncGenerator<T[], void> {
  let next = 0;
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < sizes[next]!) continue;
    yield group;
    group = [];
    next++;
  }
  if (next < sizes.length) yield group;
}

/**
 * A rank's part of what costs so much: the dearest first, each to whoever has least so far.
 * @returns the places of its items, in order
 */
export function dealByCost({ rank, size }: Place, costs: readonly number[]): number[] {
  const sums = new Array<number>(size).fill(0);
  const dearest = [...costs.keys()].sort((a, b) => costs[b]! - costs[a]!);
  const own: number[] = [];
  for (const item of dearest) {
    const least = sums.indexOf(Math.min(...sums));
    sums[least]! += costs[item]!;
    if (least === rank) own.push(item);
  }
  return own.sort((a, b) => a - b);
}
