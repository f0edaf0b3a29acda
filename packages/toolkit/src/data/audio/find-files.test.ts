import assert from "node:assert/strict";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { augmentationSchema } from "../augmentation/augmentation-config.js";
import { prepareAugmentation } from "../augmentation/prepare-augmentation.js";
import { loopingFolder, temporaryFolder } from "../fixtures.test.support.js";
import { folder as folderImporter } from "../importers/folder.js";
import { audioBelow, filesBelow, isAudioName } from "./find-files.js";

const FOUND = ["a.wav", "deeper/clip.MP4", "linked/one/b.flac"];

test("links to folders are followed, and each folder is entered once", async (t) => {
  const folder = await loopingFolder(t);
  assert.deepEqual(await audioBelow(folder), FOUND);
  assert.deepEqual(await filesBelow(folder), [
    "a.txt",
    "a.wav",
    "deeper/clip.MP4",
    "deeper/clip.txt",
    "linked/c.txt",
    "linked/one/b.flac",
    "linked/one/b.txt",
  ]);
  await assert.rejects(filesBelow(join(folder, "none")), { code: "file-not-found" });
});

test("importing and augmenting find these recordings, each once", async (t) => {
  const folder = await loopingFolder(t);
  const { utterances } = await folderImporter.read(folder);
  assert.deepEqual(
    utterances.map(({ audioPath }) => audioPath),
    FOUND.map((name) => join(folder, name)),
  );
  for (const { durationSeconds } of utterances)
    assert.ok(Math.abs(durationSeconds - 1.064) < 1e-3, `${durationSeconds}`);
  const { noiseFiles } = await prepareAugmentation(augmentationSchema.parse({ noise: [folder] }));
  assert.deepEqual(
    noiseFiles,
    FOUND.map((name) => join(folder, name)),
  );
});

test("a link that leads nowhere is found, so that it is told and not passed over", async (t) => {
  const folder = await temporaryFolder(t);
  await symlink("gone.wav", join(folder, "a.wav"));
  assert.deepEqual(await audioBelow(folder), ["a.wav"]);
});

test("every ending that is read by its path is found in a folder", () => {
  const read = [
    "flac",
    "wav",
    "mp3",
    "mpga",
    "opus",
    "ogg",
    "oga",
    "m4a",
    "mp4",
    "mov",
    "webm",
    "mka",
    "mkv",
    "aac",
    "WAV",
  ];
  for (const ending of read) assert.ok(isAudioName(`some/name.${ending}`), ending);
  for (const name of ["a.txt", "wav", "a.wav.bak"]) assert.ok(!isAudioName(name), name);
});
