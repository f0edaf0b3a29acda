/** What a Mac without Apple's tools or CMake is told: its c++ is on the PATH all the same. */

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { requireMacTools } from "./toolchain.mjs";

test("a Mac's tools are asked for by the commands that bring them, only those that are missing", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "mac-"));
  const { PATH } = process.env;
  process.env.PATH = folder;
  t.after(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true });
  });
  const install = (/** @type {string} */ name, /** @type {number} */ status) => {
    writeFileSync(join(folder, name), `#!/bin/sh\nexit ${status}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  install("c++", 1);
  install("xcode-select", 2);
  const cannot = "The native add-on cannot be compiled yet. Run:";
  assert.throws(requireMacTools, { message: `${cannot}\n  xcode-select --install\n  brew install cmake` });
  install("xcode-select", 0);
  assert.throws(requireMacTools, { message: `${cannot}\n  brew install cmake` });
  install("cmake", 0);
  assert.equal(requireMacTools(), "found");
});
