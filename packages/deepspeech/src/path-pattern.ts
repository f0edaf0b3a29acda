/**
 * Patterns of paths, for shells that leave them to the program and for quoted ones: `*` and `?` within a name, `**` for
 * any folders, `[abc]` and `[a-z]` for one character, `{wav,flac}` for one of several words. As in a shell, a name that
 * begins with a dot must be asked for with one. (Node has `fs.glob` from version 22 on; this project runs on 20.)
 */
import { readdir, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { usageError } from "@deepspeech-ts/server/command-line";
import { foldersBelow } from "@deepspeech-ts/toolkit/internal/data/audio/find-files.js";

const MAGIC = /[*?[{]/;

/** Whether a word asks to be expanded. */
export function isPattern(word: string): boolean {
  return MAGIC.test(word);
}

/** The files, without folders, that a pattern stands for, sorted. */
export async function expandPattern(pattern: string): Promise<string[]> {
  const start = isAbsolute(pattern) ? "/" : "";
  const alternatives = expandBraces(pattern).map((one) => one.split("/").filter((part) => part !== ""));
  const found = await Promise.all(alternatives.map((parts) => filesBelow(start, parts)));
  return [...new Set(found.flat())].sort();
}

/** "a.{wav,mp3}" to "a.wav" and "a.mp3"; braces may stand in braces. A brace without its fellow is a character. */
export function expandBraces(pattern: string): string[] {
  const innermost = /^(.*)\{([^{}]*)\}(.*)$/s.exec(pattern);
  if (!innermost) return [pattern];
  const [, before = "", choices = "", after = ""] = innermost;
  return [...new Set(choices.split(",").flatMap((choice) => expandBraces(before + choice + after)))];
}

/**
 * A test of one name.
 * @throws UserError (exit 2) for a range of characters whose end comes before its beginning
 */
export function namePattern(part: string): RegExp {
  const source = part.replaceAll(/\[(!|\^)?([^\]]+)\]|[\s\S]/g, (token, negation?: string, set?: string) => {
    if (set !== undefined) return `[${negation ? "^" : ""}${set.replaceAll(/[\\[\]^]/g, "\\$&")}]`;
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    return token.replaceAll(/[\\^$.|+()[\]{}/-]/g, "\\$&");
  });
  try {
    return new RegExp(`^${part.startsWith(".") ? "" : "(?!\\.)"}${source}$`, "s");
  } catch {
    throw usageError(`${part}: no name can have such a pattern; check what stands in its brackets`);
  }
}

async function filesBelow(folder: string, [part, ...rest]: readonly string[]): Promise<string[]> {
  if (part === undefined) return [];
  // A plain name needs no look into its folder, which may be large, or closed to us.
  if (!MAGIC.test(part)) return rest.length > 0 ? filesBelow(join(folder, part), rest) : existing(join(folder, part));
  if (part === "**") return acrossFolders(folder, rest);
  const entries = await readdir(folder || ".", { withFileTypes: true }).catch(() => []);
  const test = namePattern(part);
  const matching = entries.filter(({ name }) => test.test(name)).map(({ name }) => join(folder, name));
  const found = await Promise.all(matching.map((path) => (rest.length > 0 ? filesBelow(path, rest) : existing(path))));
  return found.flat();
}

/** `**` stands for any number of folders, linked ones too, each once. At a pattern's end it stands for every file. */
async function acrossFolders(folder: string, rest: readonly string[]): Promise<string[]> {
  const folders = await foldersBelow(folder, (name) => !name.startsWith(".")).catch(nothingThere);
  const found = await Promise.all(
    folders.map((name) => filesBelow(join(folder, name), rest.length > 0 ? rest : ["*"])),
  );
  return found.flat();
}

/** A folder that is not there holds nothing; one that may not be read is another matter. */
function nothingThere(error: unknown): string[] {
  if (error instanceof UserError && error.code === "file-not-found") return [];
  throw error;
}

async function existing(path: string): Promise<string[]> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ? [path] : [];
}
