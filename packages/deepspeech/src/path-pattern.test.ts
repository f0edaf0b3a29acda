import assert from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder, writeFiles } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { expandBraces, expandPattern, isPattern, namePattern } from "./path-pattern.js";

test("one name against one pattern", () => {
  const cases: [string, string[], string[]][] = [
    ["*.wav", ["a.wav", ".wav".padStart(6, "x")], ["a.mp3", ".hidden.wav", "a.wav.bak"]],
    ["?.wav", ["a.wav"], [".wav", "ab.wav"]],
    ["[a-c]x", ["ax", "cx"], ["dx", "x"]],
    ["[!a-c]x", ["dx"], ["ax"]],
    ["a+(1).wav", ["a+(1).wav"], ["aa1.wav"]],
    ["[", ["["], ["x"]],
    [".*", [".a"], ["a"]],
  ];
  for (const [pattern, matching, others] of cases) {
    for (const name of matching) assert.match(name, namePattern(pattern), pattern);
    for (const name of others) assert.doesNotMatch(name, namePattern(pattern), pattern);
  }
  assert.throws(() => namePattern("[z-a].wav"), { name: "UserError", exitCode: 2 });
});

test("braces stand for each of their words", () => {
  assert.deepEqual(expandBraces("a.{wav,mp3}"), ["a.wav", "a.mp3"]);
  assert.deepEqual(expandBraces("{a,b}/{c,d{1,2}}").sort(), ["a/c", "a/d1", "a/d2", "b/c", "b/d1", "b/d2"]);
  assert.deepEqual(expandBraces("a{b"), ["a{b"]);
});

test("patterns stand for files, in the order of their paths", async (t) => {
  const folder = await temporaryFolder(t);
  const names = ["b/1.wav", "b/c/2.mp3", "b/c/3.wav", "4.wav", "5.txt", ".6.wav", "d.wav/7.wav"];
  await writeFiles(folder, Object.fromEntries(names.map((name) => [name, name])));
  const expand = async (pattern: string) =>
    (await expandPattern(join(folder, pattern))).map((path) => path.slice(folder.length + 1));
  assert.deepEqual(await expand("*.wav"), ["4.wav"], "neither folders nor hidden files");
  assert.deepEqual(await expand("**/*.wav"), ["4.wav", "b/1.wav", "b/c/3.wav", "d.wav/7.wav"]);
  assert.deepEqual(await expand("b/**/*.{mp3,wav}"), ["b/1.wav", "b/c/2.mp3", "b/c/3.wav"]);
  assert.deepEqual(await expand("b/**"), ["b/1.wav", "b/c/2.mp3", "b/c/3.wav"]);
  assert.deepEqual(await expand("*/c/[0-2].*"), ["b/c/2.mp3"]);
  assert.deepEqual(await expand("{5,9}.txt"), ["5.txt"]);
  assert.deepEqual(await expand("none/*.wav"), []);
  assert.deepEqual(["a.wav", "a*"].map(isPattern), [false, true]);
});

test("** follows links to folders, and enters each folder once", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { "corpus/a.wav": "a", "corpus/deep/b.wav": "b", "store/c.wav": "c" });
  await symlink(".", join(folder, "corpus/again"));
  await symlink("..", join(folder, "corpus/deep/up"));
  await symlink("../store", join(folder, "corpus/linked"));
  const found = await expandPattern(join(folder, "corpus/**/*.wav"));
  assert.deepEqual(
    found.map((path) => path.slice(folder.length + 1)),
    ["corpus/a.wav", "corpus/deep/b.wav", "corpus/linked/c.wav"],
  );
  await mkdir(join(folder, "empty"));
  assert.deepEqual(await expandPattern(join(folder, "empty/**/*.wav")), []);
  assert.deepEqual(await expandPattern(join(folder, "none/**/*.wav")), []);
});
