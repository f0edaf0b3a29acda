/** Where bundles are written. */
import { requireDistinct, requireWritable, UserError } from "@deepspeech-ts/recognizer/system";
import type { BundlePrecision } from "@deepspeech-ts/speech";

const ENDING = ".dsb";

/**
 * A path for each precision: `output` itself for one, else with the precision before the ending.
 * @throws UserError for a name with another ending, or that cannot be written: before any work is done
 */
export function outputPaths(
  output: string,
  precisions: readonly BundlePrecision[],
  inputs: readonly string[] = [],
): Map<BundlePrecision, string> {
  if (!output.endsWith(ENDING))
    throw new UserError(`${output}: a bundle's name ends in ${ENDING}; choose such a name.`, { exitCode: 2 });
  const stem = output.slice(0, -ENDING.length);
  const isOne = precisions.length === 1;
  const paths = precisions.map((precision) => (isOne ? output : `${stem}-${precision}${ENDING}`));
  for (const path of paths) requireWritable(path, inputs);
  requireDistinct(paths);
  return new Map(precisions.map((precision, i) => [precision, paths[i]!]));
}
