/**
 * The test runner, run for real on small repositories of its own.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

const tools = dirname(dirname(fileURLToPath(import.meta.url)));
let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "test-runner-"));
  const scripts = ["tools/test.mjs", "tools/testing/discover.mjs", "tools/testing/tally.mjs"];
  for (const name of [...scripts, "packages/torch/setup/context.mjs"]) {
    cpSync(join(dirname(tools), name), join(root, name));
  }
  mkdirSync(join(root, "packages"), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

/**
 * Writes a compiled test and, unless it is to be stale, its source.
 *
 * @param {string} name
 * @param {string} code
 * @param {{ stale?: boolean }} [options]
 */
function addTest(name, code, { stale = false } = {}) {
  const write = (/** @type {string} */ path, /** @type {string} */ text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const imports = 'import { describe, test, before } from "node:test";\n';
  write(`packages/some/dist/${name}.test.js`, imports + code);
  if (!stale) write(`packages/some/src/${name}.test.ts`, "");
  write("packages/some/package.json", '{ "type": "module" }');
}

/** @param {string[]} args */
function runTests(...args) {
  // This test runs under node:test itself, which would make the inner run report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["tools/test.mjs", ...args], {
    cwd: root,
    env,
    encoding: "utf8",
  });
  return { status, stdout, stderr, lastLine: stdout.trimEnd().split("\n").at(-1) };
}

test("what a test says in capitals stands before the last line", () => {
  addTest("a", 'test("1", (t) => t.diagnostic("NOT SEEN: nobody looked")); test("2", (t) => t.diagnostic("quiet"));');
  const { stderr, lastLine } = runTests();
  assert.equal(stderr.trimEnd().split("\n").at(-1), "NOT SEEN: nobody looked");
  assert.equal(lastLine, "2 passed, 0 failed");
});

test("leaves are counted, not suites nor tests with subtests", () => {
  addTest("a", 'describe("s", () => { test("1", () => {}); test("2", () => {}); });');
  addTest("b", 'test("parent", async (t) => { await t.test("3", () => {}); });');
  const { status, lastLine } = runTests();
  assert.equal(lastLine, "3 passed, 0 failed");
  assert.equal(status, 0);
});

test("a failing leaf counts once, however deep", () => {
  addTest("a", 'describe("s", () => { test("1", () => {}); test("2", () => { throw new Error("broken"); }); });');
  const { status, stdout, lastLine } = runTests();
  assert.equal(lastLine, "1 passed, 1 failed");
  assert.match(stdout, /broken/);
  assert.equal(status, 1);
});

test("a skipped test shows its reason", () => {
  addTest("a", 'test("1", () => {}); test("2", { skip: "needs a GPU" }, () => {});');
  const { status, stdout, lastLine } = runTests();
  assert.equal(lastLine, "1 passed, 0 failed, 1 skipped");
  assert.match(stdout, /needs a GPU/);
  assert.equal(status, 0);
});

test("a failing hook, a crash and a failing exit status are failures", () => {
  addTest("hook", 'describe("s", () => { before(() => { throw new Error("hook"); }); });');
  addTest("crash", 'throw new Error("crash");');
  addTest("status", 'test("1", () => {}); process.exitCode = 3;');
  const { status, lastLine } = runTests();
  assert.equal(lastLine, "1 passed, 3 failed");
  assert.equal(status, 1);
});

test("a compiled test whose source is gone does not run", () => {
  addTest("a", 'test("1", () => {});');
  addTest("old", 'throw new Error("stale");', { stale: true });
  assert.equal(runTests().lastLine, "1 passed, 0 failed");
});

test("a test that was never compiled is a failure", () => {
  addTest("a", 'test("1", () => {});');
  writeFileSync(join(root, "packages/some/src/b.test.ts"), "");
  const { status, stderr, lastLine } = runTests();
  assert.equal(lastLine, "1 passed, 1 failed");
  assert.match(stderr, /packages\/some\/src\/b\.test\.ts is not compiled: run `npm run build`\./);
  assert.equal(status, 1);
});

test("arguments choose files by a part of their path", () => {
  addTest("tensor", 'test("1", () => {});');
  addTest("scope", 'throw new Error("not chosen");');
  assert.equal(runTests("tensor").lastLine, "1 passed, 0 failed");
});

test("a run without any test is no success", () => {
  addTest("empty", "");
  assert.deepEqual([runTests().status, runTests().lastLine], [1, "0 passed, 0 failed"]);
  assert.deepEqual([runTests("nothing").status, runTests("nothing").lastLine], [1, "0 passed, 0 failed"]);
});

test("an unknown option ends with status 2", () => {
  assert.equal(runTests("--watch").status, 2);
});
