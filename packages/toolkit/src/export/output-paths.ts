/** Where bundles are written. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { BundlePrecision } from "@deepspeech-ts/speech";
import { UserError } from "../errors.js";

const ENDING = ".dsb";

/**
 * A path for each precision: `output` itself for one, else with the precision before the ending.
 * @throws UserError for a name with another ending, or in a folder that is not there: before any work is done
 */
export function outputPaths(output: string, precisions: readonly BundlePrecision[]): Map<BundlePrecision, string> {
  if (!output.endsWith(ENDING))
    throw new UserError(`${output}: a bundle's name ends in ${ENDING}; choose such a name.`);
  if (!existsSync(dirname(output))) {
    throw new UserError(`${output}: there is no folder ${dirname(output)}; create it first.`, {
      code: "file-not-writable",
    });
  }
  const stem = output.slice(0, -ENDING.length);
  const isOne = precisions.length === 1;
  return new Map(precisions.map((precision) => [precision, isOne ? output : `${stem}-${precision}${ENDING}`]));
}
