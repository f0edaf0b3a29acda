/**
 * Finds libtorch, or brings it to the machine. In order of preference: the folder that LIBTORCH names, what an earlier
 * run downloaded, PyTorch for Python, Homebrew's, the system's package, Debian's or Ubuntu's package installed now,
 * PyTorch's own archive. Where LIBTORCH_VARIANT asks for CUDA, only those that were built with it count.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { archiveFolder, DownloadError, fetchArchive } from "./archive.mjs";
import { hasCommand, SetupError } from "./context.mjs";
import { defaultVariant, requestedVariant } from "./known-archives.mjs";
import { candidateVersion, canInstallPackages, installPackages } from "./system-packages.mjs";

/** @typedef {import("./context.mjs").Context} Context */

/**
 * @typedef {object} Libtorch
 * @property {"debian" | "prefix"} kind the system's, in /usr; or a folder of its own
 * @property {string} prefix the folder that holds include/ and lib/
 * @property {string} source where it came from, in words
 * @property {string} version such as "1.13.0"
 * @property {string} identity changes whenever the library does
 */

/** Debian 12 has 1.13; Ubuntu 22.04's 1.8 lacks operators that the models need. */
const OLDEST_VERSION = [1, 13];
const PACKAGE = "libtorch-dev";
/** Where Homebrew lives unless HOMEBREW_PREFIX says otherwise: Macs with ARM and with Intel, Linux. */
const HOMEBREW_PREFIXES = ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"];
/** Newer versions first: they keep the older header, which then only includes the other. */
const VERSION_HEADERS = ["headeronly/version.h", "csrc/api/include/torch/version.h"];

/**
 * @param {Context} context
 * @returns {Promise<string>} what was found
 */
export async function provideLibtorch(context) {
  const folder = process.env.LIBTORCH ?? "";
  const variant = requestedVariant();
  const request = variant === undefined ? folder : `${folder} ${variant}`;
  const known = context.state.libtorch;
  if (known !== undefined && context.state.libtorchRequest === request && isUnchanged(known)) return describe(known);

  const libtorch = folder === "" ? await findOrInstall(context, variant) : fromVariable(folder);
  context.save({ libtorch, libtorchRequest: request });
  return describe(libtorch);
}

/**
 * @param {Context} context
 * @param {import("./known-archives.mjs").Variant | undefined} request
 */
async function findOrInstall(context, request) {
  for (const find of [() => fromEarlier(context), fromPython, fromHomebrew, fromSystem]) {
    const found = find();
    if (found !== undefined && (request !== "cuda" || hasCuda(found.prefix))) return found;
  }
  if (request === "cuda") return fromArchive(context, "cuda");
  const forCards = request === undefined && defaultVariant() === "cuda" ? await cudaInReach(context) : undefined;
  // Distributions' packages know no CUDA.
  return forCards ?? (await fromPackage(context)) ?? (await fromArchive(context, "cpu"));
}

/**
 * The archive for CUDA, for which nobody asked: where it is out of reach, one for the processor serves.
 *
 * @param {Context} context
 */
export async function cudaInReach(context) {
  try {
    return await fromArchive(context, "cuda");
  } catch (error) {
    if (process.env.LIBTORCH_URL || !(error instanceof DownloadError)) throw error;
    console.warn(`${error.message} A libtorch for the CPU serves instead; LIBTORCH_VARIANT=cuda insists on this one.`);
    return undefined;
  }
}

/** @param {string} prefix */
function hasCuda(prefix) {
  return existsSync(join(prefix, "lib/libtorch_cuda.so"));
}

/** @param {Context} context */
function fromEarlier(context) {
  return inspect("prefix", archiveFolder(context), "downloaded earlier");
}

/** @param {string} folder */
function fromVariable(folder) {
  const libtorch = inspect("prefix", resolve(folder), "LIBTORCH");
  if (libtorch !== undefined) return libtorch;
  throw new SetupError(
    `LIBTORCH=${folder} is no libtorch of version ${OLDEST_VERSION.join(".")} or later: expected ` +
      "share/cmake/Torch/TorchConfig.cmake, include/ and lib/ in that folder. Mend the variable, or unset it.",
  );
}

