/** The example of docs/browser.md, as it stands. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { openPage, rootPath } from "./page.js";

test("the example page hears a file that its visitor chooses", async (t) => {
  const opened = await openPage(t);
  if (!opened) return;
  const { site, page, foreign } = opened;
  const example = /```html\n([\s\S]*?)```/.exec(await readFile(rootPath("docs/browser.md"), "utf8"))?.[1];
  assert.ok(example);
  site.files.set("/example.html", example);
  await page.goto(`${site.url}/example.html`);
  await page.getByText("Ready").waitFor();
  await page.locator("input").setInputFiles(rootPath("test/fixtures/audio/speech.m4a"));
  await page.getByText("activated").waitFor();
  assert.deepEqual(foreign, []);
});
