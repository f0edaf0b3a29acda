/**
 * Configuration files: TypeScript or JavaScript with `export default defineConfig({ … })`, or JSON with the same keys.
 */
import { statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { errorMessage, readTextFile, UserError } from "@deepspeech-ts/recognizer/system";
import { explainScriptError, importScript } from "@deepspeech-ts/toolkit/internal/script-module.js";

const SCRIPT_ENDINGS = new Set([".ts", ".mts", ".js", ".mjs"]);

/** A configuration and the path that error messages call it by. */
export interface ConfigSource {
  path: string;
  content: Record<string, unknown>;
}

/**
 * Reads a configuration as it was written, before any check of its keys.
 *
 * @param flag what named it
 * @throws UserError (exit 2) naming the file: missing, of another kind, not loadable, or without a configuration in it
 */
export async function readConfigFile(path: string, flag = "--config"): Promise<ConfigSource> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw refuse(`${path}: no such file; check the path after ${flag}`);
  if (stats.isDirectory()) throw refuse(`${path}: is a folder; ${flag} takes a file`);
  // What comes through a pipe has no ending: <(…).
  const ending = stats.isFile() ? extname(path).toLowerCase() : ".json";
  if (ending === ".json") return { path, content: asConfig(path, await readJson(path)) };
  if (SCRIPT_ENDINGS.has(ending)) return { path, content: asConfig(path, await readScript(path)) };
  throw refuse(`${path}: a configuration file ends in .ts, .mts, .js, .mjs or .json`);
}

async function readJson(path: string): Promise<unknown> {
  const text = await readTextFile(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(`${path}: is not JSON: ${errorMessage(error)}`, error);
  }
}

async function readScript(path: string): Promise<unknown> {
  let module: Record<string, unknown>;
  try {
    module = await importScript(path);
  } catch (error) {
    throw refuse(`${path}: could not be loaded: ${explainScriptError(error)}`, error);
  }
  if (!Object.hasOwn(module, "default")) {
    throw refuse(`${path}: has no default export; write \`export default defineConfig({ … })\``);
  }
  return withNormaliserByPath(path, module.default);
}

/** A function cannot go to the threads that train: the file that has it stands for it (see data/normaliser.ts). */
function withNormaliserByPath(path: string, config: unknown): unknown {
  if (typeof config !== "object" || config === null || !("normalise" in config)) return config;
  return typeof config.normalise === "function" ? { ...config, normalise: true, normaliser: resolve(path) } : config;
}

function asConfig(path: string, value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  const found = Array.isArray(value) ? "a list" : value === null ? "null" : `a ${typeof value}`;
  throw refuse(`${path}: holds ${found} where a configuration object is expected`);
}

function refuse(message: string, cause?: unknown): UserError {
  return new UserError(message, { code: "bad-config", exitCode: 2, cause });
}
