/**
 * The browsers of the tests, and the microphones that their pages find.
 *
 * Playwright drives the system's Firefox over WebDriver BiDi, and wants of it what the newest Firefox has: 1.65 asks Firefox
 * 153, Debian's, for a command that it does not know. So package.json stays at the last release that suits.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, firefox, type LaunchOptions, type Page } from "playwright-core";

/** The tests run from build/test/browser. */
const ROOT = new URL("../../../", import.meta.url);
export const rootPath = (path: string): string => fileURLToPath(new URL(path, ROOT));
/** How the toolkit's own tests find a browser. */
const { browserOrSkip } = (await import(
  new URL("packages/toolkit/dist/evaluation/report/browsers.test.support.js", ROOT).href
)) as typeof import("../../packages/toolkit/dist/evaluation/report/browsers.test.support.js");

export type BrowserName = "chromium" | "firefox";

/** Another name of this machine, which browsers do not know to be it: its pages are neither encrypted nor local. */
export const INSECURE_HOST = "insecure.test";

/**
 * What a page finds that asks for a microphone: none; one that its visitor does not let it have; one that beeps; or one
 * that says the word of SPEECH, some seconds after it is opened: what listens to it begins a little later than it. Much
 * later it says it again, for pages that a busy machine kept from listening; to others nobody listens any more.
 */
export type Microphone = "none" | "refused" | "tone" | "speech";
const SPEECH = rootPath("test/fixtures/audio/speech-16k.wav");
const SILENT_SECONDS = [3, 15];

/** A page that answers nothing for so long never will: none takes a tenth of it. */
const PATIENCE_MS = 4 * 60_000;
const CLOSING_MS = 30_000;

/** Makes a test for each browser. */
export function testInBrowsers(name: string, run: (t: TestContext, browser: BrowserName) => Promise<void>): void {
  for (const browser of ["chromium", "firefox"] as const) testInBrowser(browser, name, (t) => run(t, browser));
}

/**
 * Makes a test for one of them. Once in hundreds of runs a browser hangs, whatever the page does: the test is then tried once
 * more, in another process of it, and the run's last lines say so (tools/testing/tally.mjs).
 */
export function testInBrowser(browser: BrowserName, name: string, run: (t: TestContext) => Promise<void>): void {
  test(`${browser}: ${name}`, async (t) => {
    if (await inTime(run(t), PATIENCE_MS)) return;
    browsers.clear();
    t.diagnostic(`TRIED AGAIN, after ${PATIENCE_MS / 60_000} minutes without an answer: ${t.name}`);
    if (!(await inTime(run(t), PATIENCE_MS))) throw new Error("the browser hung twice");
  });
}

/** Whether it ended, as it should, before so many milliseconds were over. */
async function inTime(running: Promise<unknown>, milliseconds: number): Promise<boolean> {
  // What it says after it was given up is nobody's failure: a browser that is closed under a page complains.
  running.catch(() => {});
  const end = new AbortController();
  const tooLate = sleep(milliseconds, false, { signal: end.signal });
  tooLate.catch(() => {});
  try {
    return await Promise.race([running.then(() => true), tooLate]);
  } finally {
    end.abort();
  }
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deepspeech-browser-"));
  after(() => rm(folder, { recursive: true }));
  return folder;
}

/** Where a browser puts what its visitors save. */
const downloads = temporaryFolder();

/** By how they were launched: a microphone is the whole browser's. */
const browsers = new Map<string, Promise<Browser>>();
const launched: Promise<Browser>[] = [];
after(async () => {
  const closed = Promise.all(launched.map(async (browser) => (await browser).close()));
  // One that hangs would keep this process alive with it.
  if (!(await inTime(closed, CLOSING_MS))) spawnSync("pkill", ["-KILL", "-P", String(process.pid)]);
});

/** What tests want of a browser. */
export interface Equipment {
  /** Where a test does not ask for one, whatever the browser has. */
  microphone?: Microphone | undefined;
  /** Chromium's own WebGPU in software, which machines without a graphics card have too. Default: none. */
  hasWebGpu?: boolean | undefined;
  /** What sites may keep in Firefox, in kB; Chromium is told page by page. Default: as much as there is. */
  roomKilobytes?: number | undefined;
}

/** A visitor who was never here; undefined, after skipping the test with a clear word, where there is no such browser. */
export async function openContext(
  t: TestContext,
  name: BrowserName,
  { microphone, hasWebGpu = false, roomKilobytes }: Equipment = {},
): Promise<BrowserContext | undefined> {
  const executablePath = browserOrSkip(t, name);
  if (executablePath === undefined) return undefined;
  const options =
    name === "firefox"
      ? { channel: "moz-firefox", firefoxUserPrefs: firefoxPreferences(microphone, roomKilobytes) }
      : { args: [...(await chromiumArguments(microphone)), ...(hasWebGpu ? SOFTWARE_WEBGPU : [])] };
  const browser = await launch(name, { executablePath, downloadsPath: await downloads, ...options });
  const context = await browser.newContext();
  t.after(() => inTime(context.close(), CLOSING_MS));
  if (name === "firefox" && microphone === "speech") await speakInFirefox(context);
  return context;
}

