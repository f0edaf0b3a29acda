/** <deepspeech-recorder> and the SpeechRecognition of this project, with a real microphone's stand-in. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import type * as element from "@deepspeech-ts/recognizer/element";
import { startServer } from "@deepspeech-ts/server";
import type { Page, Route } from "playwright-core";
import { type BrowserName, INSECURE_HOST, rootPath, testInBrowser, testInBrowsers } from "./browsers.js";
import { BUNDLE, openPage } from "./page.js";

/** In the page: what the recorder told, by name. */
declare const told: [name: string, detail: unknown][];
declare const elements: typeof element;
declare function getToken(): Promise<string>;
/** What `watchMicrophones` noted: what the page opened, and what lets it go on that asks for more. */
declare const opened: { tracks: MediaStreamTrack[]; contexts: AudioContext[] };
declare let allow: () => void;

const SPOKEN = "activated";

function pageWith(recorder: string): string {
  return `<!doctype html><html lang="en"><title>Recorder</title><form>${recorder}</form>
<script type="module">
  const recorder = document.querySelector("deepspeech-recorder");
  globalThis.told = [];
  for (const name of ["partial", "segment", "result", "statechange", "progress", "microphone", "error", "change"]) {
    recorder?.addEventListener(name, ({ detail }) => told.push([name, detail]));
  }
  globalThis.elements = await import("./recognizer/element.js");
  document.body.dataset.ready = "yes";
</script>`;
}

async function showRecorder(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator("body[data-ready]").waitFor({ state: "attached" });
}

const detailsOf = (page: Page, wanted: string): Promise<unknown[]> =>
  page.evaluate((name) => told.flatMap(([own, detail]) => (own === name ? [detail] : [])), wanted);
const waitFor = (page: Page, wanted: string) =>
  page.waitForFunction((name) => told.some(([own]) => own === name), wanted);

test("the element weighs less than 12 kB, gzipped, before it is used", async () => {
  const seen = new Map<string, number>();
  const weigh = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    const script = await readFile(path, "utf8");
    seen.set(path, gzipSync(script).length);
    for (const [, from] of script.matchAll(/(?:from|import)"(\.[^"]+)"/g)) await weigh(join(dirname(path), from!));
  };
  await weigh(rootPath("packages/recognizer/dist/browser/element.js"));
  const total = [...seen.values()].reduce((sum, bytes) => sum + bytes);
  assert.ok(total < 12_000, `${total} bytes in ${[...seen.keys()].join(", ")}`);
});

testInBrowsers(
  "a recorder hears on this machine, tells what it hears, and is a control of its form",
  async (t, browser) => {
    const opened = await openPage(t, { browser, microphone: "speech" });
    if (!opened) return;
    const { site, page, foreign } = opened;
    const recorder = '<deepspeech-recorder name="note" required bundle="model.dsb" hot-words="activate, alarm">';
    site.files.set("/form.html", pageWith(`${recorder}</deepspeech-recorder>`));
    await showRecorder(page, `${site.url}/form.html`);
    const isValid = () => page.evaluate(() => document.querySelector("form")!.checkValidity());
    assert.equal(await isValid(), false);
    assert.deepEqual(
      site.requests
        .filter((line) => /index|worker|model/.test(line) && !line.includes("HEAD"))
        .slice(-1)[0]
        ?.includes("dsb"),
      false,
      "nothing is fetched before it is used",
    );

    await page.getByRole("button", { name: "Record" }).click();
    await waitFor(page, "result");
    const [result] = (await detailsOf(page, "result")) as [element.RecorderResult];
    assert.equal(result.text, SPOKEN);
    const [word] = result.segments[0]!.words;
    assert.ok(
      word!.word === SPOKEN && word!.endSeconds > word!.startSeconds && word!.confidence > 0 && word!.confidence <= 1,
    );
    assert.deepEqual(await detailsOf(page, "statechange"), [
      { state: "loading" },
      { state: "listening" },
      { state: "finishing" },
      { state: "idle" },
    ]);
    assert.equal((await detailsOf(page, "segment")).length, 1);
    assert.equal((await detailsOf(page, "change")).length, 1);
    const progress = (await detailsOf(page, "progress")) as { loadedBytes: number; totalBytes: number }[];
    assert.equal(progress.at(-1)?.loadedBytes, progress.at(-1)?.totalBytes);
    const form = await page.evaluate(() => [...new FormData(document.querySelector("form")!)]);
    assert.deepEqual([form, await isValid()], [[["note", SPOKEN]], true]);
    assert.equal((await page.getByRole("log").textContent())?.trim(), SPOKEN);

    await page.evaluate(() => document.querySelector("form")!.reset());
    assert.equal((await page.getByRole("log").textContent())?.trim(), "");
    assert.equal(await isValid(), false);
    assert.deepEqual(await detailsOf(page, "error"), []);
    assert.deepEqual(foreign, []);
  },
);