/** PyTorch's wheels hold a whole libtorch. Debian's python3-torch does not: its folder names no CMake files. */
function fromPython() {
  if (!hasCommand("python3")) return undefined;
  const script = "import torch; print(torch.utils.cmake_prefix_path)";
  const { status, stdout } = spawnSync("python3", ["-c", script], { encoding: "utf8" });
  if (status !== 0) return undefined;
  return inspect("prefix", dirname(dirname(stdout.trim())), "PyTorch for Python");
}

/** Homebrew links its PyTorch's include/, lib/ and share/cmake into a folder of the formula's. */
function fromHomebrew() {
  const homes = [process.env.HOMEBREW_PREFIX, ...HOMEBREW_PREFIXES].filter((home) => home !== undefined);
  return homes.map((home) => inspect("prefix", join(home, "opt/pytorch"), "Homebrew's")).find(Boolean);
}

function fromSystem() {
  return inspect("debian", "/usr", "the system's");
}

/** @param {Context} context */
async function fromPackage(context) {
  if (!canInstallPackages()) return undefined;
  const version = await candidateVersion(context, PACKAGE);
  if (version === undefined || !isRecent(version)) return undefined;
  await installPackages(context, [PACKAGE, "libopenblas0-openmp"], "libtorch is missing");
  return fromSystem();
}

/**
 * @param {Context} context
 * @param {import("./known-archives.mjs").Variant} variant
 */
async function fromArchive(context, variant) {
  const folder = await fetchArchive(context, variant);
  const libtorch = inspect("prefix", folder, "PyTorch's archive");
  if (libtorch === undefined) throw new SetupError(`The archive unpacked into ${folder} holds no usable libtorch.`);
  return libtorch;
}

/**
 * @param {"debian" | "prefix"} kind
 * @param {string} prefix
 * @param {string} source
 * @returns {Libtorch | undefined} undefined where there is no libtorch, or one too old
 */
function inspect(kind, prefix, source) {
  const config = join(prefix, "share/cmake/Torch/TorchConfig.cmake");
  const version = headerVersion(prefix);
  const library = libraryPath(kind, prefix);
  if (kind === "prefix" && !existsSync(config)) return undefined;
  if (version === undefined || !isRecent(version) || library === undefined) return undefined;
  return { kind, prefix, source, version, identity: identityOf(library) };
}

/** @param {string} prefix */
function headerVersion(prefix) {
  const path = VERSION_HEADERS.map((header) => join(prefix, "include/torch", header)).find((each) => existsSync(each));
  if (path === undefined) return undefined;
  const header = readFileSync(path, "utf8");
  const part = (/** @type {string} */ name) => new RegExp(`#define TORCH_VERSION_${name} (\\d+)`).exec(header)?.[1];
  return `${part("MAJOR")}.${part("MINOR")}.${part("PATCH")}`;
}

/** @param {string} version */
function isRecent(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_VERSION;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/**
 * @param {"debian" | "prefix"} kind
 * @param {string} prefix
 */
function libraryPath(kind, prefix) {
  const lib = join(prefix, "lib");
  if (!existsSync(lib)) return undefined;
  // The system's libraries lie in a folder for each architecture, such as lib/x86_64-linux-gnu.
  const folders =
    kind === "prefix"
      ? [lib]
      : readdirSync(lib)
          .filter(isMultiarch)
          .map((name) => join(lib, name));
  return folders
    .flatMap((folder) => ["libtorch_cpu.so", "libtorch_cpu.dylib"].map((name) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** @param {string} name */
function isMultiarch(name) {
  return name.includes("-linux-");
}

/** @param {string} library */
function identityOf(library) {
  const { size, mtimeMs } = statSync(library);
  return `${library} ${size} ${mtimeMs}`;
}

/** @param {Libtorch} libtorch */
function isUnchanged({ kind, prefix, identity }) {
  const library = libraryPath(kind, prefix);
  return library !== undefined && identityOf(library) === identity;
}

/** @param {Libtorch} libtorch */
function describe({ version, source, prefix }) {
  return `${version}, ${source}, in ${prefix}`;
}
