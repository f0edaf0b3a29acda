/** What the server's page says of models, keys and the terminal's line is so. */
import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext } from "node:test";
import type { RunningServer } from "@deepspeech-ts/server";
import type { Page } from "playwright-core";
import { INSECURE_HOST, rootPath, testInBrowser } from "./browsers.js";
import { FILE, heard, inShell, openDemo, SPOKEN, serve, serveFolder, serverIsThere, until } from "./demo.js";
import { BUNDLE, openPage } from "./page.js";

const PAGE = await readFile(rootPath("packages/server/dist/page/index.html"), "utf8");

let server: RunningServer;
before(async () => {
  server = await serve();
});
after(() => server.close());

const complaint = (page: Page, words: string) => page.locator("#problem").filter({ hasText: words }).waitFor();
const isChosen = (page: Page, name: string) => page.getByRole("radio", { name }).isChecked();

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deepspeech-demo-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

testInBrowser(
  "chromium",
  "a bundle that is given to the page takes the place of another, unless it is broken",
  async (t) => {
    const opened = await openDemo(t, server);
    if (!opened) return;
    const { page } = opened;
    const give = (name: string, buffer: Buffer) =>
      page.locator("#file").setInputFiles({ name, mimeType: "application/octet-stream", buffer });
    const bundle = await readFile(BUNDLE);
    await page.getByRole("radio", { name: "Server" }).check();
    await give("broken.dsb", Buffer.from("no bundle"));
    await complaint(page, "broken.dsb: is no model bundle");
    assert.equal(await isChosen(page, "Server"), true);

    await give("OWN.DSB", bundle);
    await page.getByRole("status").filter({ hasText: "Using OWN.DSB." }).waitFor();
    assert.equal(await isChosen(page, "This machine"), true);
    assert.match((await page.locator("#promise").textContent()) ?? "", /on this machine/);
    assert.match((await page.locator("#runtime").textContent()) ?? "", /million parameters/);
    const numWorkers = page.workers().length;
    for (const name of ["second.dsb", "third.dsb"]) {
      await give(name, bundle);
      await page
        .getByRole("status")
        .filter({ hasText: `Using ${name}.` })
        .waitFor();
    }
    // Those of a recogniser that was closed are there for a moment more.
    await until(page, () => page.workers().length === numWorkers);

    await page.locator("#file").setInputFiles(FILE);
    assert.equal(await heard(page), SPOKEN);
    await give("broken.dsb", Buffer.from("no bundle"));
    await complaint(page, "broken.dsb: is no model bundle");
    await page.getByRole("radio", { name: "Greedy" }).check();
    assert.equal(await heard(page), SPOKEN, "the former one is still there");
  },
);

testInBrowser(
  "chromium",
  "nothing is shown to be loading when it is not, though nobody told how much it is",
  async (t) => {
    const opened = await openPage(t);
    if (!opened) return;
    const { site, page } = opened;
    serveFolder(opened, PAGE);
    site.hidesLength = true;
    const path = join(await temporaryFolder(t), "model.dsb");
    const damaged = await readFile(BUNDLE);
    damaged[damaged.length - 100]! ^= 1;
    await writeFile(path, damaged);
    site.files.set("/model.dsb", path);
    await page.goto(site.url);
    const isShown = await page.evaluateHandle(() => {
      const found = { before: false };
      const bar = document.querySelector<HTMLProgressElement>("#progress")!;
      new MutationObserver(() => (found.before ||= !bar.hidden)).observe(bar, { attributes: true });
      return found;
    });
    await page.locator("#file").setInputFiles(FILE);
    await complaint(page, "is damaged");
    assert.equal(await page.locator("#progress").isVisible(), false);
    await copyFile(BUNDLE, path);
    await page.locator("#file").setInputFiles(FILE);
    assert.equal(await heard(page), SPOKEN);
    assert.equal(await page.locator("#progress").isVisible(), false);
    assert.deepEqual(await isShown.jsonValue(), { before: true });
  },
);