testInBrowsers("a recorder hears at a server that wants keys, until it is stopped", async (t, browser) => {
  const opened = await openPage(t, { browser, microphone: "speech" });
  if (!opened) return;
  const { site, page } = opened;
  const silent = { host: "127.0.0.1", port: 0, logLevel: "silent" } as const;
  const key = "a-key-0123456789abc";
  const server = await startServer({ bundle: BUNDLE, corsOrigins: [site.url], apiKeys: [key], ...silent });
  t.after(() => server.close());
  await server.ready;
  site.files.set("/at.html", pageWith(`<deepspeech-recorder continuous server="${server.url}"></deepspeech-recorder>`));
  await showRecorder(page, `${site.url}/at.html`);
  // As the page's own server does, which has the key.
  await page.exposeFunction("getToken", async () => {
    const headers = { authorization: `Bearer ${key}` };
    const answer = await fetch(`${server.url}/v1/audio/stream/token`, { method: "POST", headers });
    return ((await answer.json()) as { token: string }).token;
  });
  await page.evaluate(() => {
    document.querySelector("deepspeech-recorder")!.token = getToken;
  });
  await page.getByRole("button", { name: "Record" }).click();
  await waitFor(page, "segment");
  assert.deepEqual((await detailsOf(page, "statechange")).at(-1), { state: "listening" }, "it is continuous");
  await page.getByRole("button", { name: "Stop" }).click();
  await waitFor(page, "result");
  const [{ text, segments }] = (await detailsOf(page, "result")) as [element.RecorderResult];
  assert.equal(text, SPOKEN);
  assert.equal(segments[0]?.words[0]?.word, SPOKEN);

  await page.evaluate(() => {
    told.length = 0;
    document.querySelector("deepspeech-recorder")!.server = "http://127.0.0.1:9";
  });
  await page.getByRole("button", { name: "Record" }).click();
  await waitFor(page, "error");
  const [{ code, message }] = (await detailsOf(page, "error")) as [element.RecorderFailure];
  assert.deepEqual([code, message.split(";")[0]], ["offline", "ws://127.0.0.1:9: takes no live sound"]);
});

testInBrowsers("what is said while a server is still being asked is heard", async (t, browser) => {
  const page = await openRecorder(t, browser, await serverFor(t));
  if (!page) return;
  await page.evaluate(() => {
    // The microphone speaks once, before there is a socket.
    document.querySelector("deepspeech-recorder")!.token = () =>
      new Promise((resolve) => setTimeout(resolve, 8000, "none is needed"));
  });
  await page.getByRole("button", { name: "Record" }).click();
  await page.waitForFunction(() => document.querySelector("deepspeech-recorder")!.state === "listening");
  await page.getByRole("button", { name: "Stop" }).click();
  await waitFor(page, "result");
  assert.equal(((await detailsOf(page, "result")) as [element.RecorderResult])[0].text, SPOKEN);
});

testInBrowsers("stopped while the model loads, a recorder closes the microphone", async (t, browser) => {
  const page = await openRecorder(t, browser, 'bundle="held.dsb"');
  if (!page) return;
  await watchMicrophones(page);
  await page.getByRole("button", { name: "Record" }).click();
  await page.waitForFunction(() => opened.contexts.some(({ state }) => state === "running"));
  await page.evaluate(() => document.querySelector("deepspeech-recorder")!.stop());
  await page.waitForFunction(() => opened.tracks.every(({ readyState }) => readyState === "ended"));
  assert.deepEqual(await detailsOf(page, "statechange"), [{ state: "loading" }, { state: "finishing" }]);
});

