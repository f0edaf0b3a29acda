/** Small things around lists, files and programs. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** @param {string} path */
export function linesOf(path) {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
}

/** @param {string | Uint8Array} content */
export function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * @template Item
 * @param {readonly Item[]} items
 * @param {(item: Item) => string} keyOf
 * @returns {Map<string, Item[]>} in the order in which the keys first come
 */
export function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/**
 * Starts a program whose output is wanted as it comes.
 *
 * @param {string} program
 * @param {string[]} words
 */
export function run(program, words) {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  /** @type {Promise<void>} */
  const done = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0 ? resolve() : reject(new Error(`${program} ended with status ${status}`)),
    );
  });
  return { stdout: child.stdout, done };
}
