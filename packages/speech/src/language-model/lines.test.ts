import assert from "node:assert/strict";
import { test } from "node:test";
import { eachWord, LineSplitter } from "./lines.js";

const TEXT = "one\n\ntwo three\nfour has no end";

test("lines come whole and numbered, however the bytes were cut, though one buffer carries them all", () => {
  for (const chunkBytes of [1, 2, 3, 7, 100]) {
    const lines: string[] = [];
    const splitter = new LineSplitter((bytes, start, end, number) => {
      lines.push(`${number} ${new TextDecoder().decode(bytes.subarray(start, end))}`);
    });
    const buffer = new Uint8Array(chunkBytes);
    const bytes = new TextEncoder().encode(TEXT);
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const chunk = bytes.subarray(at, at + chunkBytes);
      buffer.set(chunk);
      splitter.push(buffer.subarray(0, chunk.length));
    }
    splitter.finish();
    assert.deepEqual(lines, ["1 one", "2 ", "3 two three", "4 four has no end"], `${chunkBytes} bytes at a time`);
  }
});

test("words are what stands between blanks, in the part that is asked for", () => {
  const bytes = new TextEncoder().encode("no  zwölf\tdrei\r no");
  const words: string[] = [];
  eachWord(bytes, 2, bytes.length - 2, (start, end) =>
    words.push(new TextDecoder().decode(bytes.subarray(start, end))),
  );
  assert.deepEqual(words, ["zwölf", "drei"]);
  eachWord(bytes, 3, 3, assert.fail);
});

test("a line that grows is told of with its length and number", () => {
  const told: [number, number][] = [];
  const splitter = new LineSplitter(
    () => {},
    (bytes, line) => told.push([bytes, line]),
  );
  for (const text of ["a\nbc", "de", "f\n", "g"]) splitter.push(new TextEncoder().encode(text));
  assert.deepEqual(told, [
    [2, 2],
    [4, 2],
    [0, 3],
    [1, 3],
  ]);
});