testInBrowsers("taken from the page, a recorder leaves nothing open behind it", async (t, browser) => {
  for (const attributes of ['bundle="held.dsb"', await serverFor(t)]) {
    for (const moment of ["asking", "loading"] as const) {
      const page = await openRecorder(t, browser, attributes);
      if (!page) return;
      await watchMicrophones(page, { isAsking: moment === "asking" });
      const sockets: string[] = [];
      page.on("websocket", (socket) => sockets.push(socket.url()));
      await page.evaluate(() => {
        const recorder = document.querySelector("deepspeech-recorder")!;
        recorder.token = () => new Promise(() => {});
        void recorder.start();
      });
      if (moment === "loading") await page.waitForFunction(() => opened.tracks.length > 0);
      else await page.waitForFunction(() => typeof allow === "function");
      await page.evaluate(() => document.querySelector("deepspeech-recorder")!.remove());
      if (moment === "asking") await page.evaluate(() => allow());
      await page.waitForFunction(
        () =>
          opened.tracks.length > 0 &&
          opened.tracks.every(({ readyState }) => readyState === "ended") &&
          opened.contexts.every(({ state }) => state === "closed"),
      );
      await page.waitForFunction(() => told.at(-1)?.[0] === "statechange");
      assert.deepEqual((await detailsOf(page, "statechange")).at(-1), { state: "idle" });
      assert.deepEqual([await detailsOf(page, "error"), sockets], [[], []]);
    }
  }
});

/** The attributes of a recorder for a server of this test's own. */
async function serverFor(t: TestContext): Promise<string> {
  const server = await startServer({
    bundle: BUNDLE,
    corsOrigins: ["*"],
    host: "127.0.0.1",
    port: 0,
    logLevel: "silent",
  });
  t.after(() => server.close());
  await server.ready;
  return `server="${server.url}"`;
}

async function openRecorder(t: TestContext, browser: BrowserName, attributes: string): Promise<Page | undefined> {
  const opened = await openPage(t, { browser, microphone: "speech" });
  if (!opened) return undefined;
  const { site, page } = opened;
  site.faults.set("GET /held.dsb", "silence");
  site.files.set("/recorder.html", pageWith(`<deepspeech-recorder ${attributes}></deepspeech-recorder>`));
  await showRecorder(page, `${site.url}/recorder.html`);
  return page;
}

/** Notes what a page opens. @param isAsking the visitor says nothing to its question before `allow()` is called */
async function watchMicrophones(page: Page, { isAsking = false } = {}): Promise<void> {
  await page.evaluate((isAsking) => {
    const noted: typeof opened = { tracks: [], contexts: [] };
    Object.assign(globalThis, { opened: noted });
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      if (isAsking) await new Promise<void>((resolve) => Object.assign(globalThis, { allow: resolve }));
      const stream = await open(constraints);
      // A microphone's stand-in may have one of its own.
      noted.contexts.length = 0;
      noted.tracks.push(...stream.getTracks());
      return stream;
    };
    globalThis.AudioContext = class extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super(options);
        noted.contexts.push(this);
      }
    };
  }, isAsking);
}

// Firefox's tracks take no events of a page's own making.
testInBrowser("chromium", "that a microphone was lost is still to be read when the recording is over", async (t) => {
  const page = await openRecorder(t, "chromium", 'continuous bundle="model.dsb"');
  if (!page) return;
  await watchMicrophones(page);
  await page.getByRole("button", { name: "Record" }).click();
  await page.waitForFunction(() => document.querySelector("deepspeech-recorder")!.state === "listening");
  await page.evaluate(() => {
    // As of a device that is unplugged: what the page itself stops tells nothing.
    opened.tracks[0]!.dispatchEvent(new Event("ended"));
  });
  await waitFor(page, "result");
  const message = "the microphone was lost; is it still connected?";
  assert.equal(await page.getByRole("status").textContent(), message);
  assert.deepEqual(await detailsOf(page, "error"), [{ code: "no-microphone", message }]);
});

testInBrowsers("errors that are not the recogniser's own have the code failed", async (t, browser) => {
  const page = await openRecorder(t, browser, 'bundle="model.dsb"');
  if (!page) return;
  const lacking = await page.evaluate(async () => {
    const recorder = document.querySelector("deepspeech-recorder")!;
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("of no kind we know", "DataError"));
    await recorder.start();
    const { openMicrophone } = await import("/recognizer/index.js" as string);
    navigator.mediaDevices.getUserMedia = () =>
      Promise.reject(Object.assign(new DOMException("", "OverconstrainedError"), { constraint: "deviceId" }));
    return openMicrophone().catch(({ code, message }: element.RecorderFailure) => ({ code, message }));
  });
  assert.deepEqual(await detailsOf(page, "error"), [{ code: "failed", message: "of no kind we know" }]);
  assert.deepEqual(lacking, {
    code: "no-microphone",
    message: "there is no microphone of the deviceId that was asked for; connect it, or ask for another",
  });
});

