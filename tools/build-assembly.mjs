/**
 * Builds the modules of packages/recognizer/assembly, which the package keeps as TypeScript.
 *
 *     node tools/build-assembly.mjs
 *
 * Only a maintainer runs this: the results are in the repository, and tests compare what they compute with the same in TypeScript.
 * AssemblyScript's compiler takes 100 MB, so that it is fetched here and is no dependency.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const COMPILER = "assemblyscript@0.28.20";
const RECOGNIZER = fileURLToPath(new URL("../packages/recognizer/", import.meta.url));
const OPTIONS = ["--enable", "simd", "--runtime", "stub", "--importMemory", "--noExportMemory", "-O3"];
/** Of vectors that functions of one file hand to another's: JavaScript, which cannot take any, calls none of these. */
const NO_WARNING = ["--disableWarning", "112"];
/** Vectors that multiply and add in one instruction, in engines that have them. */
const RELAXED = ["--enable", "relaxed-simd"];
const DIGITS_PER_LINE = 112;

const folder = mkdtempSync(join(tmpdir(), "deepspeech-assembly-"));
try {
  build(["convolve"], "src/audio/convolve-module.ts", { CONVOLVE_MODULE: [] });
  const layers = { LAYERS_MODULE: [], RELAXED_LAYERS_MODULE: RELAXED };
  build(["product", "recurrence", "residual"], "src/core/layers-module.ts", layers);
} finally {
  rmSync(folder, { recursive: true });
}

/**
 * @param {string[]} names of the sources
 * @param {string} target the file in the package
 * @param {Record<string, string[]>} constants that it exports, and with what further options each is compiled
 */
function build(names, target, constants) {
  const modules = Object.entries(constants).map(
    ([constant, options]) => `export const ${constant} =\n${digitsOf(compile(names, options))};\n`,
  );
  const head = `/** Made by tools/build-assembly.mjs of ${names.map((name) => `assembly/${name}.ts`).join(" and ")}: WebAssembly in hexadecimal digits. */\n`;
  writeFileSync(join(RECOGNIZER, target), head + modules.join("\n"));
}

/**
 * @param {string[]} names of the sources
 * @param {string[]} options
 */
function compile(names, options) {
  const binary = join(folder, `${names[0]}.wasm`);
  const sources = names.map((name) => join(RECOGNIZER, `assembly/${name}.ts`));
  const words = ["--yes", `--package=${COMPILER}`, "asc", ...sources, "-o", binary];
  execFileSync("npx", [...words, ...OPTIONS, ...NO_WARNING, ...options], { stdio: "inherit" });
  return readFileSync(binary);
}

/** @param {Buffer} binary */
function digitsOf(binary) {
  const lines = binary.toString("hex").match(new RegExp(`.{1,${DIGITS_PER_LINE}}`, "g")) ?? [];
  return lines.map((line) => `  "${line}"`).join(" +\n");
}
