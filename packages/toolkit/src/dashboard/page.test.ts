/** The page in a real browser, over the real server, while runs are written. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, it, type TestContext } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { browserOrSkip } from "../evaluation/report/browsers.test.support.js";
import { TestRun } from "./fixtures.test.support.js";
import { contrasts, drawnPixels, numPlaying, overflow, pauseFirst, playFirst } from "./page/probes.test.support.js";
import { testServer } from "./server.test.support.js";

interface OpenedPage {
  page: Page;
  /** Errors, and requests to anywhere but the server. */
  complaints: string[];
}

/** One for all tests; each has its own profile in it. */
let browser: Browser | undefined;
after(() => browser?.close());

/** Undefined, after skipping the test, where there is no browser. */
async function open(
  context: TestContext,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage | undefined> {
  const executablePath = browserOrSkip(context, "chromium");
  if (executablePath === undefined) return undefined;
  const args = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"];
  browser ??= await chromium.launch({ executablePath, args });
  const view = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.after(() => view.close());
  const page = await view.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("request", (request) => request.url().startsWith(url.split("#")[0]!) || complaints.push(request.url()));
  await page.goto(url);
  return { page, complaints };
}

describe("the page", () => {
  it("follows a run from nothing to its end", async (t) => {
    const { folder, url } = await testServer(t);
    const opened = await open(t, url);
    if (!opened) return;
    const { page, complaints } = opened;
    await page.getByText("No runs yet in").waitFor();
    const run = new TestRun(join(folder, "voice/version_0"), { epochs: 2 }).start();
    await page.getByText("has just begun").waitFor();
    run.steps(10);
    await page.getByText("step 10 of 100").waitFor();
    assert.ok((await page.evaluate(drawnPixels, "--run-0")) > 100, "the training loss is drawn");
    const ticks = () => page.evaluate(drawnPixels, "--quiet");
    const linear = await ticks();
    await page.getByLabel("loss on a log scale").check();
    assert.match(page.url(), /&loss=log$/);
    assert.ok((await page.evaluate(drawnPixels, "--run-0")) > 100, "the training loss is drawn on a log scale");
    assert.notEqual(await ticks(), linear, "with other numbers at the axis");
    await page.reload();
    assert.ok(await page.getByLabel("loss on a log scale").isChecked());
    await page.getByText("step 10 of 100").waitFor();
    await page.getByLabel("loss on a log scale").uncheck();
    assert.doesNotMatch(page.url(), /loss=/);
    run.steps(30);
    await page.getByText("step 40 of 100").waitFor();
    assert.match(
      (await page.locator(".plot").first().getAttribute("aria-label")) ?? "",
      /^Loss over steps; newest: train \d/,
    );
    run.steps(10).epoch().test().finish();
    await page.getByText("finished: all epochs are done").waitFor();
    assert.equal(await page.locator("#epoch-tables tbody tr").count(), 1);
    assert.equal(await page.getByRole("progressbar").count(), 0);
    assert.deepEqual(complaints, []);
  });

  it("compares runs, each in its colour, and says what differs", async (t) => {
    const { folder, url } = await testServer(t);
    for (const [i, learningRate] of [0.001, 0.0005].entries()) {
      const config = { epochs: 3, learningRate };
      new TestRun(join(folder, `voice/version_${i}`), { begin: 1000 * i, epochs: 3, floor: 0.3 + i, config }).whole();
    }
    const opened = await open(t, url);
    if (!opened) return;
    const { page, complaints } = opened;
    await page.getByLabel("Compare voice/version_0").check();
    await page.getByRole("rowheader", { name: "learningRate" }).waitFor();
    assert.deepEqual(await page.locator("#differences td").allTextContents(), ["0.0005", "0.001"]);
    assert.deepEqual(await page.locator("#results tbody th").allTextContents(), ["voice/version_1", "voice/version_0"]);
    for (const run of [0, 1])
      assert.ok((await page.evaluate(drawnPixels, `--run-${run}`)) > 100, `run ${run} is drawn`);
    await page.getByLabel("epochs", { exact: true }).check();
    assert.match((await page.locator(".plot").first().getAttribute("aria-label")) ?? "", /over epochs/);
    await page.reload();
    await page.getByRole("rowheader", { name: "learningRate" }).waitFor();
    assert.ok(await page.getByLabel("epochs", { exact: true }).isChecked(), "the address keeps the view");
    await page.getByRole("button", { name: "voice/version_0" }).click();
    await page.locator("#results").waitFor({ state: "hidden" });
    assert.deepEqual(complaints, []);
  });

  it("plays a recording, and does not take it away while it plays", async (t) => {
    const { folder, url } = await testServer(t);
    const run = new TestRun(join(folder, "voice/version_0")).start().epoch();
    const opened = await open(t, url);
    if (!opened) return;
    const { page, complaints } = opened;
    await page.getByLabel("Recording 84-121123-0000").waitFor();
    const duration = await page.evaluate(playFirst);
    assert.ok(duration > 1, `lasts ${duration} s`);
    for (let epoch = 0; epoch < 9; epoch++) run.epoch();
    await page.getByText("epoch 10", { exact: false }).first().waitFor();
    assert.equal(await page.evaluate(numPlaying), 1);
    assert.ok((await page.locator("#worst tbody tr").count()) > 2);
    await page.evaluate(pauseFirst);
    await page.locator("#worst tbody tr").nth(2).waitFor({ state: "detached" });
    assert.deepEqual(complaints, []);
  });

  it("is read by the keyboard, and runs nothing that data holds", async (t) => {
    const { folder, url } = await testServer(t);
    const hostile = '<img src="x" onerror="window.hacked = true">';
    new TestRun(join(folder, "voice/version_0"), { epochs: 2, heard: hostile, config: { note: hostile } }).whole();
    new TestRun(join(folder, "voice/version_1"), { epochs: 2 }).whole();
    const opened = await open(t, url);
    if (!opened) return;
    const { page, complaints } = opened;
    const box = page.getByLabel("Compare voice/version_0");
    await box.focus();
    await page.keyboard.press("Space");
    await page.getByRole("rowheader", { name: "note" }).waitFor();
    assert.equal(await page.locator("input:focus").getAttribute("aria-label"), "Compare voice/version_0");
    const values = page.locator(".values").first();
    await page.locator(".plot").first().focus();
    await page.keyboard.press("Home");
    await values.getByText("at step 1", { exact: true }).waitFor();
    await page.keyboard.press("End");
    await values.getByText("at step 100", { exact: true }).waitFor();
    await page.locator("#heard-choice").selectOption({ label: "voice/version_0: dev, after epoch 2: the best" });
    await page.locator("#samples").getByText("<img").first().waitFor();
    assert.equal(await page.evaluate('"hacked" in window'), false);
    assert.deepEqual(complaints, []);
  });

  it("is dark where the reader's system is, with colours that can be read", async (t) => {
    const { folder, url } = await testServer(t);
    new TestRun(join(folder, "voice/version_0"), { epochs: 2 }).whole();
    for (const colorScheme of ["light", "dark"] as const) {
      const opened = await open(t, url, { colorScheme });
      if (!opened) return;
      const { page } = opened;
      await page.locator("#samples article").first().waitFor();
      const seen = await page.evaluate(contrasts);
      assert.equal(seen.isDark, colorScheme === "dark");
      for (const [name, contrast] of seen.texts) assert.ok(contrast >= 4.5, `${colorScheme}: ${name} ${contrast}`);
      for (const [name, contrast] of seen.lines) assert.ok(contrast >= 3, `${colorScheme}: ${name} ${contrast}`);
      assert.ok((await page.evaluate(drawnPixels, "--run-0")) > 100, "the line has the scheme's colour");
    }
  });

  it("fits a telephone", async (t) => {
    const { folder, url } = await testServer(t);
    new TestRun(join(folder, "a-rather-long-name-of-an-experiment/version_12"), { epochs: 2 }).whole();
    const opened = await open(t, url, { viewport: { width: 360, height: 740 } });
    if (!opened) return;
    await opened.page.locator("#samples article").first().waitFor();
    const excess = await opened.page.evaluate(overflow);
    assert.ok(excess <= 0, `${excess} px too wide`);
  });
});
