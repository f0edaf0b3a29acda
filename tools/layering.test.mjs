/**
 * The layers of the repository, which the linter guards (biome.json): for each folder, imports that it must refuse and
 * some that it must allow. The linter runs for real, on one-line files in a copy of the configuration.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const root = mkdtempSync(join(tmpdir(), "layering-"));
after(() => rmSync(root, { recursive: true }));

const { vcs: _, $schema: __, ...configuration } = JSON.parse(readFileSync(join(repository, "biome.json"), "utf8"));
writeFileSync(join(root, "biome.json"), JSON.stringify(configuration));

const RULES = ["lint/style/noRestrictedImports", "lint/correctness/noNodejsModules"];
const TORCH = "@deepspeech-ts/torch";
const SPEECH = "@deepspeech-ts/speech";

/** @type {[folder: string, refused: string[], allowed: string[]][]} */
const LAYERS = [
  ["packages/torch/src", [SPEECH, "@deepspeech-ts/toolkit"], ["node:fs", "./tensor.js", "../tensor.js"]],
  ["packages/speech/src", [TORCH, "@deepspeech-ts/toolkit", "node:fs"], ["../text/alphabet.js"]],
  ["packages/recognizer/src", [TORCH, "@deepspeech-ts/toolkit"], [SPEECH]],
  ["apps/demo/src", [TORCH, "@deepspeech-ts/toolkit"], [SPEECH, "@deepspeech-ts/recognizer"]],
  [
    "packages/toolkit/src/data",
    [TORCH, "../acoustic-model/x.js", "../training/x.js", "../../evaluation/x.js", "../export/x.js", "../cli/x.js"],
    [SPEECH, "../errors.js", "./manifest.js", "../data/manifest.js"],
  ],
  [
    "packages/toolkit/src/acoustic-model",
    ["../training/x.js", "../evaluation/x.js", "../export/x.js", "../server/x.js", "../cli/x.js"],
    [TORCH, SPEECH, "../data/x.js", "../errors.js"],
  ],
  [
    "packages/toolkit/src/training",
    ["../cli/x.js", "../../cli/x.js", "../server/x.js", "../dashboard/x.js"],
    [TORCH, "../acoustic-model/x.js"],
  ],
  ["packages/toolkit/src/evaluation", ["../cli/x.js", "../server/x.js"], [TORCH, "../acoustic-model/x.js"]],
  ["packages/toolkit/src/export", ["../cli/x.js", "../server/x.js"], [TORCH, "../acoustic-model/x.js"]],
  [
    "packages/toolkit/src/server",
    [TORCH, "../acoustic-model/x.js", "../training/x.js", "../evaluation/x.js", "../export/x.js", "../cli/x.js"],
    [SPEECH, "@deepspeech-ts/recognizer", "../data/x.js"],
  ],
  [
    "packages/toolkit/src/dashboard",
    [
      TORCH,
      "../acoustic-model/x.js",
      "../training/train.js",
      "../evaluation/evaluate.js",
      "../server/x.js",
      "../cli/x.js",
    ],
    [
      SPEECH,
      "../data/x.js",
      "../training/events.js",
      "../training/logging/read-log.js",
      "../evaluation/report/style.js",
    ],
  ],
  ["packages/toolkit/src/cli", [], [TORCH, SPEECH, "../training/x.js", "../server/x.js", "../export/x.js"]],
];

/**
 * The files, each one import statement, that the linter finds fault with.
 *
 * @param {string} folder
 * @param {string[]} statements
 * @returns {string[]} the refused statements
 */
function refusedBy(folder, statements) {
  const target = join(root, folder, "nested");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const [index, statement] of statements.entries()) writeFileSync(join(target, `file-${index}.ts`), statement);
  const biome = join(repository, "node_modules/.bin/biome");
  const args = ["lint", "--reporter=json", "--max-diagnostics=none", target];
  const { stdout } = spawnSync(biome, args, { cwd: root, encoding: "utf8" });
  /** @type {{ diagnostics: { category: string, location: { path: unknown } }[] }} */
  const { diagnostics } = JSON.parse(stdout.slice(stdout.indexOf("{")));
  const found = diagnostics.filter(({ category }) => RULES.includes(category));
  const paths = found.map(({ location }) => JSON.stringify(location.path)).join("\n");
  return statements.filter((_, index) => paths.includes(`file-${index}.ts`));
}

for (const [folder, refused, allowed] of LAYERS) {
  test(`${folder} imports downward only`, () => {
    const statements = [...refused, ...allowed].flatMap((module) => [
      `import "${module}";`,
      `await import("${module}");`,
    ]);
    const expected = statements.filter((statement) => refused.some((module) => statement.includes(`"${module}"`)));
    assert.deepEqual(refusedBy(folder, statements), expected);
  });
}

test("import cycles are refused", () => {
  const folder = join(root, "packages/speech/src");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "a.ts"), 'import { b } from "./b.js";\nexport const a = () => b;\n');
  writeFileSync(join(folder, "b.ts"), 'import { a } from "./a.js";\nexport const b = () => a;\n');
  const biome = join(repository, "node_modules/.bin/biome");
  const { status, stderr, stdout } = spawnSync(biome, ["lint", folder], { cwd: root, encoding: "utf8" });
  assert.match(stdout + stderr, /noImportCycles/);
  assert.equal(status, 1);
});
