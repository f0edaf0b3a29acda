import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { loadWaveform } from "../audio/waveform.js";
import { audioFixture, temporaryFolder, utterance, wav, writeFiles } from "../fixtures.test.support.js";
import { packCorpus } from "../packing/pack-corpus.js";
import type { PrepareOptions } from "../prepare.js";
import type { Utterance } from "../types.js";
import { type AudioFacts, measureAudio } from "./audio-facts.js";
import { type CheckOptions, checkCorpus } from "./check-corpus.js";
import type { Problem } from "./problems.js";
import { isSameSound } from "./same-sound.js";

const PREPARE: PrepareOptions = {
  alphabet: englishAlphabet,
  normalise: true,
  framesOf: (seconds) => Math.floor(40 * seconds),
};

const OPTIONS: CheckOptions = {
  prepare: PREPARE,
  listens: true,
  plan: () => ({ maxBatchSeconds: 30, seed: 0 }),
  numWorkers: 1,
};

function speech(id: string, fields: Partial<Utterance> = {}): Utterance {
  return utterance(id, { audioPath: audioFixture("speech-16k.flac"), durationSeconds: 1.064, ...fields });
}

function found({ problems }: { problems: readonly Problem[] }): [string, string][] {
  return problems.map(({ kind, utteranceId }) => [kind, utteranceId]);
}

test("a recording's facts are those of its sound", async (t) => {
  const folder = await temporaryFolder(t);
  const { samples } = await loadWaveform(audioFixture("speech-16k.wav"));
  const loudest = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  await writeFiles(folder, {
    "quiet.wav": wav(samples.map((x) => x * 0.001)),
    "loud.wav": wav(samples.map((x) => x * (20 / loudest))),
    "one-top.wav": wav(Float32Array.from([0, 1, 1, 0, 1, 1, 1, 1, 0, -1])),
  });
  const own = await measureAudio(audioFixture("speech-16k.wav"));
  assert.deepEqual([own.durationSeconds, own.sampleRate, own.clippedShare], [1.064, 16_000, 0]);
  assert.ok(Math.abs(own.peak - loudest) < 1e-6);
  assert.ok(isSameSound(await measureAudio(audioFixture("speech-16k.flac")), own));
  assert.ok(!isSameSound(await measureAudio(audioFixture("speech-8k.wav")), own));
  assert.ok((await measureAudio(join(folder, "loud.wav"))).clippedShare > 0.05);
  assert.ok((await measureAudio(join(folder, "quiet.wav"))).peak < 0.002);
  assert.equal((await measureAudio(join(folder, "one-top.wav"))).clippedShare, 0.4);
});

test("what is heard: silence, clipping, low rates, wrong durations, files that cannot be read", async (t) => {
  const folder = await temporaryFolder(t);
  const { samples } = await loadWaveform(audioFixture("speech-16k.wav"));
  await writeFiles(folder, {
    "silence.wav": wav(new Float32Array(17_024)),
    "murmur.wav": wav(samples.map((x) => x * 0.003)),
    "clipped.wav": wav(samples.toReversed().map((x) => x * 40)),
  });
  const at = (id: string, name: string) => speech(id, { audioPath: join(folder, name) });
  const result = await checkCorpus(
    [
      speech("good"),
      at("silence", "silence.wav"),
      at("murmur", "murmur.wav"),
      at("clipped", "clipped.wav"),
      at("gone", "gone.wav"),
      speech("telephone", { audioPath: audioFixture("speech-8k.wav") }),
      speech("long", { audioPath: audioFixture("speech.opus"), durationSeconds: 9 }),
    ],
    OPTIONS,
  );
  assert.deepEqual(found(result), [
    ["silence", "silence"],
    ["silence", "murmur"],
    ["clipping", "clipped"],
    ["unreadable", "gone"],
    ["low-rate", "telephone"],
    ["wrong-duration", "long"],
  ]);
  assert.equal(result.problems.at(-1)?.detail, "9.00 s are stated, 1.06 s are there");
  assert.equal(result.problems[3]?.detail, `${folder}/gone.wav: no such file; check the path.`);
  assert.deepEqual(
    result.clean.map(({ id, durationSeconds }) => [id, durationSeconds]),
    [
      ["good", 1.064],
      ["clipped", 1.064],
      ["telephone", 1.064],
      ["long", 1.064],
    ],
  );
  assert.equal(result.numDropped, 3);
  assert.deepEqual(
    [...result.sampleRates],
    [
      [8000, 1],
      [16_000, 4],
      [48_000, 1],
    ],
  );
});

