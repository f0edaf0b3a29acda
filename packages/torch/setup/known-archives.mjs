/**
 * PyTorch's own archives of libtorch: which of them fits a machine, and by which SHA-256 it is known.
 *
 * PyTorch states no checksums. A sum stands here only where at least two projects that know nothing of each other state
 * the same for the archive itself: all of these are in TorchSharp's src/Redist/*.sha and in cTuning Labs' cX
 * (tool/torch-cpp-prebuilt), and those for Linux in CP2K's tools/toolchain as well.
 */

import { existsSync } from "node:fs";
import { hasCommand, SetupError } from "./context.mjs";

/** @typedef {"cpu" | "cuda"} Variant */
/** @typedef {{ url: string, sha256: string | undefined, note?: string }} Archive */

const BASE = "https://download.pytorch.org/libtorch";
const VARIANTS = /** @type {const} */ (["cpu", "cuda"]);

/** CUDA 12.8 runs with drivers from 525 on, and on cards from Maxwell to Blackwell. @type {Record<string, Archive>} */
const ARCHIVES = {
  "linux-x64-cpu": {
    url: `${BASE}/cpu/libtorch-cxx11-abi-shared-with-deps-2.7.1%2Bcpu.zip`,
    sha256: "63d572598c8d532128a335018913e795c1bbb32602ce378896dc8cfbb5590976",
  },
  "linux-x64-cuda": {
    url: `${BASE}/cu128/libtorch-cxx11-abi-shared-with-deps-2.7.1%2Bcu128.zip`,
    sha256: "ae513b437ae99150744ef1d06b02a4ecbbb9275c9ffe540c88909623e3293041",
    note: "for the NVIDIA GPU; LIBTORCH_VARIANT=cpu takes the one without CUDA, which is far smaller",
  },
  "darwin-arm64-cpu": {
    url: `${BASE}/cpu/libtorch-macos-arm64-2.7.1.zip`,
    sha256: "aa89ac85b91c83d0f976f8d135330d51e38ab777b26ec24f312fd58d079314cb",
  },
};

/** Platform and architecture, as Node names them, and whether programs are made for musl. */
function thisMachine() {
  const machine = `${process.platform}-${process.arch}`;
  if (process.platform !== "linux") return machine;
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return header.glibcVersionRuntime === undefined ? `${machine}-musl` : machine;
}

/**
 * The variant that LIBTORCH_VARIANT asks for.
 *
 * @returns {Variant | undefined} undefined where it asks for none
 */
export function requestedVariant() {
  const request = process.env.LIBTORCH_VARIANT ?? "";
  if (request === "") return undefined;
  const variant = VARIANTS.find((each) => each === request);
  if (variant !== undefined) return variant;
  throw new SetupError(`LIBTORCH_VARIANT=${request} is none of ${VARIANTS.join(", ")}.`);
}

/**
 * The variant for a machine that asks for none: CUDA where NVIDIA's driver is, and an archive for it.
 *
 * @returns {Variant}
 */
export function defaultVariant(machine = thisMachine()) {
  const hasDriver = existsSync("/proc/driver/nvidia/version") || hasCommand("nvidia-smi");
  return hasDriver && `${machine}-cuda` in ARCHIVES ? "cuda" : "cpu";
}

/**
 * The archive for a machine, or the one that LIBTORCH_URL names.
 *
 * @param {Variant} variant
 * @returns {Archive}
 */
export function chooseArchive(variant, machine = thisMachine()) {
  const { LIBTORCH_URL: url, LIBTORCH_SHA256: sha256 } = process.env;
  if (url) return { url, sha256: sha256?.toLowerCase() };
  const archive = ARCHIVES[`${machine}-${variant}`];
  if (archive !== undefined) return archive;
  if (machine.endsWith("-musl"))
    throw new SetupError(
      "PyTorch has no build for Linux with musl, such as Alpine. Use an image with glibc, such as node:22-slim.",
    );
  const brew = machine.startsWith("darwin") ? " or brew install pytorch" : "";
  throw new SetupError(
    `No archive of libtorch${variant === "cuda" ? " with CUDA" : ""} is known for ${machine}. Run pip install torch${brew}, ` +
      "then the set-up again; or set LIBTORCH to a libtorch folder, or LIBTORCH_URL and LIBTORCH_SHA256 to an archive.",
  );
}
