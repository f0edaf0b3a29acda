/** What the set-up says of browsers, on machines that have both, one or none, and no apt-get. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Context } from "../../packages/torch/setup/context.mjs";
import { provideBrowsers } from "./browsers.mjs";

test("a browser that is missing and cannot be installed is a warning with the remedy", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "browsers-"));
  const { PATH } = process.env;
  process.env.PATH = folder;
  t.after(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true });
  });
  const context = new Context(folder);
  assert.equal(
    await provideBrowsers(context),
    "warning: no chromium and no firefox-esr, so their tests are skipped; sudo apt-get install chromium firefox-esr",
  );
  writeFileSync(join(folder, "google-chrome"), "");
  assert.equal(
    await provideBrowsers(context),
    "warning: no firefox-esr, so their tests are skipped; sudo apt-get install firefox-esr",
  );
  writeFileSync(join(folder, "firefox-esr"), "");
  assert.equal(await provideBrowsers(context), "found");
});
