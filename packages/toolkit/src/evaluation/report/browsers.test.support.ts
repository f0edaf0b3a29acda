/** Real browsers for tests, if the machine has them, without a window. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium, type Page } from "playwright-core";

/** The programs of each, best first; the set-up installs the first (tools/setup/browsers.mjs). */
const PROGRAMS = {
  chromium: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
  firefox: ["firefox-esr"],
} as const;

export type BrowserName = keyof typeof PROGRAMS;

export interface OpenedPage {
  page: Page;
  /** What went wrong in it: errors, refused requests, and whatever else it wrote on its console. */
  complaints: string[];
}

/** Opens a file; undefined, after skipping the test with a clear word, where there is no Chromium. */
export async function openInChromium(context: TestContext, path: string): Promise<OpenedPage | undefined> {
  const executablePath = browserOrSkip(context, "chromium");
  if (!executablePath) return undefined;
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  context.after(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto(pathToFileURL(path).href);
  return { page, complaints };
}

/** The program's path; undefined, after skipping the test with a clear word, where there is none. */
export function browserOrSkip(context: TestContext, browser: BrowserName): string | undefined {
  const binary = findBrowser(browser);
  if (binary) return binary;
  const [packaged] = PROGRAMS[browser];
  const names = PROGRAMS[browser].join(", ");
  context.skip(`NOT CHECKED IN A BROWSER: nothing on the PATH is ${names}; apt-get install ${packaged}`);
  return undefined;
}

/** The program's path; undefined where there is none. */
export function findBrowser(browser: BrowserName): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return PROGRAMS[browser].flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
