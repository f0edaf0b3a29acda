/**
 * One configuration from flags, file and defaults, in this order of precedence. The schema checks the whole once, and
 * each complaint is told in the words of the place that caused it: the flag, or the file and its key.
 */

import { UserError } from "@deepspeech-ts/recognizer/system";
import { nearestName } from "@deepspeech-ts/server/command-line";
import { quoteValue } from "@deepspeech-ts/speech";
import type { z } from "zod";
import { flagOf } from "./flags.js";
import { type Setting, settingsOf } from "./settings.js";

type Tree = Record<string, unknown>;

export interface ConfigSources {
  /** A complete configuration that stands in for the defaults: that of a run which goes on. */
  base?: Tree | undefined;
  /** The file's path as the person wrote it, and its content; undefined where there is none. */
  file?: { path: string; content: Tree } | undefined;
  /** What the command line gave. */
  flags: ReadonlyMap<Setting, unknown>;
}

/** @throws UserError (exit 2) for the first key that does not exist or value that is not allowed */
export function resolveConfig<S extends z.ZodObject>(schema: S, sources: ConfigSources): z.output<S> {
  const { base = {}, file, flags } = sources;
  const settings = settingsOf(schema);
  if (file) refuseUnknownKeys(file.path, file.content, settings);
  const merged = merge(base, file?.content ?? {});
  for (const [{ path }, value] of flags) setPath(merged, path, value);
  const result = schema.safeParse(merged);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const setting = settings.find(({ path }) => path.every((key, index) => key === issue.path[index]));
  const wasFlag = setting !== undefined && [...flags.keys()].some(({ key }) => key === setting.key);
  const subject = wasFlag ? flagOf(setting) : `${file?.path ?? "configuration"}: "${keyOf(issue.path, setting)}"`;
  // A check that has a whole sentence to say.
  if (issue.code === "custom" && !issue.message.startsWith("must ")) throw refuse(`${subject}: ${issue.message}`);
  const found = quoteValue(getPath(merged, issue.path));
  throw refuse(`${subject} ${requirementOf(issue.message, setting)}, not ${found}`);
}

/** A setting's own words, where it has a check of its own ("must be odd"); else what its type allows. */
function requirementOf(message: string, setting: Setting | undefined): string {
  if (message.startsWith("must ")) return message;
  return `must be ${setting?.expectation ?? "an object with keys of its own"}`;
}

function keyOf(path: readonly PropertyKey[], setting: Setting | undefined): string {
  return setting?.key ?? path.join(".");
}

/** Keys that one line can list. */
const FEW = 16;

function refuseUnknownKeys(file: string, content: Tree, settings: readonly Setting[]): void {
  const known = settings.map(({ key }) => key);
  const sections = new Set(
    settings.flatMap(({ path }) => path.slice(0, -1).map((_, i) => path.slice(0, i + 1).join("."))),
  );
  for (const key of keysOf(content, sections)) {
    if (known.includes(key)) continue;
    const meant = nearestName(key, [...known, ...sections]);
    const all = known.length > FEW ? "`deepspeech train --help` lists what there is" : `there are ${known.join(", ")}`;
    const hint = meant ? `; did you mean "${meant}"?` : `; ${all}`;
    throw refuse(`${file}: unknown key "${key}"${hint}`);
  }
}

/** Dotted keys of everything in `tree`; objects are entered where the schema has one of that name. */
function* keysOf(tree: Tree, sections: ReadonlySet<string>, prefix = ""): Generator<string> {
  for (const [name, value] of Object.entries(tree)) {
    const key = prefix + name;
    if (!sections.has(key)) yield key;
    else if (isTree(value)) yield* keysOf(value, sections, `${key}.`);
  }
}

function setPath(tree: Tree, path: readonly string[], value: unknown): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const branch = tree[name];
  // Branches may be those of the file.
  const next = isTree(branch) ? { ...branch } : {};
  tree[name] = next;
  setPath(next, rest, value);
}

function getPath(tree: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], tree);
}

/** A new tree with the values of `over` where it has any, and else those of `under`. */
function merge(under: Tree, over: Tree): Tree {
  const merged: Tree = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const below = under[name];
    merged[name] = isTree(value) && isTree(below) ? merge(below, value) : value;
  }
  return merged;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(message: string): UserError {
  return new UserError(message, { code: "bad-config", exitCode: 2 });
}
