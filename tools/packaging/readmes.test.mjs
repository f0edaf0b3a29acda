/**
 * The examples in the packages' READMEs: compiled as strictly as a user's project may be, then run as they stand. They find
 * the packages as a project does that has them installed.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { publishedPackages } from "./pack.mjs";
import { compileStrictly, examplesOf } from "./project.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "deepspeech-readmes-"));
after(() => rmSync(project, { recursive: true }));

const examples = publishedPackages(root).flatMap(({ folder }) => {
  const blocks = examplesOf(readFileSync(join(folder, "README.md"), "utf8"));
  return blocks.map((code, index) => ({ name: `${basename(folder)}-${index + 1}`, code }));
});
symlinkSync(join(root, "node_modules"), join(project, "node_modules"), "dir");
copyFileSync(join(root, "test/fixtures/bundles/quickstart-fp16.dsb"), join(project, "model.dsb"));
copyFileSync(join(root, "test/fixtures/audio/speech-16k.wav"), join(project, "recording.wav"));
writeFileSync(join(project, "package.json"), '{ "type": "module" }\n');
/** What a program got from somewhere else may be undefined: where the strictest compiler is asked, options take that. */
writeFileSync(
  join(project, "options.ts"),
  `import type { AlignOptions, LoadOptions, StreamOptions, TranscribeOptions } from "@deepspeech-ts/recognizer";
import type { ServerOptions } from "@deepspeech-ts/server";

type Absent<Options> = { [Name in keyof Options]-?: undefined };
export const load = (options: Absent<LoadOptions>): LoadOptions => options;
export const transcribe = (options: Absent<TranscribeOptions>): TranscribeOptions => options;
export const align = (options: Absent<AlignOptions>): AlignOptions => options;
export const stream = (options: Absent<StreamOptions>): StreamOptions => options;
export const serve = (options: Absent<Omit<ServerOptions, "bundle">>): Omit<ServerOptions, "bundle"> => options;
`,
);
for (const { name, code } of examples) writeFileSync(join(project, `${name}.ts`), code);

test("they compile, libraries' types included", () => {
  assert.ok(examples.length >= 8);
  compileStrictly(root, project);
});

for (const { name } of examples) {
  test(`${name} runs`, () => {
    const { status, stderr } = spawnSync(process.execPath, [`${name}.js`], { cwd: project, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.equal(stderr, "");
  });
}

test("what the comments promise is what comes out", () => {
  const outputOf = (/** @type {string} */ name) =>
    spawnSync(process.execPath, [`${name}.js`], { cwd: project, encoding: "utf8" }).stdout;
  assert.equal(outputOf("speech-2"), "hi\nhi\n");
  assert.equal(outputOf("torch-2"), "[ 2, 4, 6 ]\n");
  const losses = outputOf("torch-3")
    .trim()
    .split("\n")
    .map((line) => Number(line.split(" ")[1]));
  assert.ok(/** @type {number} */ (losses.at(-1)) < /** @type {number} */ (losses[0]) / 10, losses.join(" "));
});
