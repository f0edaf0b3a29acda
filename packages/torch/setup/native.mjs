/**
 * Compiles the add-on, packages/torch/native, into a build folder.
 */

import { existsSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { filesUnder, hasCommand, SetupError, stampOf } from "./context.mjs";
import { hasGloo } from "./toolchain.mjs";

/** @typedef {import("./context.mjs").Context} Context */
/** @typedef {import("./libtorch.mjs").Libtorch} Libtorch */

const SOURCES = fileURLToPath(new URL("../native", import.meta.url));
/** Where the checkout of this repository has it. */
const OWN_BUILD = fileURLToPath(new URL("../build", import.meta.url));
/** Node's headers come from npm, so that no Node source tree is needed. */
const HEADERS = /** @type {const} */ ({
  NODE_API_INCLUDE: "node-api-headers",
  NODE_ADDON_API_INCLUDE: "node-addon-api",
});

/**
 * @param {Context} context
 * @returns {Promise<string>} what was done
 */
export async function buildNative(context) {
  const libtorch = knownLibtorch(context);
  const stamp = nativeStamp(libtorch);
  if (context.state.native === stamp && existsSync(join(OWN_BUILD, "torch.node"))) return "up to date";
  await compileNative(context, libtorch, OWN_BUILD);
  context.save({ native: stamp });
  return "built";
}

/**
 * The libtorch that an earlier step found.
 *
 * @param {Context} context
 * @returns {Libtorch}
 */
export function knownLibtorch({ state }) {
  if (state.libtorch === undefined) throw new SetupError("libtorch has to be found before the native add-on is built.");
  return state.libtorch;
}

/**
 * Makes torch.node in `build`.
 *
 * @param {Context} context
 * @param {Libtorch} libtorch
 * @param {string} build
 */
export async function compileNative(context, libtorch, build) {
  await configureNative(context, libtorch, build);
  await context.run("cmake", ["--build", build, "--parallel", String(availableParallelism())]);
}

/**
 * Prepares `build`: finds out what the compiler can, and writes what is to be run.
 *
 * @param {Context} context
 * @param {Libtorch} libtorch
 * @param {string} build
 * @param {string[]} [further] of CMake's options
 */
export async function configureNative(context, libtorch, build, further = []) {
  if (isForeignCache(build, SOURCES, libtorch)) rmSync(build, { recursive: true });
  const common = ["-S", SOURCES, "-B", build, "-DCMAKE_BUILD_TYPE=Release", ...options(libtorch, build)];
  await context.run("cmake", [...common, ...further]);
}

/**
 * Changes with all that the add-on is made of.
 *
 * @param {Libtorch} libtorch
 */
export function nativeStamp({ kind, prefix, version, identity }) {
  const headers = Object.values(HEADERS).map((name) => readFileSync(join(packageFolder(name), "package.json")));
  const files = filesUnder(SOURCES, () => true);
  const contents = files.flatMap((path) => [relative(SOURCES, path), readFileSync(path)]);
  return stampOf([kind, prefix, version, identity, String(hasGloo()), ...headers, ...contents]);
}

/** @param {string} name */
function packageFolder(name) {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

/**
 * @param {Libtorch} libtorch
 * @param {string} build
 */
function options({ prefix }, build) {
  const cached = cacheEntry(build, "CMAKE_GENERATOR");
  // A folder keeps the generator it was configured with: CMake refuses to change it.
  const useNinja = cached === undefined ? hasCommand("ninja") : cached === "Ninja";
  const includes = {
    NODE_API_INCLUDE: join(packageFolder(HEADERS.NODE_API_INCLUDE), "include"),
    NODE_ADDON_API_INCLUDE: packageFolder(HEADERS.NODE_ADDON_API_INCLUDE),
  };
  return [
    `-DCMAKE_PREFIX_PATH=${prefix}`,
    ...Object.entries(includes).map(([name, path]) => `-D${name}=${path}`),
    ...(useNinja ? ["-G", "Ninja"] : []),
    // A Node for Intel's Macs runs on ARM's too: the add-on is for the Node.
    ...(process.platform === "darwin"
      ? [`-DCMAKE_OSX_ARCHITECTURES=${process.arch === "x64" ? "x86_64" : "arm64"}`]
      : []),
  ];
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
