/**
 * Compiles the TypeScript of all packages and of the tests, and makes what pages load of the recogniser, and the server's own page.
 */

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { filesUnder, stampOf } from "../../packages/torch/setup/context.mjs";

/**
 * Runs `tsc -b`, which itself compiles only what has changed; not even started where no source was touched.
 *
 * @param {import("../../packages/torch/setup/context.mjs").Context} context
 * @returns {Promise<string>} what was done
 */
export async function compileTypescript(context) {
  const { root } = context;
  const stamp = sourceStamp(root);
  if (context.state.typescript === stamp && outputsExist(root)) return "up to date";
  await context.run(join(root, "node_modules/.bin/tsc"), ["-b"]);
  await context.run(process.execPath, [join(root, "tools/build-browser.mjs")]);
  context.save({ typescript: stamp });
  return "compiled";
}

/**
 * Sizes and times rather than contents: reading every source would take longer than a set-up already done may.
 *
 * @param {string} root
 */
function sourceStamp(root) {
  const isSource = (/** @type {string} */ path) => /\.(ts|mts|mjs|css|svg)$|tsconfig[^/]*\.json$/.test(path);
  const page = "apps/demo";
  const sources = packages(root).map((name) => join("packages", name, "src"));
  const folders = [...sources, join(page, "src"), "test", "tools", "bench"];
  const ownConfigs = readdirSync(root).filter((name) => /^tsconfig.*\.json$/.test(name));
  const configs = [...ownConfigs, ...["index.html", "tsconfig.json", "vite.config.ts"].map((name) => join(page, name))];
  const packageConfigs = packages(root).map((name) => join("packages", name, "tsconfig.json"));
  const paths = [...configs, ...packageConfigs.filter((path) => existsSync(join(root, path)))]
    .map((path) => join(root, path))
    .concat(folders.flatMap((folder) => filesUnder(join(root, folder), isSource)));
  return stampOf(
    paths.map((path) => {
      const { size, mtimeMs } = statSync(path);
      return `${path} ${size} ${mtimeMs}`;
    }),
  );
}

/** @param {string} root */
function packages(root) {
  return readdirSync(join(root, "packages")).filter((name) => existsSync(join(root, "packages", name, "src")));
}

/** @param {string} root */
function outputsExist(root) {
  const isCompiled = packages(root).every((name) => existsSync(join(root, "packages", name, "dist")));
  const built = ["packages/recognizer/dist/browser/index.js", "packages/server/dist/page/index.html"];
  return isCompiled && built.every((path) => existsSync(join(root, path)));
}
