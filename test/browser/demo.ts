/** The server's page, for its tests. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import type { TestContext } from "node:test";
import { type RunningServer, startServer } from "@deepspeech-ts/server";
import type { Page } from "playwright-core";
import { rootPath } from "./browsers.js";
import { BUNDLE, type OpenedPage, openPage, type PageOptions } from "./page.js";

/** What the microphone says, and the recording. */
export const SPOKEN = "activated";
export const FILE = rootPath("test/fixtures/audio/speech.m4a");
export const OTHER_FILE = rootPath("sample-corpus/test/1/1/1-1-0028.opus");

/** A server that shows the page; whoever starts it closes it. */
export async function serve(options: Partial<Parameters<typeof startServer>[0]> = {}): Promise<RunningServer> {
  const server = await startServer({ bundle: BUNDLE, host: "127.0.0.1", port: 0, logLevel: "silent", ...options });
  await server.ready;
  return server;
}

export interface OpenedDemo {
  page: Page;
  /** Errors of the page, and requests to anywhere but its server. */
  troubles: string[];
}

/** The page, once its server is known to be there; undefined as of `openPage`. */
export async function openDemo(
  t: TestContext,
  server: RunningServer,
  options: PageOptions = {},
): Promise<OpenedDemo | undefined> {
  const opened = await openPage(t, options);
  if (!opened) return undefined;
  const { page } = opened;
  const troubles: string[] = [];
  page.on("pageerror", ({ message }) => troubles.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") troubles.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url) && !/^(blob|data):/.test(request.url())) troubles.push(request.url());
  });
  await page.goto(server.url);
  await serverIsThere(page);
  return { page, troubles };
}

/** The page as it stands in a folder of a static site. */
export function serveFolder({ site }: OpenedPage, page: string): void {
  const folder = rootPath("packages/server/dist/page/");
  site.files.set("/", page);
  site.files.set("/assets/", `${folder}assets/`);
  site.files.set("/service-worker.js", `${folder}service-worker.js`);
}

/** When the visitor may choose the server. */
export function serverIsThere(page: Page): Promise<void> {
  return page.getByRole("radio", { name: "Server" }).and(page.locator(":enabled")).waitFor({ state: "attached" });
}

/** The transcript, once all is recognised. */
export async function heard(page: Page): Promise<string | undefined> {
  await page.getByRole("status").filter({ hasText: "times real time" }).waitFor();
  return transcript(page);
}

export async function transcript(page: Page): Promise<string | undefined> {
  return (await page.getByRole("log").textContent())?.trim();
}

/** Waits for what Playwright tells no event of. */
export async function until(page: Page, holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    assert.ok(i < 1000, "it never came to be");
    await page.waitForTimeout(50);
  }
}

/** Not in step: the server is this process. */
export function inShell(command: string, cwd: string): Promise<{ status: unknown; stdout: string }> {
  return new Promise((resolve) => {
    execFile("sh", ["-c", command], { cwd }, (error, stdout) => resolve({ status: error?.code ?? 0, stdout }));
  });
}
