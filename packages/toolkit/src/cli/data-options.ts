/** Numbers on the command lines of the data commands. */
import { UserError } from "../errors.js";

/** A parser of whole numbers of at least `least`; `flag` is what its complaint names. */
export function parseWhole(flag: string, least: number): (text: string) => number {
  return (text) => {
    if (/^\d+$/.test(text) && Number(text) >= least) return Number(text);
    throw new UserError(`${flag} must be a whole number of at least ${least}, not "${text}"`, { exitCode: 2 });
  };
}

/** A parser of numbers of at least `least`. */
export function parseNumber(flag: string, least: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(value) && value >= least) return value;
    throw new UserError(`${flag} must be a number of at least ${least}, not "${text}"`, { exitCode: 2 });
  };
}
