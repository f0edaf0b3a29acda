import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { corpusStatistics } from "@deepspeech-ts/toolkit/internal/data/check/corpus-statistics.js";
import {
  sampleCorpus,
  temporaryFolder,
  utterance,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { loadUtterances } from "@deepspeech-ts/toolkit/internal/data/manifest.js";
import { browserOrSkip } from "@deepspeech-ts/toolkit/internal/evaluation/report/browsers.test.support.js";
import { chromium } from "playwright-core";
import { statisticsPicture } from "./data-stats-picture.js";

/** Speakers who say one utterance of 10 s for each of so many. */
function speakers(numbers: readonly number[]): ReturnType<typeof corpusStatistics> {
  return corpusStatistics(
    numbers.flatMap((count, i) =>
      Array.from({ length: count }, (_, j) =>
        utterance(`${i}-${j}`, { speaker: `s${i}`, durationSeconds: 10, text: "a".repeat(100 + j) }),
      ),
    ),
  );
}

/** The titles of the bars, in their order. */
function bars(picture: string): string[] {
  return [...picture.matchAll(/<title>(.*?)<\/title><\/rect>/g)].map((match) => match[1]!);
}

describe("the histograms' picture", () => {
  test("has a bar for each bin with something in it, as high as its count", () => {
    const picture = statisticsPicture(speakers([6, 12, 12]), "corpus");
    assert.deepEqual(
      bars(picture).filter((title) => title.includes("speaker")),
      ["1 to 1.1 min: 1 speaker", "2 to 2.1 min: 2 speakers"],
    );
    assert.deepEqual(bars(picture)[0], "10 to 11 s: 30 utterances");
    const heights = [...picture.matchAll(/height="([\d.]+)"><title>.* min: /g)].map((match) => Number(match[1]));
    assert.equal(heights[1], 2 * heights[0]!);
  });

  test("says in words what it shows, and escapes names", () => {
    const picture = statisticsPicture(speakers([6, 12, 12]), "a<b>&c");
    assert.match(picture, /<title id="name">a&lt;b&gt;&amp;c<\/title>/);
    assert.match(
      picture,
      /<desc id="description">30 utterances, 5\.0 min, 3 speakers, 30 words\. Seconds an utterance: from 10 to 11; most often 10 to 11 s, for 30 of 30 utterances\. /,
    );
    assert.match(picture, /Minutes a speaker: from 1 to 2\.1; most often 2 to 2\.1 min, for 2 of 3 speakers\.<\/desc>/);
  });

  test("counts hours where somebody speaks for hours, and leaves out what has nothing to show", () => {
    assert.match(statisticsPicture(speakers([720, 360]), "corpus"), /Hours a speaker: from 1 to 2\.\d+;/);
    const alone = statisticsPicture(speakers([5]), "corpus");
    assert.doesNotMatch(alone, /a speaker/);
    assert.match(alone, /viewBox="0 0 680 300"/);
    assert.match(statisticsPicture(corpusStatistics([]), "nothing"), /<desc id="description">0 utterances/);
  });
});

/** Of the texts: those beyond the picture, those that overlap, and the least contrast with the page (WCAG 2.1). */
const LOOK = `(() => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const fill = (element) => luminance(getComputedStyle(element).fill);
  const svg = document.documentElement;
  const page = fill(svg.querySelector(".page"));
  const contrast = (element) => (Math.max(fill(element), page) + 0.05) / (Math.min(fill(element), page) + 0.05);
  const texts = [...svg.querySelectorAll("text")];
  const boxes = texts.map((text) => text.getBoundingClientRect());
  const frame = svg.querySelector(".page").getBoundingClientRect();
  const isOut = (b) => b.left < frame.left || b.right > frame.right || b.top < frame.top || b.bottom > frame.bottom;
  const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return {
    out: texts.filter((_, i) => isOut(boxes[i])).map((text) => text.textContent),
    overlapping: texts.filter((_, i) => boxes.some((box, j) => i !== j && overlap(boxes[i], box))).map((text) => text.textContent),
    textContrast: Math.min(...texts.map(contrast)),
    barContrast: Math.min(...[...svg.querySelectorAll(".bar")].map(contrast)),
    pageLuminance: page,
  };
})()`;

test("in a browser, light and dark: every text is whole, apart from the others, and legible", async (t) => {
  const executablePath = browserOrSkip(t, "chromium");
  if (executablePath === undefined) return;
  const folder = await temporaryFolder(t);
  const sample = corpusStatistics((await loadUtterances(sampleCorpus("train"))).utterances);
  const pictures = {
    "sample.svg": statisticsPicture(sample, "sample-corpus/train"),
    "long.svg": statisticsPicture(speakers([99, 720, 5, 1, 36]), "a/folder/that/lies/deep/below/others/".repeat(4)),
  };
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  t.after(() => browser.close());
  for (const [name, picture] of Object.entries(pictures)) {
    const path = join(folder, name);
    await writeFile(path, picture);
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 1200, height: 400 } });
      await page.goto(pathToFileURL(path).href);
      const seen = (await page.evaluate(LOOK)) as Record<string, never>;
      assert.deepEqual([seen.out, seen.overlapping], [[], []], `${name}, ${colorScheme}`);
      assert.ok(seen.textContrast! >= 4.5, `contrast of texts is ${seen.textContrast}, ${colorScheme}`);
      assert.ok(seen.barContrast! >= 3, `contrast of bars is ${seen.barContrast}, ${colorScheme}`);
      assert.equal(seen.pageLuminance! > 0.5, colorScheme === "light");
    }
  }
});
