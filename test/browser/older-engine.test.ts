/** The recogniser in engines that lack what the newest have. */
import assert from "node:assert/strict";
import type * as web from "@deepspeech-ts/recognizer/web";
import { testInBrowsers } from "./browsers.js";
import { openPage, visit } from "./page.js";

/** In the page. */
declare const recognition: typeof web;

/** Takes from an engine what those that docs/browser.md names do not have, nor Safari of today. */
function beAnOlderEngine(): void {
  const page = globalThis as unknown as Record<string, { prototype: object } | undefined> & { isOlder?: boolean };
  if (page.isOlder) return;
  page.isOlder = true;
  const newer: [object | undefined, readonly PropertyKey[]][] = [
    [page.ReadableStream?.prototype, [Symbol.asyncIterator, "values"]],
    [page.AbortSignal, ["any"]],
    [page.URL, ["canParse", "parse"]],
    [
      page.Iterator?.prototype,
      ["map", "filter", "take", "drop", "flatMap", "reduce", "toArray", "forEach", "some", "find"],
    ],
    [Array, ["fromAsync"]],
    [Map, ["groupBy"]],
    [Object, ["groupBy"]],
    [Promise, ["try", "withResolvers"]],
    [Set.prototype, ["union", "intersection", "difference", "isSubsetOf", "isSupersetOf", "isDisjointFrom"]],
    [Uint8Array, ["fromBase64", "fromHex"]],
    [Uint8Array.prototype, ["toBase64", "toHex"]],
  ];
  for (const [owner, keys] of newer) for (const key of keys) if (owner) Reflect.deleteProperty(owner, key);
  // Symbol's own cannot be deleted, nor hidden by a proxy of it.
  const symbols = Symbol;
  page.Symbol = new Proxy(() => {}, {
    apply: (_, __, [description]) => symbols(description),
    get: (_, key) => (key === "dispose" || key === "asyncDispose" ? undefined : Reflect.get(symbols, key)),
  });
}

testInBrowsers("an engine of the age that the guide names fetches, recognises and hears", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const { page, site } = opened;
  site.preface = `(${beAnOlderEngine})();\n`;
  await visit(page, site);
  const found = await page.evaluate(async () => {
    const loaded = await recognition.Recognizer.load("/model.dsb");
    const heard = await loaded.transcribe("/audio/speech-16k.wav");
    const { body } = await fetch("/audio/speech-16k.wav");
    const ofStream = await loaded.transcribe(body as never);
    const aligned = await loaded.align("/audio/speech-16k.wav", heard.text);
    const live: string[] = [];
    const { body: again } = await fetch("/audio/speech-16k.wav");
    for await (const event of loaded.stream(again as never, { encoding: "file" })) {
      if (event.kind !== "partial") live.push(event.text);
    }
    await loaded.close();
    const isOlder = !("dispose" in Symbol && Symbol.dispose) && !(Symbol.asyncIterator in ReadableStream.prototype);
    return { isOlder, texts: [heard.text, ofStream.text, ...live], numWords: aligned.timedWords.length };
  });
  assert.deepEqual(found, { isOlder: true, texts: Array(3).fill("activated"), numWords: 1 });
});