test("the same sound is known under another name and format, packed too, and in the held-out data", async (t) => {
  const folder = await temporaryFolder(t);
  const { utterances } = await packCorpus([speech("packed")], { folder: join(folder, "packed"), numWorkers: 1 });
  const others = ["speech-44k-stereo.flac", "speech-16k.mp3"].map((name) => audioFixture(name));
  const [stereo, mp3] = others.map((audioPath, i) => speech(`other-${i}`, { audioPath })) as [Utterance, Utterance];
  const train = [
    speech("first"),
    speech("again", { audioPath: audioFixture("speech-16k.wav") }),
    ...utterances,
    stereo,
    mp3,
  ];
  const result = await checkCorpus(train, {
    ...OPTIONS,
    heldOut: [speech("held", { audioPath: stereo.audioPath, speaker: "2" })],
  });
  assert.deepEqual(found(result), [
    ["duplicate", "again"],
    ["duplicate", "packed"],
    ["held-out-audio", "other-0"],
    ["duplicate", "other-1"],
  ]);
  assert.equal(result.problems[0]?.detail, "is first once more");
  assert.deepEqual(
    result.clean.map(({ id }) => id),
    ["first"],
  );
});

test("a copy is known at another loudness, from a twentieth to twenty times as loud", async (t) => {
  const folder = await temporaryFolder(t);
  const { samples } = await loadWaveform(audioFixture("speech-16k.wav"));
  const loudest = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const gains = [1, 0.05, 0.3, 0.47, 0.9];
  const full = samples.map((x) => x * (0.99 / loudest));
  await writeFiles(folder, Object.fromEntries(gains.map((gain) => [`${gain}.wav`, wav(full.map((x) => x * gain))])));
  for (const order of [gains, gains.toReversed()]) {
    const copies = order.map((gain) => speech(`${gain}`, { audioPath: join(folder, `${gain}.wav`) }));
    const others = order.slice(1).map((gain) => ["duplicate", `${gain}`]);
    assert.deepEqual(found(await checkCorpus(copies, OPTIONS)), others);
  }
});

test("a copy takes the place of a recording that is of no use itself, and is a duplicate of one that is kept", async () => {
  const corpus = [
    speech("without-words", { text: "..." }),
    speech("too-long-for-it", { text: "a".repeat(40) }),
    speech("good", { audioPath: audioFixture("speech-16k.wav") }),
    speech("again"),
    speech("again-without-words", { text: "..." }),
  ];
  const result = await checkCorpus(corpus, OPTIONS);
  assert.deepEqual(found(result), [
    ["no-words", "without-words"],
    ["too-few-frames", "too-long-for-it"],
    ["no-words", "again-without-words"],
    ["duplicate", "again"],
    ["duplicate", "again-without-words"],
  ]);
  assert.deepEqual(
    result.problems.slice(3).map(({ detail }) => detail),
    ["is good once more", "is good once more"],
  );
  assert.deepEqual(
    result.clean.map(({ id }) => id),
    ["good"],
  );
});

test("silence is not called a duplicate of silence", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { "silence.wav": wav(new Float32Array(16_000)) });
  const silent = ["a", "b"].map((id) => utterance(id, { audioPath: join(folder, "silence.wav") }));
  assert.deepEqual(found(await checkCorpus(silent, OPTIONS)), [
    ["silence", "a"],
    ["silence", "b"],
  ]);
});

test("what is written: words, characters, and room for CTC at the fastest speed", async () => {
  const prepare: PrepareOptions = { ...PREPARE, framesOf: (seconds) => Math.floor(10 * seconds) };
  const options: CheckOptions = { ...OPTIONS, listens: false, prepare };
  const corpus = [
    utterance("fits", { text: "abcdefghij" }),
    utterance("repeats", { text: "aabcdefghi" }),
    utterance("empty", { text: "..." }),
    utterance("greek", { text: "αβγ" }),
    utterance("numbers", { text: "20" }),
  ];
  assert.deepEqual(found(await checkCorpus(corpus, options)), [
    ["too-few-frames", "repeats"],
    ["no-words", "empty"],
    ["odd-characters", "greek"],
  ]);
  const fast = await checkCorpus(corpus, { ...options, prepare: { ...prepare, speedFactors: [1, 1.25] } });
  assert.equal(
    fast.problems[0]?.detail,
    'the transcript needs 10 frames, and 1.00 s of audio at 1.25 times its speed give 8 ("abcdefghij")',
  );
  const plain = await checkCorpus(corpus, { ...options, prepare: { ...prepare, normalise: false } });
  assert.deepEqual(
    plain.problems
      .filter(({ kind }) => kind === "odd-characters")
      .map(({ utteranceId, detail }) => [utteranceId, detail]),
    [
      ["empty", 'not in the alphabet: "." ("...")'],
      ["greek", 'not in the alphabet: "α", "β", "γ" ("αβγ")'],
      ["numbers", 'not in the alphabet: "2", "0" ("20")'],
    ],
  );
});

test("speech far faster or slower than the rest is pointed out, not dropped", async () => {
  const usual = Array.from({ length: 40 }, (_, i) =>
    utterance(`u${i}`, { text: "a b c d e f g h i j".slice(0, 15 + (i % 5)) }),
  );
  const odd = [
    utterance("slow", { text: "hm" }),
    utterance("fast", { text: "so much to say in so little time ".repeat(3).trim() }),
  ];
  const options = { ...OPTIONS, listens: false, prepare: { ...PREPARE, framesOf: () => 1000 } };
  const result = await checkCorpus([...usual, ...odd], options);
  assert.deepEqual(found(result), [
    ["odd-speed", "slow"],
    ["odd-speed", "fast"],
  ]);
  assert.equal(result.problems[0]?.detail, "2.0 characters a second, where 17.0 are usual");
  assert.equal(result.numDropped, 0);
  const few = await checkCorpus([...usual.slice(0, 5), ...odd], options);
  assert.deepEqual(few.problems, []);
});

