/** The English model in a real page: words are found by how they are spoken, as in Node. */
import assert from "node:assert/strict";
import { Recognizer } from "@deepspeech-ts/recognizer";
import type * as web from "@deepspeech-ts/recognizer/web";
import { rootPath, testInBrowsers } from "./browsers.js";
import { openPage } from "./page.js";

/** In the page. */
declare const recognition: typeof web;

const CALLS = ["1/1/1-1-0028.opus", "1/1/1-1-0033.opus"];

testInBrowsers("the English model finds words by their pronunciations as it does in Node", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const bundle = rootPath("packages/model-english/english-web.dsb");
  opened.site.files.set("/english.dsb", bundle);
  const found = await opened.page.evaluate(
    async (names) => {
      const loaded = await recognition.Recognizer.load("/english.dsb");
      const texts = [];
      for (const name of names) texts.push(await loaded.transcribe(name, { hotWords: ["Wasserstein"] }));
      await loaded.close();
      return texts.map(({ text }) => text);
    },
    CALLS.map((name) => `corpus/${name}`),
  );
  await using inNode = await Recognizer.load(bundle, { threads: 1 });
  assert.ok(inNode.header.sections.some(({ name }) => name === "pronunciations.txt"));
  const paths = CALLS.map((name) => rootPath(`sample-corpus/test/${name}`));
  const expected = await Promise.all(paths.map((path) => inNode.transcribe(path, { hotWords: ["Wasserstein"] })));
  assert.deepEqual(
    found,
    expected.map(({ text }) => text),
  );
  assert.ok(found.every((text) => text !== ""));
});
