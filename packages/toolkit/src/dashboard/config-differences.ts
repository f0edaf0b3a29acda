/** In what the configurations of runs differ: what a comparison of their curves is about. */
import { configLeaves } from "../config-leaves.js";
import type { ConfigDifference } from "./page/api-types.js";

/** They name the run, and say nothing of what it does. */
const NAMES = new Set(["experiment", "runs", "resume"]);

/** Keys as "model.hiddenSize", in the order in which they first occur. A configuration that cannot be read is {}. */
export function configDifferences(configs: readonly unknown[]): ConfigDifference[] {
  const flat = configs.map((config) => configLeaves(config));
  const keys = new Set(flat.flatMap((config) => [...config.keys()]));
  return [...keys]
    .filter((key) => !NAMES.has(key))
    .map((key) => ({ key, values: flat.map((config) => config.get(key) ?? null) }))
    .filter(({ values }) => new Set(values).size > 1);
}
