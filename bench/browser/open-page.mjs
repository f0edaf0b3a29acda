/** A page of a server of ours in Chromium, on which `recognition` is the recogniser's module. */
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { startServer } from "../../packages/server/dist/index.js";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const BYTES_PER_FLOAT = 4;

/** @param {string} bundle what the server serves */
export async function openPage(bundle) {
  const executablePath = findChromium();
  const server = await startServer({ bundle, port: 0, logLevel: "silent", recognizer: { threads: 1 } });
  await server.ready;
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const context = await browser.newContext();
  const session = await browser.newBrowserCDPSession();
  const page = await context.newPage();
  const close = async () => {
    await browser.close();
    await server.close();
  };
  return { browser, page, url: server.url, version: browser.version(), close, ...processesOf(session) };
}

function findChromium() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  const path = process.env.CHROMIUM ?? found;
  if (path === undefined) throw new Error(`none of ${NAMES.join(", ")} is on the PATH; apt-get install chromium`);
  return path;
}

/** What the processes of pages have taken: their workers are threads of theirs. */
function processesOf(session) {
  const renderers = async () => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer");
  };
  return {
    cpuSeconds: async () => (await renderers()).reduce((sum, { cpuTime }) => sum + cpuTime, 0),
    /** Resident, in MB; NaN where there is no /proc. */
    async megabytes() {
      const sizes = (await renderers()).map(({ id }) => residentKilobytes(id));
      return sizes.reduce((sum, size) => sum + size, 0) / 1000;
    },
  };
}

function residentKilobytes(id) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]);
  } catch {
    return Number.NaN;
  }
}

export async function importRecognizer(page) {
  await page.evaluate("import('/recognizer/index.js').then((module) => { globalThis.recognition = module; })");
}

/** Samples as `sound` in the page: too many for an argument. */
export async function giveSound(page, samples) {
  const text = Buffer.from(samples.buffer, samples.byteOffset, samples.length * BYTES_PER_FLOAT).toString("base64");
  await page.evaluate(async (base64) => {
    const bytes = await (await fetch(`data:application/octet-stream;base64,${base64}`)).arrayBuffer();
    globalThis.sound = new Float32Array(bytes);
  }, text);
}
