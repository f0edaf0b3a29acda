/** A bundle whose words are found by their pronunciations: whole, in windows, live, and aligned. The English model is one. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { corpusErrorRates } from "@deepspeech-ts/speech";
import { samplesOf, sampleUtterances, speechWithGaps } from "../fixtures.test.support.js";
import { allEvents, checkStability, finalTexts, pieces } from "../stream-events.test.support.js";
import { Recognizer } from "./recognizer.js";

const ENGLISH = fileURLToPath(new URL("../../../model-english/english-web.dsb", import.meta.url));
const longest = sampleUtterances("test")
  .toSorted((a, b) => b.text.length - a.text.length)
  .slice(0, 6);
const rateOf = (reference: string, hypothesis: string) => corpusErrorRates([{ reference, hypothesis }]).wer;
let recognizer: Recognizer;

before(async () => {
  recognizer = await Recognizer.load(ENGLISH, { threads: 1 });
});

after(() => recognizer.close());

test("the bundle has pronunciations, and its emissions are told as those of its letters", async () => {
  assert.ok(recognizer.header.sections.some(({ name }) => name === "pronunciations.txt"));
  const widths = new Set<number>();
  await recognizer.transcribe(longest[0]!.path, { onEmissions: ({ emissions }) => widths.add(emissions.numTokens) });
  assert.deepEqual([...widths], [recognizer.header.alphabet.tokens.length]);
});

test("words come with their letters' times, and several texts are different ones", async () => {
  for (const { path } of longest.slice(0, 3)) {
    const { text, timedWords, nBest } = await recognizer.transcribe(path, { wordTimes: true, nBest: 3 });
    assert.equal(timedWords!.map(({ word }) => word).join(" "), text);
    for (const { word, characters, startSeconds, endSeconds } of timedWords!) {
      assert.equal(characters.map(({ character }) => character).join(""), word);
      assert.ok(startSeconds < endSeconds && characters.every((own) => own.startSeconds >= startSeconds));
    }
    const texts = nBest.map((alternative) => alternative.text);
    assert.equal(new Set(texts).size, texts.length);
    assert.equal(texts[0], text);
  }
});

test("pronunciations get fewer words wrong than letters, with the language model and alone", async () => {
  const hear = async (options: Parameters<Recognizer["transcribe"]>[1]) => {
    const texts = await Promise.all(longest.map(({ path }) => recognizer.transcribe(path, options)));
    return texts.map(({ text }) => text).join(" ");
  };
  const reference = longest.map(({ text }) => text).join(" ");
  const [found, greedy] = [await hear({}), await hear({ decoding: "greedy" })];
  assert.ok(rateOf(reference, found) < rateOf(reference, greedy), `${found} | ${greedy}`);
});

test("live, stable words stay, and what is said is what a recording says, within a few words", async () => {
  const { samples } = await speechWithGaps(longest.slice(0, 4), 1.5);
  const hotWords = ["a long way off", "their", "there"];
  for (const options of [{}, { hotWords, beamSize: 50 }]) {
    const events = await allEvents(recognizer, pieces(samples), options);
    checkStability(events);
    assert.ok(events.some((event) => event.kind === "partial" && event.stable !== ""));
    if ("hotWords" in options) continue;
    const { text } = await recognizer.transcribe(samples);
    const live = finalTexts(events).join(" ");
    assert.ok(rateOf(text, live) < 0.15, `live: ${live}; whole: ${text}`);
  }
});

test("a long recording in windows says what its parts say, within a few words", async () => {
  const { samples } = await speechWithGaps(longest, 0.2);
  const parts = await Promise.all(longest.map(({ path }) => samplesOf(path).then((own) => recognizer.transcribe(own))));
  const { text } = await recognizer.transcribe(samples);
  const apart = parts.map((part) => part.text).join(" ");
  assert.ok(rateOf(apart, text) < 0.3, `whole: ${text}; apart: ${apart}`);
});

test("a known text is aligned by its letters", async () => {
  const { path, text } = longest[0]!;
  const { timedWords } = await recognizer.align(path, text);
  assert.deepEqual(timedWords.map(({ word }) => word).join(" "), text);
  assert.ok(timedWords.every(({ startSeconds, endSeconds }) => endSeconds > startSeconds));
});
