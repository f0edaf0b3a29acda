/** A page of a test's site in a real Chromium, with the recogniser at hand. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { BLANK_PAGE, type Site, startSite } from "./site.js";

/** The tests run from build/test/browser. */
const ROOT = new URL("../../../", import.meta.url);
export const rootPath = (path: string): string => fileURLToPath(new URL(path, ROOT));
export const BUNDLE = rootPath("test/fixtures/bundles/quickstart-fp16.dsb");
/** Of a model that streams. */
export const STREAMING_BUNDLE = rootPath("test/fixtures/bundles/streaming-fp16.dsb");
/** How the toolkit's own tests find a browser. */
const { chromiumOrSkip } = (await import(
  new URL("packages/toolkit/dist/evaluation/report/chromium.test.support.js", ROOT).href
)) as typeof import("../../packages/toolkit/dist/evaluation/report/chromium.test.support.js");

export interface OpenedPage {
  site: Site;
  context: BrowserContext;
  page: Page;
  /** Requests to anywhere but the site. */
  foreign: string[];
}

/** By their arguments: a microphone is the whole browser's. */
const browsers = new Map<string, Promise<Browser>>();
after(async () => {
  for (const browser of browsers.values()) await (await browser).close();
});

/**
 * Opens a page on which `recognition` is the package's module; undefined, after skipping the test with a clear word,
 * where there is no Chromium.
 */
export async function openPage(
  t: TestContext,
  { args = [], headers = {} }: { args?: string[]; headers?: Record<string, string> } = {},
): Promise<OpenedPage | undefined> {
  const executablePath = chromiumOrSkip(t);
  if (executablePath === undefined) return undefined;
  const site = await startSite(t, {
    "/": BLANK_PAGE,
    "/recognizer/": rootPath("packages/recognizer/dist/browser/"),
    "/model.dsb": BUNDLE,
    "/audio/": rootPath("test/fixtures/audio/"),
    "/corpus/": rootPath("sample-corpus/test/"),
  });
  site.headers = headers;
  const browser = await launch(executablePath, args);
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const foreign: string[] = [];
  context.on("request", (request) => {
    if (!request.url().startsWith(site.url) && !request.url().startsWith("blob:")) foreign.push(request.url());
  });
  await visit(page, site);
  return { site, context, page, foreign };
}

/** Loads the page anew. */
export async function visit(page: Page, site: Site): Promise<void> {
  await page.goto(`${site.url}/`);
  await page.evaluate("import('/recognizer/index.js').then((module) => { globalThis.recognition = module; })");
}

function launch(executablePath: string, args: string[]): Promise<Browser> {
  const key = args.join(" ");
  const known = browsers.get(key);
  if (known) return known;
  const launched = chromium.launch({ executablePath, args: ["--no-sandbox", ...args] });
  browsers.set(key, launched);
  return launched;
}

/**
 * A browser's arguments for a microphone that says the word of test/fixtures/audio/speech-16k.wav, three seconds after it
 * is opened: what listens to it begins a little later than it. A browser plays it once, so each call stands for another.
 */
export async function fakeMicrophone(): Promise<string[]> {
  const path = await speechAfterSilence(rootPath("test/fixtures/audio/speech-16k.wav"), 3);
  return [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    `--use-file-for-fake-audio-capture=${path}%noloop`,
  ];
}

async function speechAfterSilence(path: string, seconds: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deepspeech-microphone-"));
  after(() => rm(folder, { recursive: true }));
  const wav = await readFile(path);
  const data = wav.indexOf("data") + 8;
  const silence = Buffer.alloc(2 * seconds * wav.readUInt32LE(24));
  const padded = Buffer.concat([wav.subarray(0, data), silence, wav.subarray(data), silence]);
  padded.writeUInt32LE(padded.length - 8, 4);
  padded.writeUInt32LE(padded.length - data, data - 4);
  const file = join(folder, "microphone.wav");
  await writeFile(file, padded);
  return file;
}
