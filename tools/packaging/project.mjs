/** A user's TypeScript project, for tests: as strict as the compiler can be. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const COMPILER_OPTIONS = {
  target: "ES2023",
  lib: ["ES2023", "ESNext.Disposable"],
  module: "NodeNext",
  moduleResolution: "NodeNext",
  types: ["node"],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  noUnusedLocals: true,
  noPropertyAccessFromIndexSignature: true,
  // Libraries' types are checked too: ours must hold in projects that look.
  skipLibCheck: false,
};

/**
 * The TypeScript in a Markdown text's fenced blocks, in order.
 *
 * @param {string} markdown
 * @returns {string[]}
 */
export function examplesOf(markdown) {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
}

/**
 * Compiles every .ts file of the folder, beside itself.
 *
 * @param {string} root of the repository, whose compiler is used
 * @param {string} project the folder
 */
export function compileStrictly(root, project) {
  const config = { compilerOptions: COMPILER_OPTIONS, include: ["*.ts"] };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/.bin/tsc");
  const { status, stdout, stderr } = spawnSync(tsc, ["-p", project, "--pretty", "false"], {
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  assert.equal(status, 0, stdout + stderr);
}
