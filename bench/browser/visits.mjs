/** How soon the server's page is ready, and with it the recogniser with the full-size model: at first, and visited again. */
import { median } from "../../build/bench/median.js";
import { fullSizeBundles } from "../recognizer/bundles.mjs";
import { importRecognizer, openPage } from "./open-page.mjs";

const PRECISION = "web";

export async function* visits({ bundles, rounds }) {
  const { [PRECISION]: bundle } = await fullSizeBundles(bundles);
  const opened = await openPage(bundle);
  try {
    const first = await visit(opened);
    const again = [];
    for (let i = 0; i < rounds; i++) again.push(await visit(opened));
    const told = (page, recogniser) =>
      `the page after ${page.toFixed(2)} s, the recogniser after ${recogniser.toFixed(2)} s`;
    const middle = (key) => median(again.map((visit) => visit[key]));
    yield `visits, full-size model in ${PRECISION}: at first ${told(first.page, first.recogniser)}; again ${told(middle("page"), middle("recogniser"))}`;
  } finally {
    await opened.close();
  }
}

/** Seconds from the navigation until the page can be used, and until the recogniser is loaded as well. */
async function visit({ page, url }) {
  await page.goto("about:blank");
  const started = performance.now();
  await page.goto(url);
  await page.getByRole("button", { name: "Record" }).waitFor();
  const ready = performance.now();
  await importRecognizer(page);
  await page.evaluate(async () => {
    const recognizer = await globalThis.recognition.Recognizer.load("/model.dsb", { threads: 1 });
    globalThis.close = () => recognizer.close();
  });
  const done = performance.now();
  await page.evaluate(() => globalThis.close());
  return { page: (ready - started) / 1000, recogniser: (done - started) / 1000 };
}
