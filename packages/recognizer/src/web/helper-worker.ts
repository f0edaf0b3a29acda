/** The workers that decode sound files and search for texts. */
import { type HelperHandlers, helperHandlers, type Knowledge } from "../core/helper-handlers.js";
import { serveCalls } from "./serve-calls.js";

/** What comes with the first call. */
const handlers: Record<string, HelperHandlers[keyof HelperHandlers] | typeof load> = { load };

async function load(knowledge: Knowledge) {
  Object.assign(handlers, helperHandlers(knowledge, refuseFile));
  return { result: undefined, transfer: [] };
}

async function refuseFile(): Promise<never> {
  throw new Error("a page has no files");
}

serveCalls(handlers);
