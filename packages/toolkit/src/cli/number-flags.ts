/** Numbers on the command line, for flags that no configuration schema describes. */
import { usageError } from "./usage-error.js";

const LARGEST_PORT = 65_535;

/** A parser of whole numbers of at least `least`; `flag` is what its complaint names. */
export function parseWhole(flag: string, least: number): (text: string) => number {
  return (text) => {
    if (/^\d+$/.test(text) && Number(text) >= least) return Number(text);
    throw usageError(`${flag} must be a whole number of at least ${least}, not "${text}"`);
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
  const port = parseWhole("--port", 0)(text);
  if (port <= LARGEST_PORT) return port;
  throw usageError(`--port must be at most ${LARGEST_PORT}, not "${text}"`);
}
