import assert from "node:assert/strict";
import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadWaveform } from "../audio/waveform.js";
import { planBatches } from "../batches.js";
import { audioFixture, sampleCorpus, temporaryFolder, utterance } from "../fixtures.test.support.js";
import { AudioLoader, type Batch } from "../loader.js";
import { loadUtterances, readManifest } from "../manifest.js";
import type { Utterance } from "../types.js";
import { packCorpus } from "./pack-corpus.js";
import { formatPackedPath, parsePackedPath } from "./packed-path.js";
import { shardHeader } from "./shard.js";

async function epoch(t: TestContext, utterances: readonly Utterance[]): Promise<Batch[]> {
  const loader = new AudioLoader({ numWorkers: 1 });
  t.after(() => loader.close());
  const plan = planBatches(utterances, {
    maxBatchSeconds: 20,
    seed: 5,
    epoch: 1,
    order: "shuffled",
    speedFactors: [0.9, 1],
  });
  const batches: Batch[] = [];
  for await (const batch of loader.batches(plan)) batches.push(batch);
  return batches;
}

test("training hears the same from a packed corpus, to the last bit of 16-bit recordings", async (t) => {
  const folder = join(await temporaryFolder(t), "packed");
  const { utterances } = await loadUtterances(join(sampleCorpus("dev"), "1/3"));
  const result = await packCorpus(utterances, { folder, numWorkers: 2, shardBytes: 100_000 });
  assert.ok(result.numShards > 1);
  assert.deepEqual((await readdir(folder)).length, result.numShards + 1);
  const packed = await loadUtterances(folder);
  assert.deepEqual(packed.utterances, result.utterances);
  assert.deepEqual(
    packed.utterances.map(({ id, text, speaker }) => [id, text, speaker]),
    utterances.map(({ id, text, speaker }) => [id, text, speaker]),
  );
  const [own, unpacked] = [await epoch(t, packed.utterances), await epoch(t, utterances)];
  assert.equal(own.length, unpacked.length);
  for (const [i, batch] of own.entries()) {
    assert.deepEqual(batch.failures, []);
    assert.deepEqual(batch.sampleLengths, unpacked[i]?.sampleLengths);
    const heard = unpacked[i]?.waveforms as Float32Array;
    const greatest = batch.waveforms.reduce((most, x, k) => Math.max(most, Math.abs(x - (heard[k] as number))), 0);
    // Lossy recordings have values between 16-bit steps.
    assert.ok(greatest <= 1 / 32_767, `batch ${i} differs by ${greatest}`);
  }
});

test("a 16-bit recording is the same to the bit; others are resampled and mixed down once", async (t) => {
  const folder = join(await temporaryFolder(t), "packed");
  const names = ["speech-16k.flac", "speech-44k-stereo.flac", "speech.opus"];
  const utterances = names.map((name) => utterance(name, { audioPath: audioFixture(name), durationSeconds: 1.064 }));
  await packCorpus(utterances, { folder, numWorkers: 1 });
  for (const { id, audioPath, durationSeconds } of (await readManifest(join(folder, "manifest.jsonl"))).utterances) {
    const [packed, original] = [await loadWaveform(audioPath), await loadWaveform(audioFixture(id))];
    assert.equal(durationSeconds, original.samples.length / 16_000);
    if (id === "speech-16k.flac") assert.deepEqual(packed, original);
    const greatest = packed.samples.reduce(
      (most, x, k) => Math.max(most, Math.abs(x - (original.samples[k] as number))),
      0,
    );
    assert.ok(greatest <= 0.51 / 32_767 && packed.samples.length === original.samples.length);
    assert.equal(
      (await loadWaveform(audioPath, { sampleRate: 8000 })).samples.length,
      Math.ceil(packed.samples.length / 2),
    );
  }
});

test("recordings lie from short to long, without gaps", async (t) => {
  const folder = join(await temporaryFolder(t), "packed");
  const { utterances } = await loadUtterances(join(sampleCorpus("dev"), "1/3"));
  const { utterances: packed, numBytes } = await packCorpus(utterances, { folder, numWorkers: 1 });
  let next = 0;
  let last = 0;
  const placed = packed.map((item) => ({ ...item, place: parsePackedPath(item.audioPath) }));
  for (const { place, durationSeconds } of placed.sort((a, b) => a.place!.firstSample - b.place!.firstSample)) {
    assert.equal(place?.firstSample, next);
    next += place?.numSamples ?? 0;
    assert.ok(durationSeconds >= last - 0.1);
    last = durationSeconds;
  }
  assert.equal((await readFile(join(folder, "shard-00000.pcm16"))).length, 16 + 2 * next);
  assert.equal(numBytes, 16 + 2 * next);
});

