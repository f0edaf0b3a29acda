/** Whatever callers hand over as sound is heard, or refused with the reason. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { audioFixture, BUNDLE, bytesOf, samplesOf, whiteNoise } from "../fixtures.test.support.js";
import { Recognizer } from "./recognizer.js";

const PATH = audioFixture("speech-16k.wav");
let recognizer: Recognizer;
let text: string;

before(async () => {
  recognizer = await Recognizer.load(pathToFileURL(BUNDLE), { threads: 1 });
  text = (await recognizer.transcribe(PATH)).text;
  assert.match(text, /^ac?tiv/);
});

after(() => recognizer.close());

function shared(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

test("a sound file is taken in every form that its bytes may have", async () => {
  const bytes = await bytesOf("speech-16k.wav");
  const plain = Uint8Array.from(bytes);
  const forms: Record<string, never> = {
    "file: URL": pathToFileURL(PATH) as never,
    "file: URL as text": pathToFileURL(PATH).href as never,
    Buffer: (await readFile(PATH)) as never,
    ArrayBuffer: plain.buffer as never,
    SharedArrayBuffer: shared(bytes) as never,
    DataView: new DataView(plain.buffer) as never,
    Blob: new Blob([plain]) as never,
    File: new File([plain], "a.wav") as never,
    Readable: createReadStream(PATH, { highWaterMark: 1000 }) as never,
    ReadableStream: new Blob([plain]).stream() as never,
    "list of pieces": [plain.subarray(0, 999), plain.slice(999).buffer] as never,
  };
  for (const [name, form] of Object.entries(forms)) {
    assert.equal((await recognizer.transcribe(form)).text, text, name);
  }
});

test("samples of 16 bits and of double precision are heard as those of single precision", async () => {
  const samples = await samplesOf(PATH);
  const expected = (await recognizer.transcribe(samples)).text;
  assert.equal((await recognizer.transcribe(Float64Array.from(samples))).text, expected);
  const whole = Int16Array.from(samples, (sample) => Math.round(32_767 * sample));
  assert.equal((await recognizer.transcribe(whole)).text, expected);
});

test("memory is the caller's again as soon as the call returns", async () => {
  const samples = await samplesOf(PATH);
  const bytes = Uint8Array.from(await readFile(PATH));
  const { score } = await recognizer.align(PATH, text);
  const inputs = [samples.slice(), bytes.slice(), bytes.slice().buffer, new DataView(bytes.slice().buffer)] as const;
  for (const input of inputs) {
    const found = recognizer.transcribe(input);
    const aligned = recognizer.align(input, text);
    new Uint8Array(ArrayBuffer.isView(input) ? input.buffer : input).fill(0);
    assert.equal((await found).text, text);
    assert.equal((await aligned).score, score);
  }
  function* pieces() {
    const memory = new Uint8Array(1000);
    for (let at = 0; at < bytes.length; at += memory.length) {
      memory.set(bytes.subarray(at, at + memory.length));
      yield memory.subarray(0, bytes.length - at);
    }
  }
  assert.equal((await recognizer.transcribe(pieces())).text, text);
});

const REFUSED: [unknown, RegExp][] = [
  [undefined, /^the sound is undefined; give a path, /],
  [null, /^the sound is null; /],
  [42, /^the sound is a number; /],
  ["", /^"" is no path; /],
  [{}, /^the sound is an Object; /],
  [Promise.resolve("a.wav"), /^the sound is a Promise; /],
  [new Int8Array(9), /^the sound is an Int8Array; /],
  [new Uint16Array(9), /^the sound is a Uint16Array; /],
  [[0.1, 0.2], /^the source brings a number, expected bytes; /],
  ["https://example.org/a.wav", /^https:\/\/example\.org\/a\.wav is no file: URL; fetch it, and give its bytes$/],
  [new URL("https://example.org/a.wav"), /is no file: URL; /],
  [Float32Array.of(0, 0.5, Number.NaN), /^sample 2 is NaN, expected a number from -1 to 1$/],
  [Float32Array.of(Number.NEGATIVE_INFINITY), /^sample 0 is -Infinity, /],
  [
    Float32Array.of(3, -12_000, 5),
    /^the samples reach 12000, expected numbers from -1 to 1; divide samples of 16 bits/,
  ],
  [Float32Array.of(3, -2, 5), /^the samples reach 5, /],
];

test("what is no sound is refused, by transcribe and by align", async () => {
  for (const [input, message] of REFUSED) {
    await assert.rejects(recognizer.transcribe(input as never), { code: "bad-argument", message });
    await assert.rejects(recognizer.align(input as never, "a"), { code: "bad-argument", message });
  }
  // Louder than full scale is no mistake of kind.
  assert.equal((await recognizer.transcribe(whiteNoise(16_000, 0))).text, "");
  await assert.rejects(recognizer.transcribe(new ArrayBuffer(0)), { code: "bad-audio", message: /is empty/ });
  await assert.rejects(recognizer.align(PATH, undefined as never), { code: "bad-argument" });
  await assert.rejects(recognizer.transcribe(PATH, null as never), { code: "bad-argument" });
  for (const bundle of [undefined, 42, new URL("https://example.org/a.dsb"), new Int16Array(4)]) {
    await assert.rejects(Recognizer.load(bundle as never), { code: "bad-argument", message: /^the bundle is / });
  }
});

async function finalText(source: never, options = {}): Promise<string> {
  let found = "";
  for await (const event of recognizer.stream(source, options)) if (event.kind === "final") found += event.text;
  return found;
}

for (const name of [
  ...["speech-16k.wav", "speech-16k.flac", "speech-flac.ogg", "speech-16k.mp3", "speech.opus"],
  ...["speech-vorbis.ogg", "speech.m4a", "speech.webm"],
]) {
  test(`${name} in place of raw samples is told at once`, async () => {
    const bytes = await bytesOf(name);
    const refused = {
      code: "bad-argument",
      message: /^the stream: is a sound file \(.+\), where raw samples .* "file"/,
    };
    await assert.rejects(finalText([bytes] as never), refused);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 700) }, (_, i) =>
      bytes.subarray(700 * i, 700 * i + 700),
    );
    await assert.rejects(finalText(pieces as never), refused);
    assert.match(await finalText(pieces as never, { encoding: "file" }), /^ac?tiv/);
  });
}

test("a stream's source may be samples of 16 bits, one piece or a Blob, and nothing that is no sound", async () => {
  const samples = Int16Array.from(await samplesOf(PATH), (sample) => Math.round(32_767 * sample));
  const expected = await finalText([samples] as never);
  assert.match(expected, /^ac?tiv/);
  for (const source of [samples, samples.buffer, new Blob([samples]), new Blob([samples]).stream()]) {
    assert.equal(await finalText(source as never), expected);
  }
  for (const source of [undefined, "talk.wav", 3, {}, new Int8Array(5), ["a"], [Float32Array.of(Number.NaN)]]) {
    await assert.rejects(finalText(source as never), { code: "bad-argument" });
  }
});

test("raw samples: files of formats that are not read are refused too, and samples that begin as a mark are not", async () => {
  const file = (start: string | number[]) => {
    const bytes = new Uint8Array(6000);
    bytes.set(typeof start === "string" ? Buffer.from(start, "latin1") : start);
    return bytes;
  };
  /** Frames that all begin with the same bytes. */
  const frames = (start: number[], length: number) => {
    const bytes = file([]);
    for (let at = 0; at + start.length < bytes.length; at += length) bytes.set(start, at);
    return bytes;
  };
  const foreign: [string, Uint8Array][] = [
    ["AIFF", file("FORM\0\0\0\x20AIFFCOMM")],
    ["AIFF-C", file("FORM\0\0\0\x20AIFCFVER")],
    ["CAF", file("caff\0\x01\0\0desc")],
    ["AU", file(".snd\0\0\0\x18")],
    ["AMR", file("#!AMR\n")],
    ["AMR", file("#!AMR-WB\n")],
    ["WMA or another ASF file", file("\x30\x26\xb2\x75\x8e\x66\xcf\x11")],
    ["AAC without a container (ADTS)", frames([0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc], 371)],
    ["MPEG audio of layer 1 or 2", frames([0xff, 0xfd, 0x84, 0x04], 384)],
    ["AC-3", frames([0x0b, 0x77, 0x11, 0x22, 0x10, 0x40], 512)],
    ["AC-3", frames([0x0b, 0x77, 0x11, 0x22, 0xa4, 0x40], 3840)],
  ];
  for (const [name, bytes] of foreign) {
    await assert.rejects(finalText(bytes as never), {
      code: "bad-argument",
      message: new RegExp(`is a sound file \\(${name.replace(/[()]/g, "\\$&")}\\)`),
    });
  }
  for (const mark of [
    [0xff, 0xf1],
    [0xff, 0xfd],
    [0xff, 0xfb, 0x90, 0x64],
    [0x0b, 0x77],
  ]) {
    const samples = Int16Array.from(await samplesOf(PATH), (x) => Math.round(32_767 * x));
    const bytes = new Uint8Array(samples.buffer);
    const expected = await finalText(bytes as never);
    bytes.set(mark);
    assert.equal(await finalText(bytes as never), expected);
  }
});

test("a sample rate that no sound has is a bad argument", async () => {
  const wanted = {
    code: "bad-argument",
    message: /^sampleRate is .+, expected a whole number from 1000 to 384000 samples a second$/,
  };
  for (const sampleRate of [0, -1, 999, 16_000.5, 384_001, 1e12, Number.NaN, "16000" as never]) {
    await assert.rejects(recognizer.transcribe(new Float32Array(1600), { sampleRate }), wanted);
    await assert.rejects(finalText(new Uint8Array(3200) as never, { sampleRate }), wanted);
  }
});

test("a pipe's path is refused before it is waited for", { skip: process.platform === "win32" }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "recognizer-pipe-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "sound");
  assert.equal(spawnSync("mkfifo", [path]).status, 0);
  await assert.rejects(recognizer.transcribe(path), {
    code: "file-not-readable",
    message: `${path}: is a pipe; give a stream of its bytes, such as createReadStream of node:fs`,
  });
  const writer = spawn("cp", [PATH, path]);
  assert.equal((await recognizer.transcribe(createReadStream(path))).text, text);
  assert.equal(writer.exitCode ?? (await once(writer, "exit"))[0], 0);
});
