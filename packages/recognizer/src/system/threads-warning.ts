/** Alone, because every command asks and few have loaded more. */
import { availableParallelism } from "node:os";

/** More threads than cores take turns, and each waits for all; undefined where there are not more. */
export function threadsWarning(
  key: "threads" | "workers",
  threads: number | undefined,
  cores = availableParallelism(),
): string | undefined {
  if (threads === undefined || threads <= cores) return undefined;
  return `${key} is ${threads}, and this machine has ${cores === 1 ? "1 core" : `${cores} cores`}: threads beyond them slow each other down`;
}
