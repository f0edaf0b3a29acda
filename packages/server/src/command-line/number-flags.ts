/** Numbers on the command line, for flags that no configuration schema describes. */
import { usageError } from "./usage-error.js";

/** Of a pool, or of an operator; more is a slip of the finger, which would take all of a machine's memory. */
export const MOST_THREADS = 1024;

const LARGEST_PORT = 65_535;

/** A parser of whole numbers of at least `least`, and at most `most`; `flag` is what its complaint names. */
export function parseWhole(flag: string, least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`;
    throw usageError(`${flag} must be a whole number ${range}, not "${text}"`);
  };
}

/** A parser of numbers of at least `least`. */
export function parseNumber(flag: string, least: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(value) && value >= least) return value;
    throw usageError(`${flag} must be a number of at least ${least}, not "${text}"`);
  };
}

/** A port; 0 for any. */
export function parsePort(text: string): number {
  return parseWhole("--port", 0, LARGEST_PORT)(text);
}