testInBrowsers("a recorder without its script for the microphone says so", async (t, browser) => {
  const opened = await openPage(t, { browser, microphone: "speech" });
  if (!opened) return;
  const { site, page } = opened;
  site.faults.set("GET /recognizer/microphone-worklet.js", 404);
  site.files.set("/bare.html", pageWith('<deepspeech-recorder bundle="model.dsb"></deepspeech-recorder>'));
  await showRecorder(page, `${site.url}/bare.html`);
  await page.getByRole("button", { name: "Record" }).click();
  await waitFor(page, "error");
  const script = `${site.url}/recognizer/microphone-worklet.js`;
  const message = `${script}: cannot be loaded; is it served beside the page, as JavaScript?`;
  assert.deepEqual(await detailsOf(page, "error"), [{ code: "no-runtime", message }]);
});

testInBrowsers(
  "a recording that is not continuous ends with its first segment, whatever followed it",
  async (t, browser) => {
    const opened = await openPage(t, { browser, microphone: "speech" });
    if (!opened) return;
    const { site, page } = opened;
    // Several segments are there when the model is.
    await speakTwice(page);
    site.files.set("/api.html", pageWith('<deepspeech-recorder bundle="model.dsb"></deepspeech-recorder>'));
    await showRecorder(page, `${site.url}/api.html`);
    const held: Route[] = [];
    await page.route("**/model.dsb", (route) => void held.push(route));
    await page.getByRole("button", { name: "Record" }).click();
    await page.waitForFunction(() => (globalThis as { numSpoken?: number }).numSpoken === 2);
    await Promise.all(held.map((route) => route.continue()));
    await waitFor(page, "result");
    assert.deepEqual(
      [(await detailsOf(page, "segment")).length, await detailsOf(page, "statechange")],
      [1, ["loading", "listening", "finishing", "idle"].map((state) => ({ state }))],
    );
    const finals = await page.evaluate(async () => {
      const recognition = new (elements.speechRecognitionOf({ bundle: "model.dsb", lang: "EN" }))();
      recognition.lang = "en-US";
      const found: string[] = [];
      recognition.onresult = ({ results, resultIndex }) => found.push(results.item(resultIndex).item(0).transcript);
      const over = new Promise((resolve) => {
        recognition.onend = resolve;
      });
      recognition.start();
      await over;
      return found;
    });
    // A page that is short of time may lose some of what its own sound says.
    assert.equal(finals.length, 1, finals.join(" | "));
  },
);

/** A microphone that says its word twice as soon as it is opened, with a pause between; `numSpoken` counts. */
async function speakTwice(page: Page): Promise<void> {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      const context = new AudioContext();
      const bytes = await (await fetch("/audio/speech-16k.wav")).arrayBuffer();
      const buffer = await context.decodeAudioData(bytes);
      const line = context.createMediaStreamDestination();
      const spoken = { numSpoken: 0 };
      Object.assign(globalThis, spoken);
      for (const start of [1, 5]) {
        const player = new AudioBufferSourceNode(context, { buffer });
        player.connect(line);
        player.onended = () => Object.assign(globalThis, { numSpoken: ++spoken.numSpoken });
        player.start(context.currentTime + start);
      }
      return line.stream;
    };
  });
}

testInBrowsers("without a microphone, or leave to use it, a recorder says so and goes on", async (t, browser) => {
  for (const [microphone, code, message] of [
    ["refused", "permission-denied", "the microphone was not allowed; allow it in the browser's settings"],
    ["none", "no-microphone", "there is no microphone; connect one"],
  ] as const) {
    const opened = await openPage(t, { browser, microphone });
    if (!opened) return;
    const { site, page } = opened;
    site.files.set("/bare.html", pageWith('<deepspeech-recorder bundle="model.dsb"></deepspeech-recorder>'));
    await showRecorder(page, `${site.url}/bare.html`);
    await page.getByRole("button", { name: "Record" }).click();
    await page.getByRole("status").filter({ hasText: message }).waitFor();
    assert.deepEqual(await detailsOf(page, "error"), [{ code, message }]);
    assert.deepEqual((await detailsOf(page, "statechange")).at(-1), { state: "idle" });
  }
});

