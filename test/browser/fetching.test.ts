/** A bundle's way into a page: kept, resumed, verified, and told in plain words where it fails. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type * as web from "@deepspeech-ts/recognizer/web";
import type { Page } from "playwright-core";
import { testInBrowser, testInBrowsers } from "./browsers.js";
import { BUNDLE, openPage, visit } from "./page.js";
import { BLANK_PAGE, type Site, startSite } from "./site.js";

/** In the page. */
declare const recognition: typeof web;

interface Loaded {
  text: string;
  isKept: boolean;
  /** Of the last report of progress. */
  progress: web.LoadProgress | undefined;
}

function load(page: Page, options: { cache?: boolean } = {}, url = "/model.dsb"): Promise<Loaded> {
  return page.evaluate(
    async ({ url, ...given }) => {
      let progress: web.LoadProgress | undefined;
      const onProgress = (told: web.LoadProgress) => {
        progress = told;
      };
      const loaded = await recognition.Recognizer.load(url, { ...given, onProgress });
      const { text } = await loaded.transcribe("/audio/speech-16k.wav");
      await loaded.close();
      return { text, isKept: loaded.runtime.isKept, progress };
    },
    { ...options, url },
  );
}

/** A visitor leaves while the bundle comes, some pieces of which are here. */
async function breakOff(site: Site, page: Page): Promise<void> {
  site.cutAfter = { path: "/model.dsb", bytes: 3 * 2 ** 20 };
  const message = await page.evaluate(async () => {
    const abort = new AbortController();
    const onProgress = ({ loadedBytes }: web.LoadProgress) => {
      if (loadedBytes > 2.5 * 2 ** 20) abort.abort(new Error("the visitor left"));
    };
    return recognition.Recognizer.load("/model.dsb", { onProgress, signal: abort.signal }).catch(
      (error: Error) => error.message,
    );
  });
  assert.equal(message, "the visitor left");
  site.cutAfter = undefined;
}

/** Code and message of what loading is refused with. */
function failure(page: Page, options: Record<string, unknown> = {}): Promise<{ code: string; message: string }> {
  return page.evaluate(async (given) => {
    try {
      await recognition.Recognizer.load("/model.dsb", given);
      return { code: "none", message: "" };
    } catch (error) {
      const { code, message } = error as web.RecognizerError;
      return { code, message };
    }
  }, options);
}

/** @param paddingBytes behind the bundle, which no section names: so that its download is long, or it is another one */
async function temporaryBundle(t: TestContext, paddingBytes = 0): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deepspeech-web-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "model.dsb");
  await writeFile(path, Buffer.concat([await readFile(BUNDLE), Buffer.alloc(paddingBytes)]));
  return path;
}

testInBrowsers(
  "a bundle is fetched once, used without the network, and fetched anew where it has changed",
  async (t, browser) => {
    const opened = await openPage(t, { browser });
    if (!opened) return;
    const { site, page } = opened;
    const path = await temporaryBundle(t);
    site.files.set("/model.dsb", path);
    const { length } = await readFile(path);
    const asked = () => site.requests.filter((line) => line.includes("/model.dsb"));

    const first = await load(page);
    assert.equal(first.isKept, true);
    assert.deepEqual(first.progress, { loadedBytes: length, totalBytes: length, isCached: false });
    assert.deepEqual(asked(), ["GET /model.dsb"]);
    assert.deepEqual(await page.evaluate(() => recognition.Recognizer.cached()), [
      { url: `${site.url}/model.dsb`, bytes: length },
    ]);

    await visit(page, site);
    const second = await load(page);
    assert.equal(second.text, first.text);
    assert.deepEqual(second.progress, { loadedBytes: length, totalBytes: length, isCached: true });
    assert.deepEqual(asked(), ["GET /model.dsb", "HEAD /model.dsb"]);

    await writeFile(path, Buffer.concat([await readFile(BUNDLE), Buffer.alloc(16)]));
    assert.equal((await load(page)).progress?.isCached, false);

    site.files.delete("/model.dsb");
    assert.equal((await load(page)).progress?.isCached, true);

    await page.evaluate(() => recognition.Recognizer.forget());
    assert.deepEqual(await page.evaluate(() => recognition.Recognizer.cached()), []);
    const { code, message } = await failure(page);
    assert.deepEqual([code, message], ["bad-bundle", `${site.url}/model.dsb: answers with status 404; check the URL`]);
  },
);