testInBrowser("chromium", "a key that is missing or wrong is told where it is typed", async (t) => {
  const opened = await openPage(t);
  if (!opened) return;
  const { page } = opened;
  const key = "a-key-0123456789abc";
  const own = await serve({ apiKeys: [key] });
  t.after(() => own.close());
  await page.goto(own.url);
  const field = page.getByLabel("The server's API key");
  await field.waitFor();
  await page.locator("#file").setInputFiles(FILE);
  await complaint(page, "answers with status 401; it takes a key or a login that the server knows");

  const type = async (text: string) => {
    await field.fill(text);
    await field.press("Enter");
  };
  const unknown = page.getByRole("alert").filter({ hasText: "The server does not know this key." });
  await type("a-wrong-key-000");
  await unknown.waitFor();
  await type(key);
  await serverIsThere(page);
  assert.equal(await unknown.isVisible(), false);
  await page.getByRole("radio", { name: "Server" }).check();
  assert.equal(await heard(page), SPOKEN);

  await type("a-wrong-key-000");
  await unknown.waitFor();
  assert.equal(await isChosen(page, "This machine"), true);
  assert.match((await page.locator("#promise").textContent()) ?? "", /on this machine/);
});

testInBrowser("chromium", "the terminal's line takes files and hot words of any name", async (t) => {
  const opened = await openDemo(t, server);
  if (!opened) return;
  const { page } = opened;
  const folder = await temporaryFolder(t);
  for (const name of ["Meeting, 3 May.m4a", "a;type=b.m4a", 'a "quote" \\ and it\'s.m4a']) {
    await copyFile(FILE, join(folder, name));
    await page.locator("#file").setInputFiles(join(folder, name));
    await heard(page);
    await page.getByLabel("Hot words").fill("@home, there");
    await page.getByLabel("Hot words").press("Enter");
    const line = (await page.locator("#curl").textContent()) as string;
    assert.match(line, /'hot_words=@home,there'/);
    const { status, stdout } = await inShell(line, folder);
    if (status === 127) return t.diagnostic("there is no curl: its line was not tried");
    assert.equal(JSON.parse(stdout).text, SPOKEN, name);
  }
});

testInBrowser("chromium", "where a page may not copy, the terminal's line is selected", async (t) => {
  const opened = await openPage(t);
  if (!opened) return;
  const { site, page } = opened;
  serveFolder(opened, PAGE);
  const troubles: string[] = [];
  page.on("pageerror", ({ message }) => troubles.push(message));
  await page.goto(site.url.replace("127.0.0.1", INSECURE_HOST));
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Selected" }).waitFor();
  const [selected, line] = await page.evaluate(() => [
    getSelection()?.toString(),
    document.querySelector("#curl")?.textContent,
  ]);
  assert.equal(selected?.trim(), line?.trim());
  assert.deepEqual(troubles, []);
});

testInBrowser(
  "chromium",
  "what is kept of the page is what was seen last, whatever its query, and no more",
  async (t) => {
    const opened = await openPage(t);
    if (!opened) return;
    const { site, page } = opened;
    const script = /assets\/index-[^"]+\.js/.exec(PAGE)![0];
    const build = (name: string) => {
      serveFolder(opened, PAGE.replace(script, `assets/index-${name}.js`));
      site.files.set(`/assets/index-${name}.js`, rootPath(`packages/server/dist/page/${script}`));
    };
    const isKeptAlone = async (script: string) => {
      const kept = await (await caches.open("deepspeech-ts page")).keys();
      const found = kept.flatMap(({ url }) => /index-\w+\.js$|\?.*$/.exec(url)?.[0] ?? []);
      return found.join() === script;
    };
    build("first");
    await page.goto(site.url);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    for (const name of ["second", "third"]) {
      build(name);
      await page.goto(`${site.url}/?of=${name}`);
      await page.waitForFunction(isKeptAlone, `index-${name}.js`);
    }
    await site.close();
    await page.goto(`${site.url}/`);
    assert.deepEqual(await page.evaluate(() => [...document.scripts].map(({ src }) => src)), [
      `${site.url}/assets/index-third.js`,
    ]);
  },
);
