/**
 * TypeScript and JavaScript of people: configurations, recipes, normalisers. TypeScript is stripped of its types by jiti
 * as it is loaded, so it needs no build and may import its own files.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { errorMessage } from "@deepspeech-ts/recognizer/system";

/** Data that recipes start from; who has it installed beside the toolkit has it in every recipe. */
const ENGLISH_MODEL = "@deepspeech-ts/model-english";

/** The module's exports, with whatever its loading throws. */
export async function importScript(path: string): Promise<Record<string, unknown>> {
  // By its address, because the toolkit's own index stands above what loads scripts for it.
  const index = new URL("./index.js", import.meta.url).href;
  const [{ createJiti }, toolkit] = await Promise.all([import("jiti"), import(index) as Promise<object>]);
  // A recipe may lie outside any folder that has these installed; it always gets the toolkit that is running.
  const virtualModules = { "@deepspeech-ts/toolkit": toolkit };
  const jiti = createJiti(import.meta.url, { fsCache: false, virtualModules, alias: englishModelAlias() });
  return await jiti.import<Record<string, unknown>>(resolve(path));
}

/**
 * What is wrong with a module that `importScript` could not load: an error's first line, and from a parser's further lines
 * the place, as in "ParseError: Unexpected token (3:18)".
 */
export function explainScriptError(error: unknown): string {
  const place = error instanceof Error ? /\n.*?:(\d+:\d+)\s*$/m.exec(error.message)?.[1] : undefined;
  return errorMessage(error).trim() + (place ? ` (${place})` : "");
}

/** Where the English model lies, loaded only by recipes that start from it; nothing where it is not installed. */
function englishModelAlias(): Record<string, string> {
  try {
    return { [ENGLISH_MODEL]: fileURLToPath(import.meta.resolve(ENGLISH_MODEL)) };
  } catch {
    return {};
  }
}
