/** Work that ends in any order, shown in its own. */
import { mapConcurrently } from "@deepspeech-ts/toolkit/internal/data/concurrency.js";

export interface InOrderOptions<R> {
  /** How many items are worked on at a time. */
  jobs: number;
  /** Called once for each result, in the order of the items. */
  onResult: (result: R) => void;
  /** Aborting begins no further item. Results that waited for one before them are then told without it. */
  signal: AbortSignal;
}

/** @param work gives undefined where it was aborted */
export async function workInOrder<T, R>(
  items: readonly T[],
  { jobs, onResult, signal }: InOrderOptions<R>,
  work: (item: T, index: number) => Promise<R | undefined>,
): Promise<void> {
  const waiting = new Map<number, R>();
  let next = 0;
  const tell = (index: number) => {
    const result = waiting.get(index) as R;
    waiting.delete(index);
    onResult(result);
  };
  await mapConcurrently([...items.entries()], jobs, async ([index, item]) => {
    const result = signal.aborted ? undefined : await work(item, index);
    if (result !== undefined) waiting.set(index, result);
    while (waiting.has(next)) tell(next++);
  });
  for (const index of [...waiting.keys()].sort((a, b) => a - b)) tell(index);
}
