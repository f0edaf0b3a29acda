import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, correlation } from "../fixtures.test.support.js";
import { type DecodedAudio, decodeAudio, decodeChunks } from "./decode.js";
import { joinArrays } from "./join-arrays.js";
import { mixDown } from "./mix-down.js";
import { decodeWaveform, type Waveform } from "./waveform.js";

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

async function waveformOf(name: string): Promise<Waveform> {
  return decodeWaveform(await bytesOf(name), { fileName: name });
}

for (const [name, leastCorrelation] of FORMATS) {
  test(`${name} sounds like the WAV file, from its first sample on`, async () => {
    const expected = await waveformOf("speech-16k.wav");
    const { samples, sampleRate } = await waveformOf(name);
    assert.equal(sampleRate, 16_000);
    assert.ok(Math.abs(samples.length - expected.samples.length) <= 1, `${samples.length} samples`);
    const found = correlation(samples, expected.samples);
    assert.ok(found > leastCorrelation, `correlation ${found}`);
  });
}

for (const encoding of WAV_ENCODINGS) {
  test(`WAV as ${encoding} sounds like WAV as 16 bits`, async () => {
    const expected = await waveformOf("speech-16k.wav");
    const { samples } = await waveformOf(`short-${encoding}.wav`);
    assert.equal(samples.length, 4000);
    assert.ok(correlation(samples, expected.samples) > 0.999);
  });
}

test("stereo is mixed down to the mean of its channels", async () => {
  const { channels, sampleRate } = await decodeAudio(await bytesOf("speech-44k-stereo.flac"), { fileName: "stereo" });
  const [left, right] = channels;
  assert.ok(left && right && channels.length === 2);
  const mean = mixDown(channels, sampleRate);
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
        assert.equal(error.name, "RecognizerError");
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

test("what is not audio is named, with the formats that are", async () => {
  await assert.rejects(decodeAudio(new Uint8Array(), { fileName: "empty.flac" }), {
    code: "bad-audio",
    message: "empty.flac: is empty.",
  });
  // Of a live stream nobody knows beforehand.
  const live = decodeChunks([new Uint8Array()], { fileName: "live", fileBytes: Number.POSITIVE_INFINITY });
  await assert.rejects(live.next(), { code: "bad-audio", message: "live: is empty." });
  const notes = new TextEncoder().encode("These are notes, and no sound at all.");
  await assert.rejects(decodeAudio(notes, { fileName: "notes.wav" }), {
    code: "bad-audio",
    message: "notes.wav: is not audio of a known format (FLAC, WAV, MP3, Ogg Opus, Ogg Vorbis, M4A and WebM).",
  });
});

test("samples that are no numbers, or far outside their range, are refused", async () => {
  const bytes = Uint8Array.from(await bytesOf("short-pcm_f32le.wav"));
  const withSample = (value: number) => {
    new DataView(bytes.buffer).setFloat32(bytes.length - 400, value, true);
    return decodeAudio(bytes, { fileName: "odd.wav" });
  };
  await assert.rejects(withSample(Number.NaN), {
    message: "odd.wav: sample 3900 is NaN, expected a finite number; rewrite the file.",
  });
  await assert.rejects(withSample(-20_000), {
    message: "odd.wav: sample 3900 is -20000, expected a number from -1 to 1; rewrite the file.",
  });
  // Too loud, and sound.
  assert.equal((await withSample(16)).channels[0]?.[3900], 16);
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
    message:
      "odd.wav: has WAV encoding 0x0055, expected PCM, float, A-law or mu-law; convert it first, as with ffmpeg -i IN.wav -c:a pcm_s16le OUT.wav.",
  });
});

test("many files at once give the same as one after another", async () => {
  const names = ["speech-16k.flac", "speech-44k-stereo.flac", "speech.opus", "speech-16k.flac"];
  const together = await Promise.all([...names, ...names].map(waveformOf));
  for (const [index, name] of names.entries()) {
    const alone = await waveformOf(name);
    assert.deepEqual(together[index]?.samples, alone.samples, name);
    assert.deepEqual(together[index + names.length]?.samples, alone.samples, name);
  }
});

async function decodedInPieces(name: string, pieceBytes: number): Promise<Float32Array> {
  const bytes = await bytesOf(name);
  // Headers lie in the first piece.
  const starts = [0];
  for (let at = 4096; at < bytes.length; at += pieceBytes) starts.push(at);
  const memory = new Uint8Array(Math.max(4096, pieceBytes));
  function* pieces() {
    for (const [index, start] of starts.entries()) {
      const piece = bytes.subarray(start, starts[index + 1]);
      memory.set(piece);
      yield memory.subarray(0, piece.length);
      // It is the caller's again.
      memory.fill(0xaa);
    }
  }
  const parts: DecodedAudio[] = [];
  for await (const part of decodeChunks(pieces(), { fileName: name, fileBytes: bytes.length })) parts.push(part);
  return joinArrays(parts.map(({ channels, sampleRate }) => mixDown(channels, sampleRate)));
}

for (const name of ["speech-16k.wav", ...FORMATS.map(([format]) => format)]) {
  test(`${name} in pieces sounds as it does in one`, async () => {
    const { channels, sampleRate } = await decodeAudio(await bytesOf(name), { fileName: name });
    const whole = mixDown(channels, sampleRate);
    for (const pieceBytes of [500, 3001]) {
      const joined = await decodedInPieces(name, pieceBytes);
      assert.equal(joined.length, whole.length);
      for (let i = 0; i < whole.length; i++) {
        assert.ok(
          Math.abs((joined[i] as number) - (whole[i] as number)) < 1e-6,
          `sample ${i} of pieces of ${pieceBytes}`,
        );
      }
    }
  });
}
