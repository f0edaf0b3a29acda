/** What a visitor has said, written and begun on the server's page stays theirs, whatever becomes of engines and servers. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { RunningServer } from "@deepspeech-ts/server";
import type { Page, Route } from "playwright-core";
import { rootPath, savedFile, testInBrowser } from "./browsers.js";
import { FILE, heard, OTHER_FILE, openDemo, SPOKEN, serve, transcript, until } from "./demo.js";

let server: RunningServer;
before(async () => {
  server = await serve();
});
after(() => server.close());

const complaint = (page: Page) => page.locator("#problem:not([hidden])");
const recordButton = (page: Page) => page.locator("#record");
const wordsHeard = (page: Page) => page.getByRole("log").getByRole("button", { name: SPOKEN }).first().waitFor();
/** The microphone speaks after three seconds. */
const hasSpoken = (page: Page) =>
  page
    .locator("#clock")
    .filter({ hasText: /^0:0[5-9]/ })
    .waitFor();

async function savedText(page: Page): Promise<{ name: string; content: string }> {
  return savedFile(page, () => page.getByRole("button", { name: "txt", exact: true }).click());
}

async function addHotWord(page: Page, phrase: string): Promise<void> {
  await page.getByLabel("Hot words").fill(phrase);
  await page.getByLabel("Hot words").press("Enter");
}

testInBrowser("chromium", "words that were heard live stay where the server refuses the whole recording", async (t) => {
  const opened = await openDemo(t, server, { microphone: "speech" });
  if (!opened) return;
  const { page } = opened;
  const refuse = (route: Route) => route.fulfill({ status: 413, json: { error: { message: "it is too large" } } });
  await page.route("**/v1/audio/transcriptions", refuse);
  await page.getByRole("radio", { name: "Server" }).check();
  await recordButton(page).click();
  await wordsHeard(page);
  await recordButton(page).click();
  await complaint(page).filter({ hasText: "it is too large" }).waitFor();
  assert.equal(await transcript(page), SPOKEN);
  assert.deepEqual(await savedText(page), { name: "recording.txt", content: `${SPOKEN}\n` });
  // Nor do other settings take away what is there, before they have brought something.
  await Promise.all([page.waitForRequest(/transcriptions$/), addHotWord(page, "alarm")]);
  await complaint(page).filter({ hasText: "it is too large" }).waitFor();
  assert.equal(await transcript(page), SPOKEN);
  assert.equal((await savedText(page)).content, `${SPOKEN}\n`);
});

testInBrowser("chromium", "a live recording outlives the connection to its server, and takes its place", async (t) => {
  const opened = await openDemo(t, server, { microphone: "speech" });
  if (!opened) return;
  const { page } = opened;
  let cut = async () => {};
  await page.routeWebSocket(/stream/, (socket) => {
    socket.connectToServer();
    cut = () => socket.close();
  });
  await page.getByRole("radio", { name: "Server" }).check();
  await page.locator("#file").setInputFiles(OTHER_FILE);
  assert.notEqual(await heard(page), SPOKEN);
  await recordButton(page).click();
  await wordsHeard(page);
  await cut();
  await complaint(page).filter({ hasText: "the server ended the live stream" }).waitFor();
  assert.equal(await page.locator("#record-label").textContent(), "Record");
  assert.equal(await page.locator("#clock").textContent(), "");
  assert.equal(await page.getByRole("button", { name: "Play" }).isVisible(), true);
  assert.deepEqual(await savedText(page), { name: "recording.txt", content: `${SPOKEN}\n` });
  await addHotWord(page, "alarm");
  assert.equal(await heard(page), SPOKEN);
  assert.equal((await savedText(page)).name, "recording.txt");
});

testInBrowser(
  "chromium",
  "stopped while the model loads, a recording is finished, or kept where none comes",
  async (t) => {
    const opened = await openDemo(t, server, { microphone: "speech" });
    if (!opened) return;
    const { page } = opened;
    const held: Route[] = [];
    await page.route("**/model.dsb", (route) => void held.push(route));
    await recordButton(page).click();
    await hasSpoken(page);
    await recordButton(page).click();
    await page.getByRole("status").filter({ hasText: "Finishing…" }).waitFor();
    assert.equal(await page.locator("#record-label").textContent(), "Record");
    assert.equal(await recordButton(page).getAttribute("aria-disabled"), "true");
    assert.equal(await page.locator("#clock").textContent(), "");
    await until(page, () => held.length > 0);
    await held.pop()!.fulfill({ status: 503 });
    await complaint(page).filter({ hasText: "status 503" }).waitFor();
    assert.equal(await recordButton(page).getAttribute("aria-disabled"), "false");
    assert.equal(await page.getByRole("button", { name: "Play" }).isVisible(), true);
    await page.unroute("**/model.dsb");
    await addHotWord(page, "alarm");
    assert.equal(await heard(page), SPOKEN);
  },
);