testInBrowsers("a page that is neither encrypted nor on this machine is told what it lacks", async (t, browser) => {
  const opened = await openPage(t, { browser, microphone: "speech" });
  if (!opened) return;
  const { site, page } = opened;
  site.files.set("/bare.html", pageWith('<deepspeech-recorder bundle="model.dsb"></deepspeech-recorder>'));
  await showRecorder(page, `${site.url.replace("127.0.0.1", INSECURE_HOST)}/bare.html`);
  await page.getByRole("button", { name: "Record" }).click();
  await waitFor(page, "error");
  const message = "pages have a microphone only over https or on localhost";
  assert.deepEqual(await detailsOf(page, "error"), [{ code: "no-microphone", message }]);
  const failure = await page.evaluate(async () => {
    const { Recognizer } = await import("/recognizer/index.js" as string);
    return Recognizer.load("/model.dsb").catch(({ code, message }: element.RecorderFailure) => ({ code, message }));
  });
  assert.equal(failure.code, "bad-bundle");
  assert.match(
    failure.message,
    /\/model\.dsb: cannot be verified here: checksums need crypto\.subtle, .* only over https/,
  );
});

testInBrowsers("what was written for SpeechRecognition runs on this model", async (t, browser) => {
  const opened = await openPage(t, { browser, microphone: "speech" });
  if (!opened) return;
  const { site, page } = opened;
  site.files.set("/api.html", pageWith(""));
  await showRecorder(page, `${site.url}/api.html`);
  const heard = await page.evaluate(async () => {
    const SpeechRecognition = elements.speechRecognitionOf({ bundle: "model.dsb" });
    const names: string[] = [];
    const recognition = new SpeechRecognition();
    recognition.interimResults = true;
    recognition.lang = "en-GB";
    recognition.phrases = [{ phrase: "activate", boost: 2 }];
    const finals: { transcript: string; confidence: number }[] = [];
    for (const name of ["start", "audiostart", "speechstart", "speechend", "audioend", "end", "error"]) {
      recognition.addEventListener(name, () => names.push(name));
    }
    recognition.onresult = ({ results, resultIndex }) => {
      const result = results.item(resultIndex);
      if (result.isFinal) finals.push(result.item(0));
    };
    const over = new Promise((resolve) => {
      recognition.onend = resolve;
    });
    recognition.start();
    let second = "";
    try {
      recognition.start();
    } catch (error) {
      second = (error as Error).name;
    }
    await over;
    const foreign = new SpeechRecognition();
    foreign.lang = "de-DE";
    const refused = await new Promise<string>((resolve) => {
      foreign.onerror = ({ error }) => resolve(error);
      foreign.start();
    });
    return { names, finals, second, refused };
  });
  assert.deepEqual(heard.names, ["start", "audiostart", "speechstart", "speechend", "audioend", "end"]);
  assert.deepEqual(
    heard.finals.map(({ transcript }) => transcript),
    [SPOKEN],
  );
  assert.ok(heard.finals[0]!.confidence > 0 && heard.finals[0]!.confidence <= 1);
  assert.deepEqual([heard.second, heard.refused], ["InvalidStateError", "language-not-supported"]);
});

testInBrowsers("whatever was begun as speech ends, though no words remain of it", async (t, browser) => {
  const opened = await openPage(t, { browser, microphone: "speech" });
  if (!opened) return;
  const { site, page } = opened;
  site.files.set("/api.html", pageWith(""));
  await page.routeWebSocket(/\/v1\/audio\/stream/, (socket) => {
    const partial = { type: "partial", stable: "", tail: "maybe", start: 0, heard: 1 };
    for (const message of [
      { ...partial, segment: 0 },
      { type: "final", segment: 0, text: "", start: 0, end: 1, words: [] },
      { ...partial, segment: 1 },
      { type: "done", duration: 2 },
    ]) {
      socket.send(JSON.stringify(message));
    }
  });
  await showRecorder(page, `${site.url}/api.html`);
  const names = await page.evaluate(async (server) => {
    const recognition = new (elements.speechRecognitionOf({ server }))();
    const names: string[] = [];
    for (const name of ["start", "speechstart", "speechend", "result", "end", "error"]) {
      recognition.addEventListener(name, () => names.push(name));
    }
    const over = new Promise((resolve) => recognition.addEventListener("end", resolve));
    recognition.start();
    await over;
    return names;
  }, site.url);
  assert.deepEqual(names, ["start", "speechstart", "speechend", "speechstart", "speechend", "end"]);
});
