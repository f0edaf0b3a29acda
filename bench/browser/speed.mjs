/** Ten seconds of speech through the full-size model, from samples to text, by turns in the page and in Node. */
import { median } from "../../build/bench/median.js";
import { Recognizer } from "../../packages/recognizer/dist/index.js";
import { fullSizeBundles } from "../recognizer/bundles.mjs";
import { sampleUtterances, speechOf } from "../recordings.mjs";
import { giveSound, importRecognizer, openPage } from "./open-page.mjs";

const PRECISIONS = ["fp32", "web", "int8"];
const SECONDS = 10;
const GAP_SECONDS = 0.1;
const WARM_UP_RUNS = 2;

export async function* speed({ bundles, rounds }) {
  const paths = await fullSizeBundles(bundles);
  const { samples } = await speechOf(sampleUtterances("test"), GAP_SECONDS);
  const sound = samples.slice(0, SECONDS * 16_000);
  for (const precision of PRECISIONS) yield await speedOf(paths[precision], { precision, sound, rounds });
}

async function speedOf(bundle, { precision, sound, rounds }) {
  const opened = await openPage(bundle);
  const recognizer = await Recognizer.load(bundle, { threads: 1 });
  const { page, cpuSeconds } = opened;
  try {
    await page.goto(opened.url);
    await importRecognizer(page);
    await giveSound(page, sound);
    await page.evaluate(async () => {
      globalThis.recognizer = await globalThis.recognition.Recognizer.load("/model.dsb", { threads: 1 });
    });
    const inPage = async () => {
      const before = await cpuSeconds();
      const seconds = await page.evaluate(async () => {
        const started = performance.now();
        await globalThis.recognizer.transcribe(globalThis.sound);
        return (performance.now() - started) / 1000;
      });
      return { seconds, cpu: (await cpuSeconds()) - before };
    };
    const inNode = async () => {
      const started = performance.now();
      await recognizer.transcribe(sound);
      return { seconds: (performance.now() - started) / 1000 };
    };
    const [here, there] = [[], []];
    for (let i = -WARM_UP_RUNS; i < rounds; i++) {
      const [own, other] = [await inPage(), await inNode()];
      if (i >= 0) [here.push(own), there.push(other)];
    }
    return lineOf(precision, here, there, opened.version);
  } finally {
    await recognizer.close();
    await opened.close();
  }
}

function lineOf(precision, here, there, version) {
  const of = (runs, key) => runs.map((run) => run[key]);
  const [page, node] = [of(here, "seconds"), of(there, "seconds")];
  const figures = [
    `${median(page).toFixed(3)} s in Chromium ${version} (least ${Math.min(...page).toFixed(3)}`,
    `processor ${median(of(here, "cpu")).toFixed(3)})`,
    `${median(node).toFixed(3)} s in Node (least ${Math.min(...node).toFixed(3)})`,
    `ratio ${(median(page) / median(node)).toFixed(2)} (of the least ${(Math.min(...page) / Math.min(...node)).toFixed(2)})`,
  ];
  return `speed, ${precision}: ${SECONDS} s of speech, one thread: ${figures.join(", ")}`;
}
