/**
 * Builds packages/recognizer/src/audio/convolve-module.ts from packages/recognizer/assembly/convolve.ts.
 *
 *     node tools/build-resampler.mjs
 *
 * Only a maintainer runs this: the result is in the repository, and a test compares what it computes with the same in TypeScript.
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

const folder = mkdtempSync(join(tmpdir(), "deepspeech-resampler-"));
try {
  const binary = join(folder, "convolve.wasm");
  const words = ["--yes", `--package=${COMPILER}`, "asc", join(RECOGNIZER, "assembly/convolve.ts"), "-o", binary];
  execFileSync("npx", [...words, ...OPTIONS], { stdio: "inherit" });
  const lines =
    readFileSync(binary)
      .toString("hex")
      .match(new RegExp(`.{1,${DIGITS_PER_LINE}}`, "g")) ?? [];
  const text = `/** Made by tools/build-resampler.mjs of assembly/convolve.ts: a WebAssembly module in hexadecimal digits. */
export const CONVOLVE_MODULE =
${lines.map((line) => `  "${line}"`).join(" +\n")};
`;
  writeFileSync(join(RECOGNIZER, "src/audio/convolve-module.ts"), text);
} finally {
  rmSync(folder, { recursive: true });
}
