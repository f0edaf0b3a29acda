/**
 * Compiles packages/torch/native into packages/torch/build/torch.node.
 */

import { existsSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { filesUnder, hasCommand, SetupError, stampOf } from "./context.mjs";

/** @typedef {import("./context.mjs").Context} Context */
/** @typedef {import("./libtorch.mjs").Libtorch} Libtorch */

/**
 * @param {Context} context
 * @returns {Promise<string>} what was done
 */
export async function buildNative(context) {
  const { libtorch } = context.state;
  if (libtorch === undefined) throw new SetupError("libtorch has to be found before the native add-on is built.");
  const sources = join(context.root, "packages/torch/native");
  const build = join(context.root, "packages/torch/build");

  const stamp = nativeStamp(context.root, sources, libtorch);
  if (context.state.native === stamp && existsSync(join(build, "torch.node"))) return "up to date";

  if (isForeignCache(build, sources, libtorch)) rmSync(build, { recursive: true });
  await context.run("cmake", ["-S", sources, "-B", build, "-DCMAKE_BUILD_TYPE=Release", ...options(libtorch, build)]);
  await context.run("cmake", ["--build", build, "--parallel", String(availableParallelism())]);
  context.save({ native: stamp });
  return "built";
}

/**
 * @param {string} root
 * @param {string} sources
 * @param {Libtorch} libtorch
 */
function nativeStamp(root, sources, { kind, prefix, version, identity }) {
  const headers = ["node-addon-api", "node-api-headers"].map((name) =>
    readFileSync(join(root, "node_modules", name, "package.json")),
  );
  const files = filesUnder(sources, () => true);
  return stampOf([kind, prefix, version, identity, ...headers, ...files, ...files.map((path) => readFileSync(path))]);
}

/**
 * @param {Libtorch} libtorch
 * @param {string} build
 */
function options({ prefix }, build) {
  const cached = cacheEntry(build, "CMAKE_GENERATOR");
  // A folder keeps the generator it was configured with: CMake refuses to change it.
  const useNinja = cached === undefined ? hasCommand("ninja") : cached === "Ninja";
  return [`-DCMAKE_PREFIX_PATH=${prefix}`, ...(useNinja ? ["-G", "Ninja"] : [])];
}

/**
 * Whether the build folder was configured for other sources, as after the repository has moved, which CMake refuses;
 * or for another libtorch, whose paths CMake would go on using.
 *
 * @param {string} build
 * @param {string} sources
 * @param {Libtorch} libtorch
 */
function isForeignCache(build, sources, { prefix }) {
  const home = cacheEntry(build, "CMAKE_HOME_DIRECTORY");
  return home !== undefined && (home !== sources || cacheEntry(build, "CMAKE_PREFIX_PATH") !== prefix);
}

/**
 * @param {string} build
 * @param {string} name
 */
function cacheEntry(build, name) {
  const path = join(build, "CMakeCache.txt");
  if (!existsSync(path)) return undefined;
  return new RegExp(`^${name}:\\w+=(.*)$`, "m").exec(readFileSync(path, "utf8"))?.[1];
}
