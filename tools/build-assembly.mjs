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
const DIGITS_PER_LINE = 112;

const folder = mkdtempSync(join(tmpdir(), "deepspeech-assembly-"));
try {
  build("convolve", "src/audio/convolve-module.ts", "CONVOLVE_MODULE");
  build("recurrence", "src/core/recurrence-module.ts", "RECURRENCE_MODULE");
} finally {
  rmSync(folder, { recursive: true });
}

/**
 * @param {string} name of the source
 * @param {string} target the file in the package
 * @param {string} constant what that exports
 */
function build(name, target, constant) {
  const binary = join(folder, `${name}.wasm`);
  const words = ["--yes", `--package=${COMPILER}`, "asc", join(RECOGNIZER, `assembly/${name}.ts`), "-o", binary];
  execFileSync("npx", [...words, ...OPTIONS], { stdio: "inherit" });
  const lines =
    readFileSync(binary)
      .toString("hex")
      .match(new RegExp(`.{1,${DIGITS_PER_LINE}}`, "g")) ?? [];
  const text = `/** Made by tools/build-assembly.mjs of assembly/${name}.ts: a WebAssembly module in hexadecimal digits. */
export const ${constant} =
${lines.map((line) => `  "${line}"`).join(" +\n")};
`;
  writeFileSync(join(RECOGNIZER, target), text);
}
