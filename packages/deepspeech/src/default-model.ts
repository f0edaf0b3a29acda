/**
 * Which model is meant. A command's words may begin with one; where they do not, the English model is used. It is looked
 * for when it is needed, so that the command line runs without it where models are named.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type PathKind, UserError, whatItIs } from "@deepspeech-ts/recognizer/system";
import { swallowedModelHint, usageError } from "@deepspeech-ts/server/command-line";
import type { Command } from "commander";
import { isPattern } from "./path-pattern.js";

const PACKAGE = "@deepspeech-ts/model-english";

/** Files that are models by their names, whatever is in them: a damaged one is no recording. */
const MODEL_NAME = /\.(dsb|safetensors|ckpt|pth?|onnx)$/;
const RUN_NAME = /^version_\d+$/;
/** What a name ends in that can be a recording's: ".wav" more than ".20 of May". */
const ENDING = /\.[a-z\d]{2,5}$/i;

export interface ChosenModel {
  /** A path; undefined where `defaultModel` is meant. */
  model: string | undefined;
  /** The words after it, or all of them. */
  words: string[];
}

/**
 * Takes the model off the words, where the first of them names one.
 *
 * @throws UserError for a first word that can be neither model nor recording, and where a flag took the model
 */
export function chooseModel(words: readonly string[], command: Command): ChosenModel {
  const [first, ...others] = words;
  if (first !== undefined) {
    const kind = whatItIs(first);
    if (isModel(first, kind)) return { model: first, words: others };
    refuseNeither(first, kind);
  }
  const hint = swallowedModelHint(command);
  if (hint !== undefined) throw usageError(hint);
  return { model: undefined, words: [...words] };
}

/**
 * The path of the English model; tells on stderr that it is used.
 * @throws UserError where it is not installed
 */
export async function defaultModel(): Promise<string> {
  return (await defaultModels()).bundle;
}

/** As `defaultModel`, with the smaller one for pages. */
export async function defaultModels(): Promise<{ bundle: string; pageBundle: string }> {
  const { englishModel, englishWebModel } = await import("@deepspeech-ts/model-english").catch((cause: unknown) => {
    throw new UserError(`no model was named, and the English one is not installed: npm install ${PACKAGE}`, {
      code: "file-not-found",
      cause,
    });
  });
  process.stderr.write(`Model: English (${PACKAGE}), for none was named\n`);
  return { bundle: englishModel, pageBundle: englishWebModel };
}

function isModel(word: string, kind: PathKind): boolean {
  return MODEL_NAME.test(word) || kind === "bundle" || (kind === "run" && isRun(word));
}

/** A folder of recordings may have a config.json too, but none of what a run writes. */
function isRun(folder: string): boolean {
  return ["checkpoints", "log.jsonl"].some((name) => existsSync(join(folder, name)));
}

/** @throws UserError for what a slip of the finger makes of a model's path, before another model is taken in its place */
function refuseNeither(word: string, kind: PathKind): void {
  const mayBeRecording = word === "-" || ENDING.test(word) || isPattern(word);
  if (kind === "missing" && !mayBeRecording) {
    throw new UserError(`${word}: no such file or folder; give a model or a recording`, { code: "file-not-found" });
  }
  const run = kind === "folder" ? readdirSync(word).find((name) => RUN_NAME.test(name)) : undefined;
  if (run !== undefined) throw usageError(`${word}: is a folder of runs; give one of them, such as ${join(word, run)}`);
}
