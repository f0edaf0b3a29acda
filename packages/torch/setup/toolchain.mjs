/**
 * What compiles the native add-on: CMake, a C++ compiler, and Ninja or make. Installed where the machine allows it,
 * named where it does not.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { hasCommand, SetupError } from "./context.mjs";
import { canInstallPackages, installPackages } from "./system-packages.mjs";

/** @typedef {import("./context.mjs").Context} Context */

const COMPILERS = ["c++", "g++", "clang++"];
const OPENBLAS = "libopenblas0-openmp";

/**
 * @param {Context} context
 * @returns {Promise<string>} what was found or done
 */
export async function provideToolchain(context) {
  if (process.platform === "darwin") return requireMacTools();
  const missing = missingPackages();
  if (missing.length === 0) return "found";
  if (!canInstallPackages()) throw new SetupError(instructions(missing));
  await installPackages(context, missing, "the native add-on has to be compiled");
  return `installed ${missing.join(" ")}`;
}

/** The packages, by Debian's names, whose programs are not on the PATH. */
function missingPackages() {
  return [
    ...(process.env.CXX || COMPILERS.some(hasCommand) ? [] : ["g++"]),
    ...(hasCommand("cmake") ? [] : ["cmake"]),
    ...(hasCommand("ninja") || hasCommand("make") ? [] : ["ninja-build"]),
  ];
}

/**
 * A Mac has c++ and make on its PATH even where they only open a window that offers to install them: xcode-select knows
 * whether they are there. CMake is Homebrew's, or the one from cmake.org.
 *
 * @returns {string} what was found
 * @throws SetupError with what to run
 */
export function requireMacTools() {
  const hasXcode = spawnSync("xcode-select", ["-p"], { stdio: "ignore" }).status === 0;
  const commands = [
    ...(hasXcode ? [] : ["xcode-select --install"]),
    ...(hasCommand("cmake") ? [] : ["brew install cmake"]),
  ];
  if (commands.length === 0) return "found";
  throw new SetupError(`The native add-on cannot be compiled yet. Run:\n  ${commands.join("\n  ")}`);
}

/** @param {string[]} missing */
function instructions(missing) {
  const list = missing.join(" ");
  if (hasCommand("apt-get")) {
    return (
      `The native add-on cannot be compiled: ${list} missing, and this account may not install packages.\n` +
      `Have an administrator run:\n  sudo apt-get install libtorch-dev ${OPENBLAS} ${list}`
    );
  }
  return (
    `The native add-on cannot be compiled: ${list} missing.\n` +
    "Install a C++17 compiler, CMake and Ninja with this system's package manager, then run the set-up again."
  );
}

/**
 * Debian's libtorch multiplies matrices with whichever BLAS is installed; the reference BLAS is about 40 times slower
 * than OpenBLAS. Installs OpenBLAS, or warns where that is not possible.
 *
 * @param {Context} context
 * @returns {Promise<string>} what was found or done
 */
export async function provideBlas(context) {
  if (context.state.libtorch?.kind !== "debian") return "libtorch's own";
  const blas = systemBlas();
  if (blas === undefined || !/\/blas\/libblas/.test(blas)) return blas ?? "unknown";
  if (canInstallPackages()) {
    await installPackages(context, [OPENBLAS], "the reference BLAS is slow");
    return systemBlas() ?? "unknown";
  }
  return `warning: ${blas} is the reference BLAS, about 40 times slower than OpenBLAS; sudo apt-get install ${OPENBLAS}`;
}

/** Where Debian's package of Gloo's headers has them. */
const GLOO_HEADER = "/usr/include/gloo/algorithm.h";
const GLOO = "libgloo-dev";

/** Whether the add-on can be compiled with what joins processes. */
export function hasGloo() {
  return existsSync(GLOO_HEADER);
}

/**
 * Debian's libtorch joins processes by Gloo, whose headers are a package of their own. Installs them; without them all but
 * joining processes works.
 *
 * @param {Context} context
 * @returns {Promise<string>} what was found or done
 */
export async function provideGloo(context) {
  if (context.state.libtorch?.kind !== "debian") return "libtorch's own, where it has its headers";
  if (hasGloo()) return "found";
  if (!canInstallPackages()) return `none, so processes cannot be joined; sudo apt-get install ${GLOO}`;
  await installPackages(context, [GLOO], "what joins processes is compiled against its headers");
  return `installed ${GLOO}`;
}

/** The library that libblas.so.3 stands for, as the system's alternatives choose it. */
function systemBlas() {
  const folders = readdirSync("/usr/lib").filter((name) => name.includes("-linux-"));
  const link = folders.map((name) => join("/usr/lib", name, "libblas.so.3")).find((path) => existsSync(path));
  return link === undefined ? undefined : realpathSync(link);
}
