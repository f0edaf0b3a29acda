/** Where bundles are written. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { BundlePrecision } from "@deepspeech-ts/speech";
import { UserError } from "../errors.js";

const ENDING = ".dsb";

/**
 * A path for each precision: `out` itself for one, else with the precision before the ending.
 * @throws UserError for a name with another ending, or in a folder that is not there: before any work is done
 */
export function outputPaths(out: string, precisions: readonly BundlePrecision[]): Map<BundlePrecision, string> {
  if (!out.endsWith(ENDING)) throw new UserError(`${out}: a bundle's name ends in ${ENDING}; choose such a name.`);
  if (!existsSync(dirname(out))) {
    throw new UserError(`${out}: there is no folder ${dirname(out)}; create it first.`, { code: "file-not-writable" });
  }
  const stem = out.slice(0, -ENDING.length);
  const isOne = precisions.length === 1;
  return new Map(precisions.map((precision) => [precision, isOne ? out : `${stem}-${precision}${ENDING}`]));
}
