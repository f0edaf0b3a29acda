import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { decodeAudio } from "@deepspeech-ts/recognizer/audio";
import { audioFixture, temporaryFolder, writeFiles } from "../fixtures.test.support.js";
import { audioDurationSeconds } from "./duration.js";
import { loadWaveform } from "./waveform.js";

const SAME_SPEECH = [
  "speech-16k.wav",
  "speech-16k.flac",
  "speech-flac.ogg",
  "speech-16k.mp3",
  "speech.opus",
  "speech-vorbis.ogg",
  "speech.m4a",
  "speech.webm",
  "speech-44k-stereo.flac",
  "speech-8k.wav",
];

for (const name of SAME_SPEECH) {
  test(`the duration of ${name} is that of its samples`, async () => {
    const bytes = await readFile(audioFixture(name));
    const { channels, sampleRate } = await decodeAudio(bytes, { fileName: name });
    const decoded = (channels[0]?.length ?? 0) / sampleRate;
    assert.ok(Math.abs((await audioDurationSeconds(audioFixture(name))) - decoded) < 1e-9);
    assert.ok(Math.abs(decoded - 1.064) < 1e-4, `${decoded} s`);
  });
}

for (const encoding of ["pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw"]) {
  test(`the duration of WAV as ${encoding} stands in its header`, async () => {
    assert.equal(await audioDurationSeconds(audioFixture(`short-${encoding}.wav`)), 0.25);
  });
}

test("what is not audio is named, with the formats that are", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { "empty.flac": "", "notes.wav": "These are notes, and no sound at all." });
  const reject = async (name: string, message: string): Promise<void> => {
    await assert.rejects(loadWaveform(`${folder}/${name}`), {
      name: "UserError",
      code: "bad-audio",
      message: `${folder}/${name}: ${message}`,
    });
    await assert.rejects(audioDurationSeconds(`${folder}/${name}`), { name: "UserError", code: "bad-audio" });
  };
  await reject("empty.flac", "is empty.");
  await reject("notes.wav", "is not audio of a known format (FLAC, WAV, MP3, Ogg Opus, Ogg Vorbis, M4A and WebM).");
  await assert.rejects(audioDurationSeconds(`${folder}/none.wav`), { code: "file-not-found" });
});

test("a file cut short is refused, by its samples and by its header", async (t) => {
  const folder = await temporaryFolder(t);
  const bytes = await readFile(audioFixture("speech-16k.wav"));
  await writeFiles(folder, { "cut.wav": bytes.subarray(0, bytes.length >> 1) });
  const expected = { name: "UserError", code: "bad-audio", message: /cut\.wav: is cut short: \d+ of \d+ bytes/ };
  await assert.rejects(loadWaveform(`${folder}/cut.wav`), expected);
  await assert.rejects(audioDurationSeconds(`${folder}/cut.wav`), expected);
});

test("content decides, not the name", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { "really-opus.wav": await readFile(audioFixture("speech.opus")) });
  assert.equal((await loadWaveform(`${folder}/really-opus.wav`)).samples.length, 17_024);
});
