import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { test } from "node:test";
import { audioFixture, correlation, temporaryFolder, writeFiles } from "../fixtures.test.support.js";
import { decodeAudio } from "./decode.js";
import { audioDurationSeconds } from "./duration.js";
import { decodeWaveform, loadWaveform, mixDown } from "./waveform.js";

/** [file, least correlation with the WAV file]: lossless formats match it, others lose what their coders lose. */
const FORMATS: [name: string, leastCorrelation: number][] = [
  ["speech-16k.flac", 0.999999],
  ["speech-flac.ogg", 0.999999],
  ["speech-16k.mp3", 0.999],
  ["speech.opus", 0.998],
  ["speech-vorbis.ogg", 0.998],
  ["speech.m4a", 0.998],
  ["speech.webm", 0.99],
  ["speech-44k-stereo.flac", 0.9995],
  ["speech-8k.wav", 0.99],
];

const WAV_ENCODINGS = ["pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw"];

function bytesOf(name: string): Promise<Uint8Array> {
  return readFile(audioFixture(name));
}

for (const [name, leastCorrelation] of FORMATS) {
  test(`${name} sounds like the WAV file, from its first sample on`, async () => {
    const expected = await loadWaveform(audioFixture("speech-16k.wav"));
    const { samples, sampleRate } = await loadWaveform(audioFixture(name));
    assert.equal(sampleRate, 16_000);
    assert.ok(Math.abs(samples.length - expected.samples.length) <= 1, `${samples.length} samples`);
    const found = correlation(samples, expected.samples);
    assert.ok(found > leastCorrelation, `correlation ${found}`);
  });

  test(`the duration of ${name} is that of its samples`, async () => {
    const { channels, sampleRate } = await decodeAudio(await bytesOf(name), { fileName: name });
    const decoded = (channels[0]?.length ?? 0) / sampleRate;
    assert.ok(Math.abs((await audioDurationSeconds(audioFixture(name))) - decoded) < 1e-9);
    assert.ok(Math.abs(decoded - 1.064) < 1e-4, `${decoded} s`);
  });
}

for (const encoding of WAV_ENCODINGS) {
  test(`WAV as ${encoding} sounds like WAV as 16 bits`, async () => {
    const expected = await loadWaveform(audioFixture("speech-16k.wav"));
    const path = audioFixture(`short-${encoding}.wav`);
    const { samples } = await loadWaveform(path);
    assert.equal(samples.length, 4000);
    assert.equal(await audioDurationSeconds(path), 0.25);
    assert.ok(correlation(samples, expected.samples) > 0.999);
  });
}

test("stereo is mixed down to the mean of its channels", async () => {
  const { channels } = await decodeAudio(await bytesOf("speech-44k-stereo.flac"), { fileName: "stereo" });
  const [left, right] = channels;
  assert.ok(left && right && channels.length === 2);
  const mean = mixDown(channels);
  for (let i = 0; i < mean.length; i += 97) {
    assert.ok(Math.abs((mean[i] as number) - ((left[i] as number) + (right[i] as number)) / 2) < 1e-7);
  }
});

test("Opus comes straight at 16 kHz when that is wanted, and as long as at 48 kHz", async () => {
  const bytes = await bytesOf("speech.opus");
  const direct = await decodeAudio(bytes, { fileName: "opus", targetSampleRate: 16_000 });
  assert.equal(direct.sampleRate, 16_000);
  const full = await decodeAudio(bytes, { fileName: "opus" });
  assert.equal(full.sampleRate, 48_000);
  assert.equal(full.channels[0]?.length, 3 * (direct.channels[0]?.length ?? 0));
});

for (const name of ["speech-16k.wav", "speech-16k.flac", "speech-16k.mp3", "speech.opus", "speech-vorbis.ogg"]) {
  test(`${name} is refused when its end is missing`, async () => {
    const bytes = await bytesOf(name);
    for (const part of [0.01, 0.3, 0.6, 0.9]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * part));
      await assert.rejects(decodeAudio(cut, { fileName: "cut" }), (error: Error & { code?: string }) => {
        assert.equal(error.name, "UserError");
        assert.match(error.message, /^cut: [^\n]+$/);
        return true;
      });
    }
  });
}

for (const name of ["speech-16k.flac", "speech.opus", "speech-vorbis.ogg"]) {
  test(`${name} is refused when one bit of its sound has changed`, async () => {
    const bytes = Uint8Array.from(await bytesOf(name));
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] as number) ^ 0x10;
    await assert.rejects(decodeAudio(bytes, { fileName: "changed" }), { code: "bad-audio", message: /is damaged/ });
  });
}

test("what is not audio is named, with the formats that are", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { "empty.flac": "", "notes.wav": "These are notes, and no sound at all." });
  const reject = async (name: string, message: string): Promise<void> => {
    await assert.rejects(loadWaveform(`${folder}/${name}`), {
      code: "bad-audio",
      message: `${folder}/${name}: ${message}`,
    });
    await assert.rejects(audioDurationSeconds(`${folder}/${name}`), { code: "bad-audio" });
  };
  await reject("empty.flac", "is empty.");
  await reject("notes.wav", "is not audio of a known format (FLAC, WAV, MP3, Ogg Opus, Ogg Vorbis, M4A and WebM).");
  await assert.rejects(audioDurationSeconds(`${folder}/none.wav`), { code: "file-not-found" });
});

test("content decides, not the name", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { "really-opus.wav": await bytesOf("speech.opus") });
  assert.equal((await loadWaveform(`${folder}/really-opus.wav`)).samples.length, 17_024);
});

test("samples that are no numbers are refused", async () => {
  const bytes = Uint8Array.from(await bytesOf("short-pcm_f32le.wav"));
  new DataView(bytes.buffer).setFloat32(bytes.length - 400, Number.NaN, true);
  await assert.rejects(decodeAudio(bytes, { fileName: "nan.wav" }), {
    message: "nan.wav: sample 3900 is NaN, expected a finite number; write the file anew.",
  });
});

test("a WAV file written to a pipe, with no length in its header, is read to its end", async () => {
  const bytes = Uint8Array.from(await bytesOf("speech-16k.wav"));
  new DataView(bytes.buffer).setUint32(40, 0xffffffff, true);
  assert.equal((await decodeWaveform(bytes, { fileName: "pipe.wav" })).samples.length, 17_024);
});

test("a WAV encoding that is not known is named", async () => {
  const bytes = Uint8Array.from(await bytesOf("speech-16k.wav"));
  new DataView(bytes.buffer).setUint16(20, 0x0055, true);
  await assert.rejects(decodeAudio(bytes, { fileName: "odd.wav" }), {
    message: "odd.wav: has WAV encoding 0x0055, expected PCM, float, A-law or mu-law; convert it first.",
  });
});

test("many files at once give the same as one after another", async () => {
  const paths = ["speech-16k.flac", "speech-44k-stereo.flac", "speech.opus", "speech-16k.flac"].map(audioFixture);
  const together = await Promise.all([...paths, ...paths].map((path) => loadWaveform(path)));
  for (const [index, path] of paths.entries()) {
    const alone = await loadWaveform(path);
    assert.deepEqual(together[index]?.samples, alone.samples, basename(path));
    assert.deepEqual(together[index + paths.length]?.samples, alone.samples, basename(path));
  }
});
