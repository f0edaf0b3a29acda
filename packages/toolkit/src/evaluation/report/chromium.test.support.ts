/** A real browser for tests: Chromium, if the machine has one, without a window. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium, type Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

export interface OpenedPage {
  page: Page;
  /** What went wrong in it: errors, refused requests, and whatever else it wrote on its console. */
  complaints: string[];
}

/** Opens a file; undefined, after skipping the test with a clear word, where there is no Chromium. */
export async function openInChromium(context: TestContext, path: string): Promise<OpenedPage | undefined> {
  const executablePath = chromiumOrSkip(context);
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
export function chromiumOrSkip(context: TestContext): string | undefined {
  const binary = findChromium();
  if (!binary)
    context.skip(`NOT CHECKED IN A BROWSER: none of ${NAMES.join(", ")} is on the PATH; apt-get install chromium`);
  return binary;
}

/** The program's path; undefined where there is none. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
