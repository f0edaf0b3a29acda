/** A real browser for tests: Chromium, if the machine has one, without a window. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

export interface OpenedPage {
  /** The page's elements, once its scripts have run. */
  dom: string;
  /** What the page wrote on its console, errors and refused requests among it. */
  console: string[];
}

/** Opens a file; undefined, after skipping the test with a clear word, where there is no Chromium. */
export async function openInChromium(context: TestContext, path: string): Promise<OpenedPage | undefined> {
  const binary = chromiumOrSkip(context);
  if (!binary) return undefined;
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--enable-logging=stderr",
    "--virtual-time-budget=5000",
  ];
  const { stdout, stderr } = await promisify(execFile)(binary, [...flags, "--dump-dom", pathToFileURL(path).href], {
    maxBuffer: 2 ** 28,
    timeout: 60_000,
  });
  return { dom: stdout, console: stderr.split("\n").filter((line) => line.includes(":CONSOLE")) };
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