testInBrowsers(
  "without a network, a bundle that is kept serves, and another is told to be offline",
  async (t, browser) => {
    const opened = await openPage(t, { browser });
    if (!opened) return;
    const { site, page, context } = opened;
    await load(page);
    await context.setOffline(true);
    const kept = await page.evaluate(async () => {
      const loaded = await recognition.Recognizer.load("/model.dsb").catch((error: Error) => error.message);
      return typeof loaded === "string" ? loaded : loaded.header.alphabet.tokens.length;
    });
    // The scripts of workers and WebAssembly come from the browser's own cache, which a test's page does not fill.
    assert.ok(typeof kept === "number" || kept.includes("its model cannot be run"), String(kept));
    await page.evaluate(() => recognition.Recognizer.forget());
    const { code, message } = await failure(page);
    assert.equal(code, "offline");
    assert.match(message, new RegExp(`^${site.url}/model.dsb: cannot be fetched \\(.+\\); is there a network\\?$`));
  },
);

testInBrowsers("a download that breaks off goes on where it stopped, on the next visit too", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const { site, page } = opened;
  const path = await temporaryBundle(t);
  // Beyond what a bundle's header tells nothing is looked at; a megabyte at a time is kept.
  await writeFile(path, Buffer.concat([await readFile(BUNDLE), Buffer.alloc(6 * 2 ** 20)]));
  site.files.set("/model.dsb", path);
  site.cutAfter = { path: "/model.dsb", bytes: 3 * 2 ** 20 };
  assert.equal((await load(page, { cache: false })).isKept, false);
  const ranges = () => site.requests.filter((line) => line.startsWith("GET /model.dsb"));
  assert.equal(ranges().length, 2);
  assert.match(ranges()[1] ?? "", /^GET \/model.dsb bytes=[1-9]\d*-$/);

  await breakOff(site, page);
  await visit(page, site);
  assert.equal((await load(page)).isKept, true);
  const start = Number(/bytes=(\d+)-$/.exec(ranges().at(-1) ?? "")?.[1]);
  assert.ok(start >= 2 ** 20, `the last request began at ${start}`);
});

testInBrowsers("a download goes on where another page that fetches the same left its pieces", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const { site, page } = opened;
  const path = await temporaryBundle(t, 6 * 2 ** 20);
  site.files.set("/model.dsb", path);
  await breakOff(site, page);
  // The other page's first piece is longer: what followed this one's does not follow that.
  const length = 1_400_000;
  await page.evaluate(async (length) => {
    const store = await caches.open("deepspeech-ts");
    const [first] = (await store.keys()).filter(({ url }) => url.endsWith("piece=0"));
    const { headers } = (await store.match(first!))!;
    const bytes = (await (await fetch("/model.dsb")).arrayBuffer()).slice(0, length);
    await store.put(first!, new Response(bytes, { headers }));
  }, length);
  site.requests.length = 0;
  assert.equal((await load(page)).isKept, true);
  assert.deepEqual(
    site.requests.filter((line) => line.includes("/model.dsb")),
    [`GET /model.dsb bytes=${length}-`],
  );
});

testInBrowsers("parts of two bundles that a server does not tell apart are fetched anew", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const { site, page } = opened;
  const path = await temporaryBundle(t);
  const bytes = await readFile(BUNDLE);
  const padding = Buffer.alloc(6 * 2 ** 20);
  // The browser's own cache would ask for ranges of its own.
  site.headers = { "cache-control": "no-store" };
  // The one has its header and graph damaged, and is of the same size and date.
  await writeFile(path, Buffer.concat([Buffer.alloc(bytes.length, bytes.subarray(0, 4)), padding]));
  await utimes(path, 1, 1);
  site.files.set("/model.dsb", path);
  await breakOff(site, page);
  await writeFile(path, Buffer.concat([bytes, padding]));
  await utimes(path, 1, 1);
  site.requests.length = 0;
  assert.equal((await load(page)).isKept, true);
  const [first, second, ...others] = site.requests.filter((line) => line.startsWith("GET /model.dsb"));
  assert.match(first ?? "", /bytes=[1-9]\d*-$/);
  assert.deepEqual([second, others], ["GET /model.dsb", []]);
});

