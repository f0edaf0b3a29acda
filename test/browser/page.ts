/** A page of a test's site in a real browser, with the recogniser at hand. */
import type { TestContext } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { type BrowserName, type Equipment, openContext, rootPath } from "./browsers.js";
import { BLANK_PAGE, type Site, startSite } from "./site.js";

export const BUNDLE = rootPath("test/fixtures/bundles/quickstart-fp16.dsb");
/** Of a model that streams. */
export const STREAMING_BUNDLE = rootPath("test/fixtures/bundles/streaming-fp16.dsb");

export interface OpenedPage {
  site: Site;
  context: BrowserContext;
  page: Page;
  /** Requests to anywhere but the site. */
  foreign: string[];
}

export interface PageOptions extends Equipment {
  /** Default chromium. */
  browser?: BrowserName;
  /** For every answer of the site. */
  headers?: Record<string, string>;
}

/**
 * Opens a page on which `recognition` is the package's module; undefined, after skipping the test with a clear word,
 * where there is no such browser.
 */
export async function openPage(
  t: TestContext,
  { browser = "chromium", headers = {}, ...equipment }: PageOptions = {},
): Promise<OpenedPage | undefined> {
  const context = await openContext(t, browser, equipment);
  if (context === undefined) return undefined;
  const site = await startSite(t, {
    "/": BLANK_PAGE,
    "/recognizer/": rootPath("packages/recognizer/dist/browser/"),
    "/model.dsb": BUNDLE,
    "/audio/": rootPath("test/fixtures/audio/"),
    "/corpus/": rootPath("sample-corpus/test/"),
  });
  site.headers = headers;
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
