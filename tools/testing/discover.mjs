/**
 * Finds the compiled tests. A compiled file outlives its source when the source is renamed or removed; running it
 * would test code that is no longer there, so each is matched with the source it came from.
 */

import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { filesUnder } from "../../packages/torch/setup/context.mjs";

/**
 * @typedef {object} TestFiles
 * @property {string[]} files the tests to run, as absolute paths
 * @property {string[]} uncompiled sources without a compiled test: the compiler has to run first
 */

/**
 * @param {string} root
 * @param {string[]} filters keep files whose path from the root contains any of these; all where empty
 * @returns {TestFiles}
 */
export function discoverTests(root, filters) {
  const packages = readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .map((folder) => ({ sources: join(folder, "src"), compiled: join(folder, "dist") }));
  const folders = [{ sources: join(root, "test"), compiled: join(root, "build/test") }, ...packages];

  const sources = folders.flatMap((folder) =>
    filesUnder(folder.sources, (path) => path.endsWith(".test.ts")).map((source) => {
      const compiled = join(folder.compiled, relative(folder.sources, source)).replace(/\.ts$/, ".js");
      return { source, compiled };
    }),
  );
  const chosen = sources.filter(({ source }) => isChosen(relative(root, source), filters));
  const scripts = [join(root, "tools"), ...folders.map(({ sources }) => join(dirname(sources), "setup"))];
  const tools = scripts.flatMap((folder) => filesUnder(folder, (path) => path.endsWith(".test.mjs")));
  return {
    // First what goes through whole programs and takes minutes: begun last, it would run on while a core has nothing to do.
    files: [
      ...tools.filter((path) => isChosen(relative(root, path), filters)),
      ...chosen.map(({ compiled }) => compiled).filter((path) => existsSync(path)),
    ],
    uncompiled: chosen.filter(({ compiled }) => !existsSync(compiled)).map(({ source }) => relative(root, source)),
  };
}

/**
 * @param {string} path
 * @param {string[]} filters
 */
function isChosen(path, filters) {
  return filters.length === 0 || filters.some((filter) => path.includes(filter));
}