testInBrowsers(
  "a bundle of another origin, and one of no told length, are resumed and kept as well",
  async (t, browser) => {
    const opened = await openPage(t, { browser });
    if (!opened) return;
    const { page } = opened;
    const path = await temporaryBundle(t, 6 * 2 ** 20);
    const other = await startSite(t, { "/model.dsb": path });
    other.headers = { "access-control-allow-origin": "*", "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" };
    other.cutAfter = { path: "/model.dsb", bytes: 3 * 2 ** 20 };
    assert.equal((await load(page, {}, `${other.url}/model.dsb`)).isKept, true);
    assert.equal((await load(page, {}, `${other.url}/model.dsb`)).progress?.isCached, true);
    const [whole, part, ...asked] = other.requests.filter((line) => !line.startsWith("OPTIONS"));
    assert.match(`${whole}, ${part}`, /^GET \/model\.dsb, GET \/model\.dsb bytes=[1-9]\d*-$/);
    assert.deepEqual(asked, ["HEAD /model.dsb"]);

    opened.site.hidesLength = true;
    assert.equal((await load(page)).progress?.totalBytes, undefined);
    assert.equal((await load(page)).progress?.isCached, true);
  },
);

testInBrowsers("where a newer bundle cannot be had, the kept one is used", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const { site, page } = opened;
  await load(page);
  const path = await temporaryBundle(t, 1);
  site.files.set("/model.dsb", path);
  site.faults.set("GET /model.dsb", 502);
  assert.equal((await load(page)).isKept, true);
  const asked = () => site.requests.filter((line) => line.endsWith("/model.dsb"));
  assert.deepEqual(asked().slice(-2), ["HEAD /model.dsb", "GET /model.dsb"]);
  site.faults.clear();
  // A log-in page, a damaged one, and one that is cut.
  const damaged = Buffer.concat([await readFile(BUNDLE), Buffer.alloc(2)]);
  damaged[damaged.length - 100]! ^= 1;
  for (const bytes of [Buffer.from(BLANK_PAGE), damaged, damaged.subarray(0, 500_000)]) {
    await writeFile(path, bytes);
    const { isKept, progress } = await load(page);
    assert.deepEqual([isKept, progress?.isCached, asked().at(-1)], [true, true, "GET /model.dsb"]);
  }
  // Nor is a server waited for that does not answer.
  site.faults.set("HEAD /model.dsb", "silence");
  assert.equal((await load(page)).isKept, true);
  assert.equal(asked().at(-1), "HEAD /model.dsb");
});

testInBrowsers(
  "a bundle's URL may have any query; none of its pieces is left, and it can be forgotten",
  async (t, browser) => {
    const opened = await openPage(t, { browser });
    if (!opened) return;
    const { page } = opened;
    const path = await temporaryBundle(t, 3 * 2 ** 20);
    opened.site.files.set("/model.dsb", path);
    const left = await page.evaluate(async () => {
      const counts = [];
      for (const query of ["?3f2a", "?path=a/b&c", "?a=b%20c#of-no-matter"]) {
        const url = `/model.dsb${query}`;
        await (await recognition.Recognizer.load(url)).close();
        const store = await caches.open("deepspeech-ts");
        const kept = (await store.keys()).length;
        await recognition.Recognizer.forget(url);
        counts.push([kept, (await store.keys()).length]);
      }
      return counts;
    });
    assert.deepEqual(left, Array(3).fill([1, 0]));
  },
);