test("a speaker who is in both is named once; nobody is not a speaker", async () => {
  const train = [
    utterance("a", { speaker: "ada" }),
    utterance("b", { speaker: "bob" }),
    utterance("c", { speaker: "ada" }),
    utterance("d", { speaker: "" }),
  ];
  const heldOut = [utterance("x", { speaker: "ada" }), utterance("y", { speaker: "" })];
  const { problems, numDropped } = await checkCorpus(train, { ...OPTIONS, listens: false, heldOut });
  assert.deepEqual(problems, [
    { kind: "held-out-speaker", utteranceId: "a", detail: 'speaker "ada", in 1 more utterance too' },
  ]);
  assert.equal(numDropped, 0);
});

test("padding is that of the plan of what is clean", async () => {
  const corpus = [
    utterance("short"),
    utterance("long", { durationSeconds: 3 }),
    utterance("empty", { text: "", durationSeconds: 9 }),
  ];
  const options = { ...OPTIONS, listens: false };
  const together = await checkCorpus(corpus, { ...options, plan: () => ({ maxBatchSeconds: 6, seed: 0 }) });
  assert.deepEqual([together.numBatches, together.paddingWaste.toFixed(4)], [1, (1 - 4 / 6).toFixed(4)]);
  assert.deepEqual(together.largestBatch, { numUtterances: 2, seconds: 3 });
  const apart = await checkCorpus(corpus, { ...options, plan: () => ({ maxBatchSeconds: 5, seed: 0 }) });
  assert.deepEqual([apart.numBatches, apart.paddingWaste], [2, 0]);
  assert.deepEqual(apart.largestBatch, { numUtterances: 1, seconds: 3 });
});

test("what training's limits leave out is told, and the plan plays what is left as slowly as training does", async () => {
  const durations = [0.1, 1, 2, 30];
  const corpus = durations.map((durationSeconds, i) => utterance(`u${i}`, { durationSeconds, text: "a" }));
  const result = await checkCorpus(corpus, {
    ...OPTIONS,
    listens: false,
    prepare: { ...PREPARE, minDurationSeconds: 0.5, maxDurationSeconds: 20 },
    plan: (audioSeconds) => ({ maxBatchSeconds: 20 * audioSeconds, seed: 0, speedFactors: [0.5] }),
  });
  assert.deepEqual(result.problems, [
    { kind: "too-short", utteranceId: "u0", detail: "lasts 0.10 s, under the 0.5 s allowed" },
    { kind: "too-long", utteranceId: "u3", detail: "lasts 30.00 s, over the 20 s allowed" },
  ]);
  assert.deepEqual([result.largestBatch, result.maxBatchSeconds], [{ numUtterances: 2, seconds: 4 }, 60]);
  const nothing = await checkCorpus([], { ...OPTIONS, listens: false });
  assert.deepEqual([nothing.numBatches, nothing.largestBatch], [0, undefined]);
});

test("a stated duration that costs an utterance its place is mended, one that saves it no place is not", async () => {
  const prepare = { ...PREPARE, minDurationSeconds: 0.8, maxDurationSeconds: 1.3 };
  const corpus = [
    speech("rounded", { durationSeconds: 1.1 }),
    speech("said-short", { durationSeconds: 0.7 }),
    speech("said-long", { durationSeconds: 1.4 }),
    speech("said-too-short-for-its-text", { durationSeconds: 0.9, text: "a".repeat(20) }),
    speech("too-short-for-its-text", { durationSeconds: 1.25, text: "a".repeat(23) }),
  ];
  const result = await checkCorpus(corpus, { ...OPTIONS, prepare });
  assert.deepEqual(
    found(result).filter(([kind]) => kind !== "duplicate"),
    [
      ["wrong-duration", "said-short"],
      ["wrong-duration", "said-long"],
      ["wrong-duration", "said-too-short-for-its-text"],
      ["too-few-frames", "too-short-for-its-text"],
    ],
  );
  assert.equal(result.problems[0]?.detail, "0.70 s are stated, 1.06 s are there");
});

test("an abort stops the listening", async () => {
  const signal = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(checkCorpus([speech("a")], { ...OPTIONS, signal }), { message: "stopped" });
});

test("facts do not depend on where the sound lies", async (t) => {
  const folder = join(await temporaryFolder(t), "packed");
  const { utterances } = await packCorpus([speech("a")], { folder, numWorkers: 1 });
  const packed: AudioFacts = await measureAudio(join(folder, "shard-00000.pcm16#0+17024"));
  assert.equal(utterances.length, 1);
  assert.deepEqual(packed, await measureAudio(audioFixture("speech-16k.flac")));
});
