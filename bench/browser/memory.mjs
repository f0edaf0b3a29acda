/** Memory of a page that hears an hour of live sound, given as fast as it is taken. */
import { BUNDLE, sampleUtterances, speechOf } from "../recordings.mjs";
import { giveSound, importRecognizer, openPage } from "./open-page.mjs";

const GAP_SECONDS = 1;
const PIECE_SAMPLES = 1600;
/** So often memory is looked at; what the first stretch takes is the page's warming up. */
const STRETCHES = 12;

export async function* memory({ minutes }) {
  const { samples } = await speechOf(sampleUtterances("test"), GAP_SECONDS);
  const opened = await openPage(BUNDLE);
  try {
    const { page, megabytes } = opened;
    await page.goto(opened.url);
    await importRecognizer(page);
    await giveSound(page, samples);
    await page.evaluate(startStream, { pieceSamples: PIECE_SAMPLES });
    const sizes = [];
    const started = performance.now();
    for (let i = 0; i < STRETCHES; i++) {
      await page.evaluate((seconds) => globalThis.hear(seconds), (60 * minutes) / STRETCHES);
      sizes.push(await megabytes());
    }
    const texts = await page.evaluate(() => globalThis.endStream());
    const pace = (60 * minutes) / ((performance.now() - started) / 1000);
    const list = sizes.map((size) => size.toFixed(0)).join(", ");
    yield `memory, ${minutes} min of live sound at ${pace.toFixed(0)} times real time, ${texts} segments: ${list} MB after each ${minutes / STRETCHES} min`;
  } finally {
    await opened.close();
  }
}

/** In the page: `hear(seconds)` lets the stream have so much more, and is done when it has been heard. */
async function startStream({ pieceSamples }) {
  const { sound, recognition } = globalThis;
  const recognizer = await recognition.Recognizer.load("/model.dsb", { threads: 1 });
  let [allowed, given, isOver, numSegments] = [0, 0, false, 0];
  let wake = () => {};
  let heard = () => {};
  async function* source() {
    for (;;) {
      while (given >= allowed && !isOver) {
        heard();
        await new Promise((resolve) => {
          wake = resolve;
        });
      }
      if (isOver) return;
      const at = given % (sound.length - pieceSamples);
      given += pieceSamples;
      yield sound.slice(at, at + pieceSamples);
    }
  }
  const stream = (async () => {
    for await (const { kind } of recognizer.stream(source())) if (kind === "final") numSegments += 1;
  })();
  globalThis.hear = (seconds) =>
    new Promise((resolve) => {
      heard = resolve;
      allowed += 16_000 * seconds;
      wake();
    });
  globalThis.endStream = async () => {
    isOver = true;
    wake();
    await stream;
    await recognizer.close();
    return numSegments;
  };
}
