import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { resample } from "@deepspeech-ts/recognizer/audio";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { checkCorpus } from "../check/check-corpus.js";
import { audioFixture, temporaryFolder, writeFiles } from "../fixtures.test.support.js";
import { AudioLoader } from "../loader.js";
import { readManifest, writeManifest } from "../manifest.js";
import { packCorpus } from "../packing/pack-corpus.js";
import { formatSegmentPath, parseSegmentPath, partOfFile } from "./segment-path.js";
import { loadWaveform } from "./waveform.js";

test("a part of a file is a path, and back", () => {
  const part = { filePath: "a b/ü#1.wav", fromSeconds: 0.1 + 0.2, toSeconds: 1e-7 + 10 };
  assert.equal(formatSegmentPath(part), "a b/ü#1.wav#t=0.3,10.0000001");
  assert.deepEqual(parseSegmentPath("a b/ü#1.wav#t=0.3,10.0000001"), { ...part, fromSeconds: 0.3 });
  assert.equal(partOfFile("a.wav", 0, 30), "a.wav#t=0,30");
  for (const path of ["a.wav", "a.wav#t=1", "a.pcm16#10+20", "#t=a,b"]) assert.equal(parseSegmentPath(path), undefined);
});

for (const name of ["speech-16k.wav", "speech-16k.flac", "speech.opus", "speech-vorbis.ogg", "speech.m4a"]) {
  test(`a part of ${name} is that part of its sound`, async () => {
    const whole = (await loadWaveform(audioFixture(name))).samples;
    const { samples } = await loadWaveform(partOfFile(audioFixture(name), 0.25, 0.5));
    assert.deepEqual(samples, whole.slice(4000, 12_000));
    // A duration may be rounded up: what is there is taken.
    const { samples: end } = await loadWaveform(partOfFile(audioFixture(name), 1, 0.5));
    assert.deepEqual(end, whole.slice(16_000));
  });
}

test("a part is cut at the file's own rate, and resampled by itself", async () => {
  const path = audioFixture("speech-44k-stereo.flac");
  const own = (await loadWaveform(path, { sampleRate: 44_100 })).samples;
  const { samples } = await loadWaveform(partOfFile(path, 0.1, 0.2));
  assert.deepEqual(samples, resample(own.slice(4410, 13_230), 44_100, 16_000));
});

test("a part that begins after its file has ended is refused", async () => {
  const path = audioFixture("speech-16k.wav");
  await assert.rejects(loadWaveform(partOfFile(path, 2, 1)), {
    name: "UserError",
    code: "bad-audio",
    message: `${path}: lasts 1.06 s, and the part from 2 s is asked for.`,
  });
});

test("a manifest's offset and duration are the utterance's own: read, checked, loaded, packed and written so", async (t) => {
  const folder = await temporaryFolder(t);
  const lines = [
    { audio_filepath: "long.wav", offset: 0, duration: 0.4, text: "one", speaker: "", id: "first" },
    { audio_filepath: "long.wav", offset: 0.4, duration: 0.6, text: "two", speaker: "", id: "second" },
  ];
  const manifest = join(folder, "m.jsonl");
  await writeFiles(folder, {
    "long.wav": await readFile(audioFixture("speech-16k.wav")),
    "m.jsonl": lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
  });
  const { utterances } = await readManifest(manifest);
  const { samples: whole } = await loadWaveform(join(folder, "long.wav"));

  const checked = await checkCorpus(utterances, {
    prepare: { alphabet: englishAlphabet, normalise: true, framesOf: (seconds) => Math.floor(40 * seconds) },
    listens: true,
    plan: () => ({ maxBatchSeconds: 30, seed: 0 }),
    numWorkers: 1,
  });
  assert.deepEqual(
    checked.problems.filter(({ kind }) => kind !== "odd-speed"),
    [],
  );
  assert.deepEqual(checked.clean, utterances);

  await using loader = new AudioLoader({ numWorkers: 1 });
  const planned = utterances.map((utterance) => ({
    utterance,
    speedFactor: 1,
    durationSeconds: utterance.durationSeconds,
  }));
  for await (const batch of loader.batches({ batches: [planned] })) {
    assert.deepEqual(batch.failures, []);
    assert.deepEqual(batch.sampleLengths, [6400, 9600]);
    assert.deepEqual(batch.waveforms.slice(9600), whole.slice(6400, 16_000));
  }

  await writeManifest(join(folder, "again.jsonl"), utterances);
  assert.equal(await readFile(join(folder, "again.jsonl"), "utf8"), await readFile(manifest, "utf8"));
  const packed = await packCorpus(utterances, { folder: join(folder, "packed"), numWorkers: 1 });
  assert.deepEqual(
    packed.utterances.map(({ durationSeconds }) => durationSeconds),
    [0.4, 0.6],
  );
});
