/** Ten seconds of speech through the full-size model, from samples to text, by turns in the page and in Node. */
import { readFileSync } from "node:fs";
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
      const before = nodeSeconds(recognizer);
      const started = performance.now();
      await recognizer.transcribe(sound);
      return { seconds: (performance.now() - started) / 1000, cpu: nodeSeconds(recognizer) - before };
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

/** Processor time of this process and of the one that runs the model; NaN where there is no /proc. */
function nodeSeconds({ modelProcessIds }) {
  const { user, system } = process.cpuUsage();
  return modelProcessIds.reduce((sum, id) => sum + processSeconds(id), (user + system) / 1e6);
}

function processSeconds(id) {
  try {
    // Behind the name, which may hold anything; times are in hundredths of a second.
    const fields = readFileSync(`/proc/${id}/stat`, "utf8").split(") ").at(-1).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

function lineOf(precision, here, there, version) {
  const of = (runs, key) => median(runs.map((run) => run[key]));
  const told = (runs, place) =>
    `${place} ${of(runs, "seconds").toFixed(2)} s (${of(runs, "cpu").toFixed(2)} s of processor)`;
  const ratios = ["seconds", "cpu"].map((key) => (of(here, key) / of(there, key)).toFixed(2));
  return `speed, ${precision}, ${SECONDS} s of speech, one thread: ${told(here, `Chromium ${version}`)}, ${told(there, "Node")}: ${ratios[0]} times (${ratios[1]} by processor time)`;
}
