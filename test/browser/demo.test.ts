/** The server's page in a real browser: what it hears, shows, corrects and saves, for everybody. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Recognizer, type Transcription } from "@deepspeech-ts/recognizer";
import type { RunningServer } from "@deepspeech-ts/server";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page, Route } from "playwright-core";
import { rootPath, savedFile, testInBrowser, testInBrowsers } from "./browsers.js";
import { FILE, heard, inShell, openDemo, SPOKEN, serve } from "./demo.js";
import { BUNDLE, openPage } from "./page.js";

/** In the page. */
declare const axe: { run(options: RunOptions): Promise<AxeResults> };

const AXE = createRequire(rootPath("apps/demo/package.json")).resolve("axe-core");

let server: RunningServer;
let expected: Transcription;
before(async () => {
  server = await serve();
  await using recognizer = await Recognizer.load(BUNDLE, { threads: 1 });
  expected = await recognizer.transcribe(FILE, { wordTimes: true });
});
after(() => server.close());

/** As from a folder's window. */
async function drop(page: Page, path: string): Promise<void> {
  const given = { name: basename(path), base64: await readFile(path, "base64") };
  await page.evaluate(({ name, base64 }) => {
    const dataTransfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    dataTransfer.items.add(new File([bytes], name));
    const place = document.querySelector("#drop")!;
    const dropped = ["dragover", "drop"].map((kind) => {
      const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
      // Browsers open a file themselves unless both are refused.
      return !place.dispatchEvent(event);
    });
    if (!dropped.every((isTaken) => isTaken)) throw new Error("the file is the browser's");
  }, given);
}

