/** Where API keys come from: a file with one a line, or the environment. Never the command line, which others can see. */

import { readTextFile, UserError } from "@deepspeech-ts/recognizer/system";
import { formatPlural, plainText } from "@deepspeech-ts/speech";

/** The environment variable that holds keys, separated by commas. */
export const API_KEYS_VARIABLE = "DEEPSPEECH_API_KEYS";

/** A shorter one could be guessed. */
const LEAST_CHARACTERS = 16;

export interface ApiKeySources {
  /** A file with a key a line; empty lines and those that start with # do not count. */
  file?: string | undefined;
  /** Keys between commas. */
  variable?: string | undefined;
}

/**
 * The keys of both sources; none where neither is given.
 *
 * @throws UserError where a file cannot be read or holds none, or where a key is short or has white space in it
 */
export async function readApiKeys({ file, variable }: ApiKeySources): Promise<string[]> {
  const keys = [...(await keysOfFile(file)), ...keysOfVariable(variable)];
  return [...new Set(keys)];
}

async function keysOfFile(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  const lines = plainText(await readTextFile(file)).split("\n");
  const keys = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  if (keys.length === 0) throw new UserError(`${file}: holds no API key; write one a line.`);
  return keys.map((key) => checked(key, file));
}

function keysOfVariable(variable: string | undefined): string[] {
  const keys = (variable ?? "").split(",").map((key) => key.trim());
  return keys.filter((key) => key !== "").map((key) => checked(key, API_KEYS_VARIABLE));
}

/** The message names the place, not the key. */
function checked(key: string, place: string): string {
  if (key.length >= LEAST_CHARACTERS && !/\s/.test(key)) return key;
  const wanted = `at least ${LEAST_CHARACTERS} characters without white space`;
  throw new UserError(
    `${place}: an API key has ${formatPlural(key.length, "character")}, expected ${wanted}; try openssl rand -hex 24.`,
  );
}