test("what cannot be read is left out and named", async (t) => {
  const folder = join(await temporaryFolder(t), "packed");
  const good = utterance("good", { audioPath: audioFixture("speech-16k.flac"), durationSeconds: 1.064 });
  const { utterances, failures } = await packCorpus([utterance("gone"), good], { folder, numWorkers: 1 });
  assert.deepEqual(
    utterances.map(({ id }) => id),
    ["good"],
  );
  assert.deepEqual(
    failures.map(({ reason }) => reason),
    ["gone.wav: no such file; check the path."],
  );
});

test("a folder that exists stays as it is, and failure leaves nothing", async (t) => {
  const outer = await temporaryFolder(t);
  await assert.rejects(packCorpus([], { folder: outer }), {
    message: `${outer}: exists already; remove it, or choose another folder.`,
  });
  await assert.rejects(packCorpus([utterance("gone")], { folder: join(outer, "new"), numWorkers: 1 }), {
    message: `${outer}/new: nothing could be packed; the first: gone.wav: no such file; check the path.`,
  });
  const stopped = { folder: join(outer, "new"), numWorkers: 1, signal: AbortSignal.abort(new Error("stopped")) };
  await assert.rejects(packCorpus([utterance("gone")], stopped), { message: "stopped" });
  assert.deepEqual(await readdir(outer), []);
});

test("damaged shards are named", async (t) => {
  const folder = join(await temporaryFolder(t), "packed");
  const good = utterance("good", { audioPath: audioFixture("speech-16k.flac"), durationSeconds: 1.064 });
  const { utterances } = await packCorpus([good], { folder, numWorkers: 1 });
  const [{ audioPath }] = (await readManifest(join(folder, "manifest.jsonl"))).utterances as [Utterance];
  await truncate(join(folder, "shard-00000.pcm16"), 1000);
  assert.equal(utterances.length, 1);
  await assert.rejects(loadWaveform(audioPath), {
    message: `${folder}/shard-00000.pcm16#0+17024: is not in its shard, which is cut short or another's; pack the corpus again.`,
  });
  await writeFile(join(folder, "other.pcm16"), "something else entirely");
  const other = formatPackedPath({ shardPath: join(folder, "other.pcm16"), firstSample: 0, numSamples: 1 });
  await assert.rejects(loadWaveform(other), /other\.pcm16: is not a shard of "deepspeech data pack"/);
  const beyond = formatPackedPath({ shardPath: join(folder, "shard-00000.pcm16"), firstSample: 0, numSamples: 1e13 });
  await assert.rejects(loadWaveform(beyond), /#0\+10000000000000: is not in its shard, which is cut short/);
  const atAnotherRate = { shardPath: join(folder, "rate.pcm16"), firstSample: 0, numSamples: 1 };
  await writeFile(atAnotherRate.shardPath, Buffer.concat([shardHeader(4_000_000_000), Buffer.alloc(2)]));
  await assert.rejects(loadWaveform(formatPackedPath(atAnotherRate)), /rate\.pcm16: is not a shard of "deepspeech/);
  const gone = formatPackedPath({ shardPath: join(folder, "gone.pcm16"), firstSample: 0, numSamples: 1 });
  await assert.rejects(loadWaveform(gone), /gone\.pcm16: no such file; check the path\.$/);
});

test("281,000 packed utterances are ready without one file being opened but the index", async (t) => {
  const folder = await temporaryFolder(t);
  const text = "the quick brown fox jumps over the lazy dog and runs back into the deep green forest where it lives";
  const lines = Array.from({ length: 281_000 }, (_, i) => {
    const audio_filepath = `shard-${String(i >> 10).padStart(5, "0")}.pcm16#${(i & 1023) * 196_800}+196800`;
    return `${JSON.stringify({ audio_filepath, duration: 12.3, text, speaker: String(i % 2338), id: `${i % 2338}-${i}` })}\n`;
  });
  // The shards themselves do not exist.
  await writeFile(join(folder, "manifest.jsonl"), lines.join(""));
  const start = performance.now();
  const { utterances } = await loadUtterances(folder);
  t.diagnostic(`read in ${Math.round(performance.now() - start)} ms`);
  assert.equal(utterances.length, 281_000);
  assert.deepEqual(parsePackedPath(utterances[2049]?.audioPath ?? ""), {
    shardPath: join(folder, "shard-00002.pcm16"),
    firstSample: 196_800,
    numSamples: 196_800,
  });
});
