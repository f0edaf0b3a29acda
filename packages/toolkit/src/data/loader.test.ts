import assert from "node:assert/strict";
import { once } from "node:events";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { changeSpeed } from "@deepspeech-ts/recognizer/audio";
import { loadWaveform } from "./audio/waveform.js";
import type { PlannedUtterance } from "./batches.js";
import { planBatches } from "./batches.js";
import { audioFixture, sampleCorpus, temporaryFolder, utterance, writeFiles } from "./fixtures.test.support.js";
import { readLibriSpeech } from "./librispeech.js";
import { AudioLoader, type AudioLoaderOptions, type Batch } from "./loader.js";
import type { Utterance } from "./types.js";

const SPEECH_SAMPLES = 17_024;
const SPEECH_BYTES = 4 * SPEECH_SAMPLES;

function openLoader(t: TestContext, options: AudioLoaderOptions): AudioLoader {
  const loader = new AudioLoader(options);
  t.after(() => loader.close());
  return loader;
}

async function collect<U extends Utterance>(batches: AsyncIterable<Batch<U>>): Promise<Batch<U>[]> {
  const collected: Batch<U>[] = [];
  for await (const batch of batches) collected.push(batch);
  return collected;
}

function speech(id: string, audioPath: string): Utterance {
  return utterance(id, { audioPath, durationSeconds: 1.064 });
}

function plan(utterances: Utterance[], speedFactor = 1): { batches: PlannedUtterance[][] } {
  return {
    batches: utterances.map((item) => [
      { utterance: item, speedFactor, durationSeconds: item.durationSeconds / speedFactor },
    ]),
  };
}

/** Copies of the fixture, which a test may take away. */
async function copies(t: TestContext, count: number): Promise<Utterance[]> {
  const folder = await temporaryFolder(t);
  const paths = Array.from({ length: count }, (_, i) => join(folder, `${i}.flac`));
  await Promise.all(paths.map((path) => cp(audioFixture("speech-16k.flac"), path)));
  return paths.map((path, i) => speech(`${i}`, path));
}

test("a corpus comes in planned order, each row the waveform and then zeros", async (t) => {
  const { utterances } = await readLibriSpeech(sampleCorpus("dev"));
  const epoch = planBatches(utterances, { maxBatchSeconds: 30, seed: 3, epoch: 0, order: "shuffled" });
  const loader = openLoader(t, { numWorkers: 2 });
  const batches = await collect(loader.batches(epoch));
  assert.deepEqual(
    batches.map((batch) => batch.utterances.map(({ id }) => id)),
    epoch.batches.map((batch) => batch.map((planned) => planned.utterance.id)),
  );
  const { waveforms, maxSamples, sampleLengths, utterances: inBatch } = batches[0] as Batch;
  assert.ok(inBatch.length > 1);
  assert.equal(waveforms.length, inBatch.length * maxSamples);
  for (const [row, { audioPath }] of inBatch.entries()) {
    const { samples } = await loadWaveform(audioPath);
    const values = waveforms.subarray(row * maxSamples, (row + 1) * maxSamples);
    assert.equal(sampleLengths[row], samples.length);
    assert.deepEqual(values.slice(0, samples.length), samples);
    assert.ok(values.subarray(samples.length).every((value) => value === 0));
  }
});

test("prefetchBatches batches are decoded ahead, and no more", async (t) => {
  const [first, second, third] = await copies(t, 3);
  assert.ok(first && second && third);
  const loader = openLoader(t, { numWorkers: 1, prefetchBatches: 1 });
  const batches = loader.batches(plan([first, second, third]));
  await batches.next();
  // The one worker answers in order: when this is here, what was asked for before it is decoded.
  await collect(loader.batches(plan([speech("other", audioFixture("speech.opus"))])));
  await rm(second.audioPath);
  await rm(third.audioPath);
  assert.deepEqual((await batches.next()).value?.failures, []);
  const reason = `${third.audioPath}: no such file; check the path.`;
  assert.deepEqual((await batches.next()).value?.failures, [{ utterance: third, reason }]);
  assert.equal((await batches.next()).done, true);
});

test("the first batches are decoded before anyone waits for them", async (t) => {
  const [first, second] = await copies(t, 2);
  assert.ok(first && second);
  const loader = openLoader(t, { numWorkers: 1, prefetchBatches: 0 });
  const batches = loader.batches(plan([first, second]));
  // The one worker answers in order: when this is here, what was asked for before it is decoded.
  await collect(loader.batches(plan([speech("other", audioFixture("speech.opus"))])));
  await rm(first.audioPath);
  await rm(second.audioPath);
  const failures = (await collect(batches)).map((batch) => batch.failures.length);
  assert.deepEqual(failures, [0, 1]);
});

test("the cache spares decoding until it is full, at any speed", async (t) => {
  const utterances = await copies(t, 3);
  const loader = openLoader(t, { numWorkers: 1, prefetchBatches: 0, cacheBytes: 2.5 * SPEECH_BYTES });
  const before = await collect(loader.batches(plan(utterances, 1.1)));
  for (const { audioPath } of utterances) await rm(audioPath);
  const same = await collect(loader.batches(plan(utterances, 1.1)));
  assert.deepEqual(same.slice(0, 2), before.slice(0, 2));
  assert.equal(same[2]?.failures.length, 1);
  const { samples } = await loadWaveform(audioFixture("speech-16k.flac"));
  const [own] = await collect(loader.batches(plan(utterances)));
  assert.deepEqual(own?.waveforms, samples);
  assert.deepEqual(before[0]?.waveforms, changeSpeed(samples, 16_000, 1.1));
});

