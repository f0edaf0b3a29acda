/** A page of a test's site in a real Chromium, with the recogniser at hand. */
import { after, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { BLANK_PAGE, type Site, startSite } from "./site.js";

/** The tests run from build/test/browser. */
const ROOT = new URL("../../../", import.meta.url);
export const rootPath = (path: string): string => fileURLToPath(new URL(path, ROOT));
export const BUNDLE = rootPath("test/fixtures/bundles/quickstart-fp16.dsb");
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
