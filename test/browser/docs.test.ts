/** The examples of docs/browser.md, as they stand. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { rootPath, testInBrowsers } from "./browsers.js";
import { openPage } from "./page.js";

async function examplePages(): Promise<string[]> {
  const text = await readFile(rootPath("docs/browser.md"), "utf8");
  return [...text.matchAll(/```html\n([\s\S]*?)```/g)].map(([, page = ""]) => page);
}

testInBrowsers("the example page hears a file that its visitor chooses", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const { site, page, foreign } = opened;
  const [example] = await examplePages();
  assert.ok(example);
  site.files.set("/example.html", example);
  await page.goto(`${site.url}/example.html`);
  await page.getByText("Ready").waitFor();
  await page.locator("input").setInputFiles(rootPath("test/fixtures/audio/speech.m4a"));
  await page.getByText("activated").waitFor();
  assert.deepEqual(foreign, []);
});

testInBrowsers("the example element hears its visitor", async (t, browser) => {
  const opened = await openPage(t, { browser, microphone: "speech" });
  if (!opened) return;
  const { site, page, foreign } = opened;
  const [, example] = await examplePages();
  assert.ok(example);
  site.files.set("/example.html", example);
  const logged = page.waitForEvent("console");
  await page.goto(`${site.url}/example.html`);
  await page.getByRole("button", { name: "Record" }).click();
  await page.getByRole("log").getByText("activated").waitFor();
  assert.match((await logged).text(), /^activated /);
  assert.deepEqual(foreign, []);
});
