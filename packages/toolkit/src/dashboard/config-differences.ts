/** In what the configurations of runs differ: what a comparison of their curves is about. */
import type { ConfigDifference } from "./page/api-types.js";

/** They name the run, and say nothing of what it does. */
const NAMES = new Set(["experiment", "runs", "resume"]);
/** No configuration of ours is deeper; a damaged one may be deeper than functions can call themselves. */
const DEEPEST = 8;

/** Keys as "model.hiddenSize", in the order in which they first occur. A configuration that cannot be read is {}. */
export function configDifferences(configs: readonly unknown[]): ConfigDifference[] {
  const flat = configs.map((config) => new Map(leaves(config, "")));
  const keys = new Set(flat.flatMap((config) => [...config.keys()]));
  return [...keys]
    .filter((key) => !NAMES.has(key))
    .map((key) => ({ key, values: flat.map((config) => config.get(key) ?? null) }))
    .filter(({ values }) => new Set(values).size > 1);
}

function leaves(value: unknown, key: string, depth = 0): [key: string, json: string][] {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject || depth === DEEPEST) return [[key, jsonOf(value)]];
  return Object.entries(value).flatMap(([name, inner]) =>
    leaves(inner, key === "" ? name : `${key}.${name}`, depth + 1),
  );
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "…";
  }
}