function launch(name: BrowserName, options: LaunchOptions): Promise<Browser> {
  const key = JSON.stringify(options);
  const known = browsers.get(key);
  if (known) return known;
  const browser = { chromium, firefox }[name].launch(options);
  browsers.set(key, browser);
  launched.push(browser);
  return browser;
}

const SOFTWARE_WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

async function chromiumArguments(microphone: Microphone | undefined): Promise<string[]> {
  const args = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"];
  args.push(`--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`);
  if (microphone === undefined || microphone === "none") return args;
  args.push("--use-fake-device-for-media-stream");
  if (microphone !== "refused") args.push("--use-fake-ui-for-media-stream");
  // A browser plays it once, so each has a file of its own.
  if (microphone === "speech") args.push(`--use-file-for-fake-audio-capture=${await speechAfterSilences()}%noloop`);
  return args;
}

async function speechAfterSilences(): Promise<string> {
  const folder = await temporaryFolder();
  const wav = await readFile(SPEECH);
  const data = wav.indexOf("data") + 8;
  const silences = SILENT_SECONDS.map((seconds) => Buffer.alloc(2 * seconds * wav.readUInt32LE(24)));
  const spoken = silences.flatMap((silence) => [silence, wav.subarray(data)]);
  const padded = Buffer.concat([wav.subarray(0, data), ...spoken, silences[0]!]);
  padded.writeUInt32LE(padded.length - 8, 4);
  padded.writeUInt32LE(padded.length - data, data - 4);
  const file = join(folder, "microphone.wav");
  await writeFile(file, padded);
  return file;
}

function firefoxPreferences(
  microphone: Microphone | undefined,
  roomKilobytes: number | undefined,
): Record<string, string | number | boolean> {
  return {
    ...(roomKilobytes && { "dom.quotaManager.temporaryStorage.fixedLimit": roomKilobytes }),
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "network.dns.localDomains": INSECURE_HOST,
    // Machines of tests have no sound card, without which Firefox starts no AudioContext.
    "media.cubeb.force_mock_context": microphone !== "none",
    "media.navigator.streams.fake": microphone !== "none",
    // 2 denies. Nobody is there to be asked.
    ...(microphone === "refused"
      ? { "permissions.default.microphone": 2 }
      : { "media.navigator.permission.disabled": true }),
  };
}

/** Firefox's own fake microphone knows one tone: a page has it opened, as ever, and then hears a recording in its stead. */
async function speakInFirefox(context: BrowserContext): Promise<void> {
  const given = { wav: (await readFile(SPEECH)).toString("base64"), silences: SILENT_SECONDS };
  await context.addInitScript(({ wav, silences }) => {
    // Absent where a page may have no microphone.
    const { mediaDevices } = navigator;
    const open = mediaDevices?.getUserMedia.bind(mediaDevices);
    if (!open) return;
    mediaDevices.getUserMedia = async (constraints) => {
      for (const track of (await open(constraints)).getTracks()) track.stop();
      const context = new AudioContext();
      const bytes = Uint8Array.from(atob(wav), (letter) => letter.charCodeAt(0));
      const buffer = await context.decodeAudioData(bytes.buffer);
      const line = context.createMediaStreamDestination();
      let time = context.currentTime;
      for (const seconds of silences) {
        const player = new AudioBufferSourceNode(context, { buffer });
        player.connect(line);
        player.start(time + seconds);
        time += seconds + buffer.duration;
      }
      return line.stream;
    };
  }, given);
}

/** What a page gives its visitor to keep, once it is told to. */
export async function savedFile(page: Page, save: () => Promise<void>): Promise<{ name: string; content: string }> {
  if (page.context().browser()?.browserType().name() === "chromium") {
    const [download] = await Promise.all([page.waitForEvent("download"), save()]);
    return { name: download.suggestedFilename(), content: await readFile(await download.path(), "utf8") };
  }
  // Playwright overlooks what Firefox tells of a download that is no navigation.
  const folder = await downloads;
  const others = new Set(await readdir(folder));
  await save();
  for (;;) {
    const name = (await readdir(folder)).find((name) => !others.has(name) && !name.endsWith(".part"));
    const content = name && (await readFile(join(folder, name), "utf8"));
    if (name && content) return { name, content };
    await sleep(20);
  }
}