async function complaints(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = await page.evaluate(() =>
    axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

test("the page weighs less than 150 kB, gzipped, without what runs in workers", async () => {
  const page = rootPath("packages/server/dist/page");
  const own = (await readdir(page, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = new Set(own.map((entry) => join(entry.parentPath, entry.name)));
  const follow = async (path: string): Promise<void> => {
    paths.add(path);
    const script = await readFile(path, "utf8");
    for (const [, from] of script.matchAll(/(?:from|import)"(\.[^"]+)"/g)) await follow(join(dirname(path), from!));
  };
  // Workers bring ONNX Runtime and decoders of sound files.
  for (const name of ["index", "microphone-worklet"]) {
    await follow(rootPath(`packages/recognizer/dist/browser/${name}.js`));
  }
  const sizes = await Promise.all([...paths].map(async (path) => gzipSync(await readFile(path)).length));
  const total = sizes.reduce((sum, size) => sum + size);
  assert.ok(total < 150_000, `${total} bytes`);
});

testInBrowsers(
  "a file that is dropped is recognised, shown, played, corrected and saved, and a curl line does the same",
  async (t, browser) => {
    const opened = await openDemo(t, server, { browser });
    if (!opened) return;
    const { page, troubles } = opened;
    await drop(page, FILE);
    assert.equal(await heard(page), expected.text);
    const [word] = expected.timedWords!;
    const button = page.getByRole("log").getByRole("button", { name: SPOKEN });
    assert.match((await button.getAttribute("title")) ?? "", new RegExp(`at ${word!.startSeconds.toFixed(2)} s$`));
    const canvas = page.locator(".run canvas");
    const { width = 0 } = (await canvas.boundingBox()) ?? {};
    const middle = (word!.startSeconds + word!.endSeconds) / 2 / Math.max(1, expected.durationSeconds);
    await canvas.hover({ position: { x: middle * width, y: 220 } });
    assert.match((await page.locator(".readout").textContent()) ?? "", /^0:0\d\.\d\d {2}\S \d+%/);

    await button.click();
    await page.locator(".word.playing").waitFor();
    await page.locator(".word:not(.playing)").waitFor();

    const saved = async (format: string) => {
      const save = page.getByRole("button", { name: format, exact: true });
      const { name, content } = await savedFile(page, () => save.click());
      assert.equal(name, `speech.${format}`);
      return content;
    };
    assert.equal(await saved("txt"), `${SPOKEN}\n`);
    assert.match(await saved("srt"), /^1\n00:00:0.*-->.*\nactivated\n/);
    assert.match(await saved("vtt"), /^WEBVTT\n/);
    assert.equal(JSON.parse(await saved("json")).text, SPOKEN);

    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("The text as it was said").fill("Activate it!");
    await page.getByRole("button", { name: "Align anew" }).click();
    await page.getByRole("status").filter({ hasText: "Aligned" }).waitFor();
    assert.equal((await page.getByRole("log").textContent())?.trim(), "Activate it!");

    const curl = (await page.locator("#curl").textContent()) as string;
    const { status, stdout } = await inShell(curl, dirname(FILE));
    if (status === 127) t.diagnostic("there is no curl: its line was not tried");
    else assert.equal(JSON.parse(stdout).text, SPOKEN);
    assert.deepEqual(troubles, []);
  },
);

testInBrowsers("without a network, who was here before finds the page and recognises with it", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const { page } = opened;
  const own = await serve();
  t.after(() => own.close());
  await page.goto(own.url);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.locator("#file").setInputFiles(FILE);
  assert.equal(await heard(page), expected.text);
  await own.close();
  await assert.rejects(fetch(own.url));

  await page.reload();
  await page.locator("#file").setInputFiles(FILE);
  assert.equal(await heard(page), expected.text);
  assert.match((await page.locator("#promise").textContent()) ?? "", /on this machine/);
});

testInBrowser(
  "chromium",
  "hot words, the search and the place change what is heard, and the line for the terminal",
  async (t) => {
    const opened = await openDemo(t, server);
    if (!opened) return;
    const { page, troubles } = opened;
    await page.locator("#file").setInputFiles(FILE);
    await heard(page);
    const phrase = page.getByLabel("Hot words");
    await phrase.fill("alarm, O'Neill");
    await phrase.press("Enter");
    assert.equal(await heard(page), SPOKEN);
    assert.match((await page.locator("#curl").textContent()) ?? "", /--form-string 'hot_words=alarm,O'\\''Neill'/);
    await page.getByRole("button", { name: "Remove alarm" }).click();
    await page.getByRole("radio", { name: "Greedy" }).check();
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>("#phrase")?.disabled);
    assert.equal(await heard(page), SPOKEN);
    await page.getByRole("radio", { name: "Server" }).check();
    await page.getByText("It is sent to the server").waitFor({ state: "attached" });
    await page.locator("#runtime").filter({ hasText: "quickstart-fp16, at http" }).waitFor();
    assert.equal(await heard(page), SPOKEN);
    const lineHas = (words: string) => page.locator("#curl").filter({ hasText: words }).waitFor({ state: "attached" });
    await lineHas("--form-string decoding=greedy");
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("The text as it was said").fill("Activate it!");
    const [asked] = await Promise.all([
      page.waitForRequest(/\/v1\/audio\/alignments$/),
      page.getByRole("button", { name: "Align anew" }).click(),
    ]);
    assert.equal(asked.method(), "POST");
    await page.getByRole("status").filter({ hasText: "Aligned" }).waitFor();
    assert.equal((await page.getByRole("log").textContent())?.trim(), "Activate it!");
    assert.equal(await page.locator("[data-format=srt]").isEnabled(), true);
    // Browsers do not tell of a body with a file in it: the page's own call does.
    const sent = await page.evaluateHandle(() => {
      const [found, ask]: [FormDataEntryValue[], typeof fetch] = [[], fetch];
      globalThis.fetch = (url, init) => {
        if (init?.body instanceof FormData)
          found.push(...init.body.getAll("decoding"), ...init.body.getAll("hot_words"));
        return ask(url, init);
      };
      return found;
    });
    await page.getByRole("radio", { name: "Beam" }).check();
    assert.equal(await heard(page), SPOKEN);
    await lineHas("--form-string decoding=beam");
    await page.getByRole("radio", { name: "Greedy" }).check();
    await lineHas("--form-string decoding=greedy");
    assert.equal(await heard(page), SPOKEN);
    assert.deepEqual(await sent.jsonValue(), ["beam", "O'Neill", "greedy"]);
    await page
      .locator("#file")
      .setInputFiles({ name: "no-sound.wav", mimeType: "audio/wav", buffer: Buffer.from("text") });
    await page.getByRole("alert").filter({ hasText: "no-sound.wav" }).waitFor();
    assert.deepEqual(
      troubles.filter((trouble) => !trouble.includes("400")),
      [],
    );
  },
);

testInBrowsers("a microphone is heard, here and at the server", async (t, browser) => {
  for (const place of ["This machine", "Server"]) {
    const opened = await openDemo(t, server, { browser, microphone: "speech" });
    if (!opened) return;
    const { page, troubles } = opened;
    await page.getByRole("radio", { name: place }).check();
    await page.getByRole("button", { name: "Record" }).click();
    await page.getByRole("log").getByRole("button", { name: SPOKEN }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    assert.equal(await heard(page), SPOKEN, place);
    assert.deepEqual(troubles, []);
  }
});

testInBrowser("chromium", "an answer that comes when something else is open is nobody's", async (t) => {
  const opened = await openDemo(t, server);
  if (!opened) return;
  const { page, troubles } = opened;
  await page.getByRole("radio", { name: "Server" }).check();
  await page.locator("#file").setInputFiles(FILE);
  assert.equal(await heard(page), SPOKEN);
  const held: Route[] = [];
  await page.route("**/v1/audio/alignments", (route) => void held.push(route));
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("The text as it was said").fill("Activate it!");
  const [asked] = await Promise.all([
    page.waitForRequest(/alignments$/),
    page.getByRole("button", { name: "Align anew" }).click(),
  ]);
  await page.locator("#file").setInputFiles(rootPath("sample-corpus/test/1/1/1-1-0028.opus"));
  const own = await heard(page);
  assert.notEqual(own, SPOKEN);
  await Promise.all(held.map((route) => route.continue()));
  await (await asked.response())?.finished();
  const { name, content } = await savedFile(page, () => page.getByRole("button", { name: "txt", exact: true }).click());
  assert.deepEqual([name, content.trim()], ["1-1-0028.txt", own]);
  assert.equal((await page.getByRole("log").textContent())?.trim(), own);
  assert.deepEqual(troubles, []);
});

testInBrowser("chromium", "clicked twice while the visitor is asked, it records once", async (t) => {
  const opened = await openDemo(t, server, { microphone: "speech" });
  if (!opened) return;
  const { page, troubles } = opened;
  const numOpen = await page.evaluateHandle(() => {
    const found = { asked: 0, live: [] as MediaStreamTrack[], allow: () => {} };
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      found.asked += 1;
      await new Promise<void>((resolve) => (found.allow = resolve));
      const stream = await open(constraints);
      found.live.push(...stream.getTracks());
      return stream;
    };
    return found;
  });
  const record = page.locator("#record");
  await record.click();
  await page.waitForFunction(({ asked }) => asked > 0, numOpen);
  await record.click();
  await numOpen.evaluate(({ allow }) => allow());
  await page.getByRole("log").getByRole("button", { name: SPOKEN }).waitFor();
  await record.click();
  assert.equal(await heard(page), SPOKEN);
  const states = await numOpen.evaluate(({ asked, live }) => [asked, ...live.map(({ readyState }) => readyState)]);
  assert.deepEqual([states, troubles], [[1, "ended"], []]);
});

testInBrowsers("a server's key is taken when Enter is pressed", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const { page } = opened;
  const key = "a-key-0123456789abc";
  const own = await serve({ apiKeys: [key] });
  t.after(() => own.close());
  await page.goto(`${own.url}/?of=mine`);
  await page.getByLabel("The server's API key").fill(key);
  await page.getByLabel("The server's API key").press("Enter");
  await page.getByRole("radio", { name: "Server" }).and(page.locator(":enabled")).waitFor({ state: "attached" });
  assert.equal(page.url(), `${own.url}/?of=mine`);
  assert.equal(await page.getByLabel("The server's API key").inputValue(), key);
});

testInBrowser(
  "chromium",
  "nobody is shut out: axe finds nothing, on desks and phones, in light and dark",
  async (t) => {
    const opened = await openDemo(t, server);
    if (!opened) return;
    const { page } = opened;
    assert.deepEqual(await complaints(page), []);
    await page.getByLabel("Hot words").fill("alarm");
    await page.getByLabel("Hot words").press("Enter");
    await page.locator("#file").setInputFiles(FILE);
    await heard(page);
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 360, 320]) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.setViewportSize({ width, height: 800 });
        assert.deepEqual(await complaints(page), [], `${colorScheme}, ${width} pixels`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} pixels too wide`);
        const tops = ["#record", "label[for=file]", "#play"].map(async (place) => {
          return Math.round((await page.locator(place).boundingBox())!.y);
        });
        assert.equal(new Set(await Promise.all(tops)).size, 1, "the controls are in one row");
      }
    }
    // All of it by keyboard, in the order in which it is read.
    await page.getByRole("radio", { name: "This machine" }).focus();
    const reached: (string | undefined)[] = [];
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press("Tab");
      reached.push(
        await page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent || undefined),
      );
    }
    assert.deepEqual(reached, ["timeline", "record", "file", "play", "edit", "txt"]);
  },
);
