/** The longest tasks of the page's own thread, while the server's page reads, shows and recognises a recording. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUNDLE, sampleUtterances, speechOf } from "../recordings.mjs";
import { openPage } from "./open-page.mjs";
import { wavOf } from "./wav.mjs";

/** Of more a browser says that the page hangs. */
const LONG_MILLISECONDS = 50;
const GAP_SECONDS = 0.5;

export async function* tasks({ scratch }) {
  const { samples } = await speechOf(sampleUtterances("test"), GAP_SECONDS);
  const opened = await openPage(BUNDLE);
  try {
    const { page } = opened;
    await page.addInitScript(() => {
      globalThis.longTasks = [];
      const note = (list) =>
        globalThis.longTasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })));
      new PerformanceObserver(note).observe({ type: "longtask" });
    });
    await page.goto(opened.url);
    const path = join(scratch, "speech.wav");
    writeFileSync(path, wavOf(samples));
    await page.evaluate(() => globalThis.longTasks.splice(0));
    await page.locator("#file").setInputFiles(path);
    await page.getByRole("status").filter({ hasText: "Recognising" }).waitFor();
    const began = await page.evaluate(() => performance.now());
    await page.getByRole("status").filter({ hasText: "times real time" }).waitFor({ timeout: 600_000 });
    const found = await page.evaluate(() => globalThis.longTasks);
    const [reading, recognising] = [
      found.filter(({ startTime }) => startTime < began),
      found.filter(({ startTime }) => startTime >= began),
    ];
    yield `tasks over ${LONG_MILLISECONDS} ms, ${Math.round(samples.length / 16_000)} s of speech: ${told(reading)} as the page reads it, ${told(recognising)} as it recognises`;
  } finally {
    await opened.close();
  }
}

function told(found) {
  if (found.length === 0) return "none";
  return `${found.length} (the longest ${Math.round(Math.max(...found.map(({ duration }) => duration)))} ms)`;
}
