import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loopingFolder } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { findRecordings } from "./transcribe-inputs.js";

test("a folder, or a pattern over it, stands for each of its recordings once, whatever links lead back", async (t) => {
  const folder = await loopingFolder(t);
  const found = ["a.wav", "deeper/clip.MP4", "linked/one/b.flac"].map((name) => join(folder, name));
  assert.deepEqual(await findRecordings([folder]), found);
  assert.deepEqual(await findRecordings([join(folder, "**/*.{wav,MP4,flac}")]), found);
});