testInBrowser("chromium", "a correction is its writer's until it is aligned or given up", async (t) => {
  const opened = await openDemo(t, server);
  if (!opened) return;
  const { page } = opened;
  await page.locator("#file").setInputFiles(FILE);
  await heard(page);
  const [edit, field] = [page.getByRole("button", { name: "Edit" }), page.getByLabel("The text as it was said")];
  const align = page.getByRole("button", { name: "Align anew" });
  await edit.click();
  await field.fill("Activate it!");
  // An answer comes while it is written.
  await addHotWord(page, "alarm");
  await page.getByLabel("Hot words").pressSequentially("kit");
  await page.getByRole("status").filter({ hasText: "times real time" }).waitFor();
  assert.equal(await field.inputValue(), "Activate it!");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "phrase");

  const tooLong = "far more than fits in a second ".repeat(20).trim();
  await field.fill(tooLong);
  await align.click();
  await complaint(page).filter({ hasText: "is it the text of this recording?" }).waitFor();
  assert.equal(await field.inputValue(), tooLong);
  await field.fill(" ");
  await align.click();
  await complaint(page).filter({ hasText: "There is no text to align: type what was said, or cancel." }).waitFor();

  await field.fill("Activate it!");
  await align.click();
  await page.getByRole("status").filter({ hasText: "Aligned" }).waitFor();
  assert.equal(await field.isVisible(), false);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "edit");
  assert.equal(await transcript(page), "Activate it!");

  await edit.click();
  await page.locator("#file").setInputFiles(OTHER_FILE);
  await heard(page);
  assert.equal(await field.isVisible(), false, "a text goes with its recording");
});

testInBrowser("chromium", "however fast one clicks, one stretch is played at a time, and can be stopped", async (t) => {
  const opened = await openDemo(t, server);
  if (!opened) return;
  const { page, troubles } = opened;
  const playing = await page.evaluateHandle(() => {
    const found = new Set<AudioScheduledSourceNode>();
    const { start, stop } = AudioBufferSourceNode.prototype;
    AudioBufferSourceNode.prototype.start = function (when, offset) {
      found.add(this);
      // Until it is stopped, however long the test takes.
      this.loop = true;
      start.call(this, when, offset);
    };
    AudioBufferSourceNode.prototype.stop = function (...given) {
      found.delete(this);
      stop.apply(this, given);
    };
    return found;
  });
  await page.locator("#file").setInputFiles(OTHER_FILE);
  await heard(page);
  await page.evaluate(() => {
    document.querySelector<HTMLElement>("#play")!.click();
    document.querySelector<HTMLElement>("#log button")!.click();
    document.querySelector<HTMLElement>("#play")!.click();
  });
  await page.getByRole("button", { name: "Stop" }).waitFor();
  assert.equal(await playing.evaluate((found) => found.size), 1);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Play" }).waitFor();
  assert.equal(await playing.evaluate((found) => found.size), 0);
  assert.deepEqual(troubles, []);
});

testInBrowser("chromium", "that nothing was heard is said of its own recording alone", async (t) => {
  const opened = await openDemo(t, server, { microphone: "speech" });
  if (!opened) return;
  const { page } = opened;
  await page.route("**/v1/audio/transcriptions", (route) =>
    route.fulfill({ json: { text: "", duration: 1, words: [] } }),
  );
  await page.getByRole("radio", { name: "Server" }).check();
  await page.locator("#file").setInputFiles(rootPath("test/fixtures/audio/speech-16k.wav"));
  await page.getByText("No speech was recognised.").waitFor();
  await recordButton(page).click();
  await page.getByRole("status").filter({ hasText: "Listening…" }).waitFor();
  await page.getByText("Words appear here as they are recognised").waitFor();
});