test("without a cache every epoch reads the files", async (t) => {
  const utterances = await copies(t, 1);
  const loader = openLoader(t, { numWorkers: 1 });
  assert.deepEqual((await collect(loader.batches(plan(utterances))))[0]?.failures, []);
  await rm(utterances[0]?.audioPath ?? "");
  assert.equal((await collect(loader.batches(plan(utterances))))[0]?.failures.length, 1);
});

test("speed changes lengths", async (t) => {
  const loader = openLoader(t, { numWorkers: 1 });
  const item = speech("a", audioFixture("speech.opus"));
  for (const factor of [0.9, 1.1]) {
    const [batch] = await collect(loader.batches(plan([item], factor)));
    assert.deepEqual(batch?.speedFactors, [factor]);
    assert.deepEqual(batch?.sampleLengths, [Math.ceil(SPEECH_SAMPLES / factor)]);
  }
});

test("tempo changes lengths, and what is heard, from the cache or not", async (t) => {
  const item = speech("a", audioFixture("speech.opus"));
  const atTempo = {
    batches: plan([item]).batches.map((batch) =>
      batch.map((each) => ({ ...each, tempoFactor: 0.9, durationSeconds: item.durationSeconds / 0.9 })),
    ),
  };
  const loader = openLoader(t, { numWorkers: 1, cacheBytes: 1e9 });
  const [first] = await collect(loader.batches(atTempo));
  assert.deepEqual(first?.sampleLengths, [Math.round(SPEECH_SAMPLES / 0.9)]);
  const [again] = await collect(loader.batches(atTempo));
  assert.deepEqual(again?.waveforms, first.waveforms);
  const [plain] = await collect(loader.batches(plan([item])));
  assert.deepEqual(plain?.sampleLengths, [SPEECH_SAMPLES]);
});

test("bad files are left out of their batch and named", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { "empty.flac": "", "notes.wav": "no sound at all" });
  const good = speech("good", audioFixture("speech.opus"));
  const bad = [
    speech("empty", join(folder, "empty.flac")),
    speech("notes", join(folder, "notes.wav")),
    speech("missing", join(folder, "missing.wav")),
    { ...speech("wrong", audioFixture("speech-16k.mp3")), durationSeconds: 30 },
  ];
  const planned = [...bad, good].map((item) => ({
    utterance: item,
    speedFactor: 1,
    durationSeconds: item.durationSeconds,
  }));
  const loader = openLoader(t, { numWorkers: 1 });
  const [mixed, allBad] = await collect(loader.batches({ batches: [planned, planned.slice(0, 4)] }));
  assert.deepEqual(mixed?.utterances, [good]);
  assert.equal(mixed?.waveforms.length, SPEECH_SAMPLES);
  const path = audioFixture("speech-16k.mp3");
  assert.deepEqual(mixed?.failures, [
    { utterance: bad[0], reason: `${folder}/empty.flac: is empty.` },
    {
      utterance: bad[1],
      reason:
        `${folder}/notes.wav: is not audio of a known format ` +
        "(FLAC, WAV, MP3, Ogg Opus, Ogg Vorbis, M4A and WebM).",
    },
    { utterance: bad[2], reason: `${folder}/missing.wav: no such file; check the path.` },
    { utterance: bad[3], reason: `${path}: lasts 1.06 s, but its duration is stated as 30.00 s; correct it.` },
  ]);
  assert.deepEqual([allBad?.utterances, allBad?.waveforms.length, allBad?.maxSamples], [[], 0, 0]);
  assert.equal(allBad?.failures.length, 4);
});

test("an abort ends the batches with its reason, and the loader goes on", async (t) => {
  const utterances = await copies(t, 4);
  const loader = openLoader(t, { numWorkers: 1 });
  const controller = new AbortController();
  const batches = loader.batches(plan(utterances), { signal: controller.signal });
  await batches.next();
  const next = batches.next();
  controller.abort(new Error("stopped by hand"));
  await assert.rejects(next, { message: "stopped by hand" });
  assert.equal((await batches.next()).done, true);
  for await (const batch of loader.batches(plan(utterances))) {
    assert.equal(batch.utterances.length, 1);
    break;
  }
  assert.equal((await collect(loader.batches(plan(utterances)))).length, 4);
});

test("a closed loader says so, and closing twice does no harm", async () => {
  const loader = new AudioLoader({ numWorkers: 1 });
  const batches = loader.batches(plan([speech("a", audioFixture("speech.opus"))]));
  await loader.close();
  await assert.rejects(batches.next(), { message: "The worker pool was closed." });
  await loader.close();
});

test("options that make no loader are refused", () => {
  assert.throws(() => new AudioLoader({ numWorkers: 0 }), {
    name: "UserError",
    message: "numWorkers is 0, expected a whole number, 1 or more.",
  });
  assert.throws(() => new AudioLoader({ prefetchBatches: -1 }), {
    message: "prefetchBatches is -1, expected a whole number, 0 or more.",
  });
});

test("a loader works inside a worker thread", async () => {
  const script = `
    import { parentPort, workerData } from "node:worker_threads";
    const { AudioLoader } = await import(${JSON.stringify(new URL("./loader.js", import.meta.url))});
    const loader = new AudioLoader({ numWorkers: 2 });
    const lengths = [];
    for await (const { sampleLengths } of loader.batches(workerData)) lengths.push(...sampleLengths);
    await loader.close();
    parentPort.postMessage(lengths);`;
  const workerData = plan(["speech.opus", "speech-16k.flac"].map((name) => speech(name, audioFixture(name))));
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { workerData });
  // Both are listened for from the start: the worker may end in the same turn as it answers.
  const [[lengths], [status]] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
  assert.deepEqual(lengths, [SPEECH_SAMPLES, SPEECH_SAMPLES]);
  assert.equal(status, 0);
});
