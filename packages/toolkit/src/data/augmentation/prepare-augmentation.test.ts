import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { audioFixture, temporaryFolder, wav, writeFiles } from "../fixtures.test.support.js";
import { augmentationSchema } from "./augmentation-config.js";
import { prepareAugmentation } from "./prepare-augmentation.js";

const speech = { copyOf: audioFixture("speech-16k.flac") };
function prepare(settings: { noise?: string[]; reverberation?: string[] }) {
  return prepareAugmentation(augmentationSchema.parse(settings));
}

async function folderWith(t: TestContext, files: Parameters<typeof writeFiles>[1]): Promise<string> {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, files);
  return folder;
}

test("folders are searched at any depth, files are taken as they are, and each counts once", async (t) => {
  const folder = await folderWith(t, {
    "b.flac": speech,
    "deep/er/a.FLAC": speech,
    "deep/notes.txt": "no sound",
    "recording.unknown": speech,
  });
  const named = [join(folder, "recording.unknown"), join(folder, "b.flac")];
  const prepared = await prepare({ noise: [folder, ...named], reverberation: [join(folder, "deep")] });
  assert.deepEqual(prepared, {
    noiseFiles: [join(folder, "b.flac"), join(folder, "deep/er/a.FLAC"), join(folder, "recording.unknown")],
    impulseResponseFiles: [join(folder, "deep/er/a.FLAC")],
    ...{ noiseProbability: 0.5, noiseSnrDb: [5, 25], reverberationProbability: 0.5, gainDb: [0, 0] },
    ...{ madeUpNoise: [], roomSeconds: [0, 0], vocalTract: [1, 1] },
  });
});

test("nothing is given, nothing is done", async () => {
  const { noiseFiles, impulseResponseFiles } = await prepare({});
  assert.deepEqual([noiseFiles, impulseResponseFiles], [[], []]);
});

test("what cannot be used is named", async (t) => {
  const folder = await folderWith(t, {
    "texts/a.txt": "no sound",
    "noise/a.flac": speech,
    "noise/b.wav": "These are notes, and no sound at all.",
    "noise/c.wav": "",
    "long.wav": wav(new Float32Array(21 * 8000).fill(0.1), 8000),
  });
  const refused = (settings: Parameters<typeof prepare>[0], message: string, code = "bad-audio") =>
    assert.rejects(prepare(settings), { name: "UserError", code, message });
  const at = (name: string) => join(folder, name);

  await refused({ noise: [at("none")] }, `${at("none")}: no such file; check the path.`, "file-not-found");
  await refused(
    { noise: [at("texts")] },
    `${at("texts")}: holds no audio file (FLAC, WAV, MP3, Ogg Opus, Ogg Vorbis, M4A and WebM); ` +
      "give augmentation.noise another folder.",
  );
  await refused(
    { reverberation: [at("noise")] },
    `augmentation.reverberation: ${at("noise/b.wav")}: is not audio of a known format ` +
      "(FLAC, WAV, MP3, Ogg Opus, Ogg Vorbis, M4A and WebM). (and 1 more of 3 files)",
  );
  await refused(
    { reverberation: [at("long.wav")] },
    `augmentation.reverberation: ${at("long.wav")}: lasts 21.0 s, and no room's impulse response lasts over 20 s; ` +
      "is it noise?",
  );
  await prepare({ noise: [at("long.wav")] });
});

test("sound is left for later: a file whose headers are in order is taken, whatever follows", async (t) => {
  const whole = await readFile(audioFixture("speech-16k.flac"));
  const folder = await folderWith(t, {
    "cut.flac": whole.subarray(0, 4200),
    "silent.wav": wav(new Float32Array(1600)),
  });
  const { noiseFiles } = await prepare({ noise: [folder] });
  assert.deepEqual(noiseFiles, [join(folder, "cut.flac"), join(folder, "silent.wav")]);
});

test("the ends of a range must be in order", () => {
  for (const key of ["noiseSnrDb", "gainDb"]) {
    const { error } = augmentationSchema.safeParse({ [key]: [25, 5] });
    assert.equal(error?.issues[0]?.message, "must be the lowest value and then the highest");
  }
});
