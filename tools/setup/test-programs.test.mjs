/** What the set-up says of the tests' programs, on machines that have all, some or none, and no apt-get. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Context } from "../../packages/torch/setup/context.mjs";
import { provideTestPrograms } from "./test-programs.mjs";

test("a program that is missing and cannot be installed is a warning with the remedy", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "test-programs-"));
  const { PATH } = process.env;
  process.env.PATH = folder;
  t.after(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true });
  });
  const context = new Context(folder);
  assert.equal(
    await provideTestPrograms(context),
    "warning: no chromium and no firefox-esr and no clang and no zsh and no fish, so less is tested; " +
      "sudo apt-get install chromium firefox-esr clang zsh fish",
  );
  for (const program of ["google-chrome", "clang++", "zsh", "fish"]) writeFileSync(join(folder, program), "");
  assert.equal(
    await provideTestPrograms(context),
    "warning: no firefox-esr, so less is tested; sudo apt-get install firefox-esr",
  );
  writeFileSync(join(folder, "firefox-esr"), "");
  assert.equal(await provideTestPrograms(context), "found");
});
