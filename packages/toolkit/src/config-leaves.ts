/** A configuration as a flat list, for telling two of them apart. */

/** No configuration of ours is deeper; a damaged one may be deeper than functions can call themselves. */
const DEEPEST = 8;

/** Each value that is no object by its dotted key, as JSON; lists are values. Absent keys are not among them. */
export function configLeaves(value: unknown, key = "", depth = 0): Map<string, string> {
  if (value === undefined) return new Map();
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject || depth === DEEPEST) return new Map([[key, jsonOf(value)]]);
  const entries = Object.entries(value);
  return new Map(
    entries.flatMap(([name, inner]) => [...configLeaves(inner, key === "" ? name : `${key}.${name}`, depth + 1)]),
  );
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "…";
  }
}
