/**
 * A normaliser of one's own, for languages whose numbers and abbreviations ours does not read. It is named by the path of
 * its module, not handed over as a function: training and evaluation run in threads of their own, which functions cannot
 * be sent to, and a resumed run finds it again.
 */
import { existsSync } from "node:fs";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { explainScriptError, importScript } from "../script-module.js";

/** Writes a transcript as it is spoken; null where it cannot tell, which leaves the utterance out. */
export type Normaliser = (text: string) => string | null;

/**
 * The function of a module: its default export, an export named `normalise`, or a configuration's `normalise`.
 *
 * @throws UserError naming the module: missing, not loadable, or without such a function
 */
export async function loadNormaliser(path: string): Promise<Normaliser> {
  if (!existsSync(path)) throw refuse(`${path}: no such file; the normaliser is to be a .ts or .js module`);
  let exports: Record<string, unknown>;
  try {
    exports = await importScript(path);
  } catch (error) {
    throw refuse(`${path}: could not be loaded: ${explainScriptError(error)}`, error);
  }
  const { default: main, normalise } = exports;
  const ofConfig = typeof main === "object" && main !== null && "normalise" in main ? main.normalise : undefined;
  const found = [main, normalise, ofConfig].find((value) => typeof value === "function");
  if (found !== undefined) return found as Normaliser;
  throw refuse(`${path}: has no function to normalise with; write \`export default (text) => …\``);
}

function refuse(message: string, cause?: unknown): UserError {
  return new UserError(`${message}.`, { code: "bad-config", exitCode: 2, cause });
}