testInBrowsers("where there is no room, a bundle is used from memory, and the page is told", async (t, browser) => {
  const opened = await openPage(t, { browser, roomKilobytes: 512 });
  if (!opened) return;
  const { site, page, context } = opened;
  if (browser === "chromium") {
    const devTools = await context.newCDPSession(page);
    await devTools.send("Storage.overrideQuotaForOrigin", { origin: site.url, quotaSize: 2 ** 19 });
  }
  const { runtime, text, kept } = await page.evaluate(async () => {
    const loaded = await recognition.Recognizer.load("/model.dsb");
    const { text } = await loaded.transcribe("/audio/speech-16k.wav");
    await loaded.close();
    const { isKept, notKept } = loaded.runtime;
    const kept = await recognition.Recognizer.cached();
    return { runtime: { isKept, code: notKept?.code, message: notKept?.message }, text, kept };
  });
  const { length } = await readFile(BUNDLE);
  const message = `${site.url}/model.dsb: the browser has no room to keep it (${length} bytes); it is used from memory, and fetched again next time`;
  assert.deepEqual(runtime, { isKept: false, code: "quota", message });
  assert.equal(text, "activated");
  assert.deepEqual(kept, []);
});

testInBrowser("chromium", "a bundle is kept where there is room for it, but not for its pieces besides", async (t) => {
  const opened = await openPage(t);
  if (!opened) return;
  const { site, page, context } = opened;
  const path = await temporaryBundle(t);
  const bytes = Buffer.concat([await readFile(BUNDLE), Buffer.alloc(8 * 2 ** 20)]);
  await writeFile(path, bytes);
  site.files.set("/model.dsb", path);
  const devTools = await context.newCDPSession(page);
  const quotaSize = Math.round(1.6 * bytes.length);
  await devTools.send("Storage.overrideQuotaForOrigin", { origin: site.url, quotaSize });
  assert.equal((await load(page)).isKept, true);
});

testInBrowsers("damage, pages of HTML and missing parts are told by code and message", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const { site, page } = opened;
  const path = await temporaryBundle(t);
  const bytes = await readFile(BUNDLE);
  bytes[bytes.length - 100]! ^= 1;
  await writeFile(path, bytes);
  site.files.set("/model.dsb", path);
  const damaged = await failure(page);
  assert.equal(damaged.code, "bad-bundle");
  assert.match(damaged.message, /^http:.*\/model\.dsb: is damaged/);

  site.files.set("/model.dsb", BLANK_PAGE);
  assert.deepEqual(await failure(page), {
    code: "bad-bundle",
    message: `${site.url}/model.dsb: is a page of HTML, where a bundle (.dsb) is due; check the URL`,
  });

  for (const status of [401, 403]) {
    site.faults.set("GET /model.dsb", status);
    assert.deepEqual(await failure(page), {
      code: "bad-bundle",
      message: `${site.url}/model.dsb: answers with status ${status}; it takes a key or a login that the server knows`,
    });
  }
  site.faults.clear();

  site.files.set("/model.dsb", BUNDLE);
  site.files.set("/recognizer/speech-detector.onnx", BLANK_PAGE);
  const undetected = await page.evaluate(async () => {
    const loaded = await recognition.Recognizer.load("/model.dsb");
    const { code, message } = await loaded.transcribe("/audio/speech-16k.wav").catch((error) => error);
    await loaded.close();
    return { code, message };
  });
  assert.equal(undetected.code, "no-runtime");
  assert.match(
    undetected.message,
    /speech-detector\.onnx: is served as text\/html.*, and the detector of speech is due/,
  );

  site.files.set("/elsewhere/ort-wasm-simd-threaded.wasm", BLANK_PAGE);
  const misplaced = await failure(page, { wasmPaths: "/elsewhere/" });
  assert.equal(misplaced.code, "bad-bundle");
  assert.match(misplaced.message, /ort-wasm-simd-threaded\.wasm: is served as text\/html/);
  assert.deepEqual(await failure(page, { threads: 4 }), {
    code: "bad-argument",
    message:
      "threads is 4, and a page that is not isolated from others has 1; serve the page with " +
      "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
  });
});

testInBrowsers("a page that is isolated from others has threads", async (t, browser) => {
  const headers = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
  const opened = await openPage(t, { browser, headers });
  if (!opened) return;
  const { text, threads } = await opened.page.evaluate(async () => {
    const loaded = await recognition.Recognizer.load("/model.dsb", { threads: 2 });
    const { text } = await loaded.transcribe("/audio/speech-16k.wav");
    await loaded.close();
    return { text, threads: loaded.runtime.threads };
  });
  assert.deepEqual([text, threads], ["activated", 2]);
});
