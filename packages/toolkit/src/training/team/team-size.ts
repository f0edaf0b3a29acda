/** How many processes can share a step. */
import { UserError } from "@deepspeech-ts/recognizer/system";

/**
 * A step is `accumulateBatches` batches, and their gradients are added in a tree that is the same for any number of
 * processes: so their number is a power of two that divides it.
 * @throws UserError (exit 2) with the numbers that would do
 */
export function checkTeamSize(size: number, accumulateBatches: number): void {
  const isPower = (count: number) => Number.isInteger(Math.log2(count));
  if (size === 1 || (isPower(size) && accumulateBatches % size === 0)) return;
  const fitting = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].filter((count) => accumulateBatches % count === 0);
  const others = isPower(size)
    ? `, or set accumulateBatches to ${size}, ${2 * size} or another multiple of ${size}`
    : "";
  throw new UserError(
    `${size} processes cannot share steps of ${accumulateBatches} batches (accumulateBatches): their number must be a power of two that divides it. ` +
      `Take ${fitting.join(", ").replace(/, (\d+)$/, " or $1")}${others}.`,
    { code: "bad-config", exitCode: 2 },
  );
}
