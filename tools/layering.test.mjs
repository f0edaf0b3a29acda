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

const TOOLKIT = "@deepspeech-ts/toolkit";
const RECOGNIZER = "@deepspeech-ts/recognizer";
const SERVER = "@deepspeech-ts/server";
const CLI = "deepspeech-ts";

/** @type {[folder: string, refused: string[], allowed: string[]][]} */
const LAYERS = [
  ["packages/torch/src", [SPEECH, TOOLKIT, CLI], ["node:fs", "./tensor.js", "../tensor.js"]],
  ["packages/speech/src", [TORCH, TOOLKIT, CLI, "node:fs"], ["../text/alphabet.js"]],
  ["packages/model-english/src", [SPEECH, TORCH, TOOLKIT, CLI], ["node:url"]],
  ["packages/recognizer/src", [TORCH, TOOLKIT, SERVER, CLI], [SPEECH]],
  ["packages/recognizer/src/system", [TORCH, TOOLKIT, SERVER], [SPEECH, "node:fs", "../audio/format.js"]],
  ["apps/demo/src", [TORCH, TOOLKIT, SERVER, CLI], [SPEECH, RECOGNIZER]],
  [
    "packages/server/src",
    [TORCH, `${TORCH}/environment`, TOOLKIT, `${TOOLKIT}/data`, CLI],
    [SPEECH, RECOGNIZER, `${RECOGNIZER}/system`],
  ],
  [
    "packages/toolkit/src/data",
    [
      ...[TORCH, SERVER, CLI, "../acoustic-model/x.js", "../pytorch-import/x.js", "../training/x.js"],
      ...["../../evaluation/x.js", "../export/x.js", "../dashboard/x.js"],
    ],
    [SPEECH, `${RECOGNIZER}/system`, "./manifest.js", "../data/manifest.js"],
  ],
  [
    "packages/toolkit/src/acoustic-model",
    [SERVER, CLI, "../pytorch-import/x.js", "../training/x.js", "../evaluation/x.js", "../export/x.js"],
    [TORCH, SPEECH, "../data/x.js"],
  ],
  [
    "packages/toolkit/src/pytorch-import",
    [SERVER, CLI, "../training/x.js", "../evaluation/x.js", "../export/x.js", "../dashboard/x.js"],
    [TORCH, SPEECH, "../data/x.js", "../acoustic-model/x.js"],
  ],
  [
    "packages/toolkit/src/training",
    [SERVER, `${SERVER}/command-line`, CLI, "../dashboard/x.js", "../../dashboard/x.js"],
    [TORCH, "../acoustic-model/x.js"],
  ],
  ["packages/toolkit/src/evaluation", [SERVER, CLI, "../dashboard/x.js"], [TORCH, "../acoustic-model/x.js"]],
  ["packages/toolkit/src/export", [SERVER, CLI, "../dashboard/x.js"], [TORCH, "../acoustic-model/x.js"]],
  ["packages/toolkit/src/language-model", [SERVER, CLI], [SPEECH, "../data/x.js"]],
  [
    "packages/toolkit/src/dashboard",
    [
      ...[TORCH, SERVER, CLI, "../acoustic-model/x.js", "../pytorch-import/x.js", "../training/train.js"],
      "../evaluation/evaluate.js",
    ],
    [
      SPEECH,
      "../data/x.js",
      "../training/events.js",
      "../training/logging/read-log.js",
      "../evaluation/report/style.js",
    ],
  ],
  ["packages/deepspeech/src", [], [TORCH, SPEECH, TOOLKIT, `${TOOLKIT}/internal/data/x.js`, SERVER]],
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

test("the server does not know its own program", () => {
  const folder = join(root, "packages/server/src");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "upward.ts"), 'import "./command-line/serve.js";\n');
  const biome = join(repository, "node_modules/.bin/biome");
  const { stdout, stderr } = spawnSync(biome, ["lint", join(folder, "upward.ts")], { cwd: root, encoding: "utf8" });
  assert.match(stdout + stderr, /noRestrictedImports/);
});

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
