/**
 * The longest tasks of the page's own thread, while the server's page reads, shows and recognises a recording: by the clock,
 * as its visitor feels them, and by the processor's time, which does not depend on what else the machine does.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { wavFile } from "../../packages/recognizer/dist/audio/index.js";
import { BUNDLE, sampleUtterances, speechOf } from "../recordings.mjs";
import { openPage } from "./open-page.mjs";

/** Of more a browser says that the page hangs. */
const LONG_MILLISECONDS = 50;
const GAP_SECONDS = 0.5;
/** Chromium's own name for a page's thread, and for a task on any. */
const [MAIN_THREAD, TASK] = ["CrRendererMain", "ThreadControllerImpl::RunTask"];

export async function* tasks({ scratch }) {
  const { samples } = await speechOf(sampleUtterances("test"), GAP_SECONDS);
  const path = join(scratch, "speech.wav");
  writeFileSync(path, wavFile(samples, 16_000));
  const opened = await openPage(BUNDLE);
  try {
    const { page, browser } = opened;
    await page.goto(opened.url);
    await page.getByRole("button", { name: "Record" }).waitFor();
    await browser.startTracing(page, { categories: ["toplevel"] });
    await page.locator("#file").setInputFiles(path);
    await page.getByRole("status").filter({ hasText: "times real time" }).waitFor({ timeout: 600_000 });
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
    const found = tasksOf(traceEvents);
    const seconds = Math.round(samples.length / 16_000);
    yield `tasks over ${LONG_MILLISECONDS} ms while ${seconds} s of speech are read, shown and recognised: ${told(found, "clock")} by the clock, ${told(found, "processor")} by processor time, of ${found.length}`;
  } finally {
    await opened.close();
  }
}

/** Milliseconds of each. */
function tasksOf(events) {
  const threads = events.filter(({ name, args }) => name === "thread_name" && args.name === MAIN_THREAD);
  const isMain = ({ pid, tid }) => threads.some((thread) => thread.pid === pid && thread.tid === tid);
  const found = events.filter((event) => event.name === TASK && isMain(event));
  if (found.length === 0) throw new Error(`this Chromium's trace has no ${TASK} of ${MAIN_THREAD}`);
  return found.map(({ dur = 0, tdur = 0 }) => ({ clock: dur / 1000, processor: tdur / 1000 }));
}

function told(found, key) {
  const times = found.map((task) => task[key]);
  return `${times.filter((time) => time > LONG_MILLISECONDS).length} (the longest ${Math.round(Math.max(...times))} ms)`;
}
