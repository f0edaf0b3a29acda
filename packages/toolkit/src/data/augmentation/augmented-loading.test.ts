/** Augmentation through the whole way: plan, worker threads, batches. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { decodeAudio, resample } from "@deepspeech-ts/recognizer/audio";
import { readFileOrExplain } from "@deepspeech-ts/recognizer/system";
import { loadWaveform } from "../audio/waveform.js";
import { type BatchPlanOptions, planBatches, planDigest } from "../batches.js";
import { audioFixture, sampleCorpus, temporaryFolder, wav, writeFiles } from "../fixtures.test.support.js";
import { readLibriSpeech } from "../librispeech.js";
import { AudioLoader, type AudioLoaderOptions } from "../loader.js";
import { power, reverberate } from "./augment.js";
import { augmentationSchema } from "./augmentation-config.js";
import { augmentationOf, type PreparedAugmentation, type UtteranceAugmentation } from "./utterance-augmentation.js";

const { utterances: dev } = await readLibriSpeech(sampleCorpus("dev"));
const corpus = dev.toSorted((a, b) => a.durationSeconds - b.durationSeconds).slice(0, 12);
const others = (await readLibriSpeech(sampleCorpus("test"))).utterances.map(({ audioPath }) => audioPath);
const room = audioFixture("speech-44k-stereo.flac");

function augmentation(changes: Partial<PreparedAugmentation> = {}): PreparedAugmentation {
  const { noise: _, reverberation: __, ...settings } = augmentationSchema.parse({ gainDb: [-3, 3] });
  return { ...settings, noiseFiles: others.slice(0, 6), impulseResponseFiles: [room], ...changes };
}

function planOf(changes: Partial<BatchPlanOptions> = {}) {
  return planBatches(corpus, {
    ...{ maxBatchUtterances: 4, seed: 3, epoch: 0, order: "shuffled", speedFactors: [0.9, 1, 1.1] },
    augmentation: augmentation(),
    ...changes,
  });
}

type Plan = ReturnType<typeof planOf>;
type Waveforms = Map<string, Float32Array>;

/** Waveforms by utterance. */
async function collect(loader: AudioLoader, plan: Pick<Plan, "batches">): Promise<Waveforms> {
  const waveforms: Waveforms = new Map();
  for await (const { utterances, waveforms: rows, maxSamples, sampleLengths, failures } of loader.batches(plan)) {
    assert.deepEqual(failures, []);
    for (const [row, { id }] of utterances.entries()) {
      waveforms.set(id, rows.slice(row * maxSamples, row * maxSamples + sampleLengths[row]!));
    }
  }
  return waveforms;
}

async function load(plan: Pick<Plan, "batches">, options: AudioLoaderOptions = { numWorkers: 2 }): Promise<Waveforms> {
  await using loader = new AudioLoader(options);
  return await collect(loader, plan);
}

test("an epoch is the same to the bit, whichever thread loads what, from the cache or not, begun or resumed", async () => {
  const plan = planOf();
  const whole = await load(plan, { numWorkers: 1 });
  assert.equal(whole.size, corpus.length);
  assert.deepEqual(await load(planOf(), { numWorkers: 3, prefetchBatches: 4 }), whole);
  const rest = await load({ batches: plan.batches.slice(1) });
  assert.ok(rest.size > 0 && rest.size < whole.size);
  for (const [id, waveform] of rest) assert.deepEqual(waveform, whole.get(id), id);

  await using loader = new AudioLoader({ numWorkers: 2, cacheBytes: 1e9 });
  assert.deepEqual(await collect(loader, plan), whole);
  assert.deepEqual(await collect(loader, plan), whole);
});

test("another epoch, or another seed, sounds different, and is as long", async () => {
  const still = { speedFactors: [1] };
  const first = await load(planOf(still));
  for (const changes of [{ epoch: 1 }, { seed: 4 }]) {
    const other = await load(planOf({ ...still, ...changes }));
    for (const [id, waveform] of first) {
      assert.equal(other.get(id)?.length, waveform.length);
      assert.notDeepEqual(other.get(id), waveform, id);
    }
  }
});

test("what has no augmentation in its plan is untouched, though training's plan went before it", async () => {
  await using loader = new AudioLoader({ numWorkers: 1, cacheBytes: 1e9 });
  await collect(loader, planOf({ speedFactors: [1] }));
  const evaluated = await collect(
    loader,
    planBatches(corpus, { maxBatchSeconds: 60, seed: 0, epoch: 0, order: "as-is" }),
  );
  for (const { id, audioPath } of corpus) {
    assert.deepEqual(evaluated.get(id), (await loadWaveform(audioPath)).samples, id);
  }
});

test("noise is mixed in at the ratio that was drawn", async () => {
  const noiseOnly = augmentation({
    noiseProbability: 1,
    noiseSnrDb: [6, 20],
    reverberationProbability: 0,
    gainDb: [0, 0],
  });
  const plan = planOf({ augmentation: noiseOnly, speedFactors: [1] });
  const waveforms = await load(plan);
  let measured = 0;
  for (const { utterance, augmentation } of plan.batches.flat()) {
    const noisy = waveforms.get(utterance.id)!;
    if (noisy.some((sample) => Math.abs(sample) === 1)) continue; // made softer as a whole
    const { samples: clean } = await loadWaveform(utterance.audioPath);
    const found = 10 * Math.log10(power(clean) / power(noisy.map((sample, i) => sample - clean[i]!)));
    assert.ok(Math.abs(found - augmentation!.noise!.snrDb) < 0.1, `${utterance.id}: ${found} dB`);
    measured++;
  }
  assert.ok(measured > 8, `${measured} utterances`);
});

test("of a room's channels the first is taken, at the model's sample rate", async () => {
  const roomOnly = augmentation({ noiseProbability: 0, reverberationProbability: 1, gainDb: [0, 0] });
  const [item] = planOf({ augmentation: roomOnly, speedFactors: [1] }).batches.flat();
  const { channels, sampleRate } = await decodeAudio(await readFileOrExplain(room), { fileName: room });
  assert.ok(channels.length === 2 && sampleRate === 44_100);
  const { samples } = await loadWaveform(item!.utterance.audioPath);
  const expected = reverberate(samples, resample(channels[0]!, sampleRate, 16_000));
  const found = (await load({ batches: [[item!]] })).get(item!.utterance.id);
  const peak = expected.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 1);
  assert.deepEqual(
    found,
    expected.map((sample) => sample * (1 / peak)),
  );
});

test("an utterance whose noise or room is none after all is played without, and the file is named", async (t) => {
  const folder = await temporaryFolder(t);
  const whole = await readFileOrExplain(audioFixture("speech-16k.flac"));
  await writeFiles(folder, {
    "vanished.flac": whole,
    "cut.flac": whole.subarray(0, 4200),
    "silent.wav": wav(new Float32Array(1600)),
    "long.wav": wav(new Float32Array(21 * 8000).fill(0.1), 8000),
  });
  await rm(join(folder, "vanished.flac"));
  await using loader = new AudioLoader({ numWorkers: 1 });
  const reasonWith = async (kind: "noise" | "impulseResponse", name: string): Promise<string | undefined> => {
    const none = { noiseFiles: [], impulseResponseFiles: [], noiseProbability: 1, reverberationProbability: 1 };
    const settings = augmentation({ ...none, gainDb: [0, 0], [`${kind}Files`]: [join(folder, name)] });
    const [item] = planOf({ augmentation: settings, speedFactors: [1] }).batches.flat();
    const { value: batch } = await loader.batches({ batches: [[item!]] }).next();
    assert.ok(batch);
    assert.deepEqual(batch.failures, []);
    assert.deepEqual(batch.waveforms, (await loadWaveform(item!.utterance.audioPath)).samples);
    return batch.unaugmented?.[0]?.reason.replaceAll(folder, "");
  };
  assert.equal(await reasonWith("noise", "vanished.flac"), "/vanished.flac: no such file; check the path.");
  assert.match((await reasonWith("noise", "cut.flac")) ?? "", /^\/cut\.flac: /);
  const silent = "/silent.wav: holds nothing but silence; take it out.";
  assert.equal(await reasonWith("noise", "silent.wav"), silent);
  assert.equal(await reasonWith("impulseResponse", "silent.wav"), silent);
  assert.equal(
    await reasonWith("impulseResponse", "long.wav"),
    "/long.wav: lasts 21.0 s, and no room's impulse response lasts over 20 s; is it noise?",
  );
});

test("a noise that cannot be used takes neither the room nor the gain away, nor a room the noise", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { "silent.wav": wav(new Float32Array(1600)) });
  const path = join(folder, "silent.wav");
  const [utterance] = corpus;
  const { audioPath, durationSeconds } = utterance!;
  const noise = { path: others[0]!, snrDb: 10, position: 0.5 };
  await using loader = new AudioLoader({ numWorkers: 1 });
  const loaded = async (augmentation: UtteranceAugmentation) => {
    const item = { utterance: { ...utterance!, audioPath }, speedFactor: 1, durationSeconds, augmentation };
    const { value: batch } = await loader.batches({ batches: [[item]] }).next();
    return { waveforms: batch!.waveforms, reasons: batch!.unaugmented?.map(({ reason }) => reason) };
  };
  const reason = `${path}: holds nothing but silence; take it out.`;
  const dry = await loaded({ gainDb: -6 });
  const inRoom = await loaded({ impulseResponsePath: room, gainDb: -6 });
  const noisy = await loaded({ noise, gainDb: -6 });
  assert.notDeepEqual(inRoom, dry);
  const silent = { ...noise, path };
  assert.deepEqual(await loaded({ impulseResponsePath: room, noise: silent, gainDb: -6 }), {
    ...inRoom,
    reasons: [reason],
  });
  assert.deepEqual(await loaded({ impulseResponsePath: path, noise, gainDb: -6 }), { ...noisy, reasons: [reason] });
  const neither = await loaded({ impulseResponsePath: path, noise: silent, gainDb: -6 });
  assert.deepEqual(neither, { ...dry, reasons: [reason, reason] });
});

test("shares and ranges are kept, and one lot does not move another", () => {
  const ids = Array.from({ length: 4000 }, (_, i) => `utterance ${i}`);
  const drawn = (changes: Partial<PreparedAugmentation>): (UtteranceAugmentation | undefined)[] =>
    ids.map((id) => augmentationOf(id, { seed: 1, epoch: 2, augmentation: augmentation(changes) }));
  const both = drawn({ noiseProbability: 0.3, noiseSnrDb: [5, 25], reverberationProbability: 0.6 });
  const count = (test: (item: UtteranceAugmentation | undefined) => boolean) => both.filter(test).length / ids.length;
  // Within four standard deviations of a share of 4000 lots.
  assert.ok(Math.abs(count((item) => item?.noise !== undefined) - 0.3) < 0.03);
  assert.ok(Math.abs(count((item) => item?.impulseResponsePath !== undefined) - 0.6) < 0.032);
  const ratios = both.flatMap((item) => item?.noise?.snrDb ?? []);
  assert.ok(Math.min(...ratios) >= 5 && Math.min(...ratios) < 5.5 && Math.max(...ratios) > 24.5);
  assert.ok(both.every((item) => Math.abs(item!.gainDb!) <= 3));

  const withoutRooms = drawn({ noiseProbability: 0.3, noiseSnrDb: [5, 25], impulseResponseFiles: [] });
  assert.deepEqual(
    withoutRooms.map((item) => item?.noise),
    both.map((item) => item?.noise),
  );
  const nothing = drawn({ noiseFiles: [], impulseResponseFiles: [], gainDb: [0, 0] });
  assert.ok(nothing.every((item) => item === undefined));
});

const madeUp = augmentation({
  ...{ noiseFiles: [], impulseResponseFiles: [], gainDb: [0, 0], noiseProbability: 1, reverberationProbability: 0.5 },
  ...{ madeUpNoise: ["white", "pink", "brown", "babble"], roomSeconds: [0.1, 0.5] },
});

test("made-up noises and rooms are the same to the bit, whichever thread makes them", async () => {
  const plan = planOf({ augmentation: madeUp });
  const noises = plan.batches.flat().map((item) => item.augmentation!.noise!);
  assert.ok(noises.some((noise) => "colour" in noise) && noises.some((noise) => "voices" in noise));
  const [one, three] = [
    await load(plan, { numWorkers: 1 }),
    await load(planOf({ augmentation: madeUp }), { numWorkers: 3 }),
  ];
  assert.deepEqual(one, three);
  const untouched = await load(
    planOf({ augmentation: augmentation({ ...madeUp, madeUpNoise: [], roomSeconds: [0, 0] }) }),
  );
  for (const [id, waveform] of one) {
    assert.equal(untouched.get(id)!.length, waveform.length);
    assert.notDeepEqual(untouched.get(id), waveform);
  }
});

test("each kind of noise comes as often, recordings count for one kind, and babble is of the corpus", () => {
  const ids = Array.from({ length: 5000 }, (_, i) => `utterance ${i}`);
  const both = augmentation({ ...madeUp, noiseFiles: others.slice(0, 3), impulseResponseFiles: [room] });
  const drawn = ids.map((id) => augmentationOf(id, { seed: 1, epoch: 0, augmentation: both, voices: corpus }));
  const shareOf = (test: (item: UtteranceAugmentation) => boolean) =>
    drawn.filter((item) => test(item!)).length / ids.length;
  // Within four standard deviations of a share of 5000 lots.
  for (const colour of ["white", "pink", "brown"]) {
    assert.ok(Math.abs(shareOf(({ noise }) => "colour" in noise! && noise.colour === colour) - 0.2) < 0.023, colour);
  }
  assert.ok(Math.abs(shareOf(({ noise }) => "path" in noise!) - 0.2) < 0.023);
  assert.ok(Math.abs(shareOf((item) => item.room !== undefined) - 0.25) < 0.025);
  assert.ok(Math.abs(shareOf((item) => item.impulseResponsePath !== undefined) - 0.25) < 0.025);
  const babbles = drawn.flatMap((item) => (item?.noise && "voices" in item.noise ? [item.noise.voices] : []));
  assert.deepEqual([...new Set(babbles.map(({ length }) => length))].sort(), [3, 4, 5, 6]);
  assert.deepEqual(
    new Set(babbles.flat().map(({ audioPath }) => audioPath)),
    new Set(corpus.map(({ audioPath }) => audioPath)),
  );
  const rooms = drawn.flatMap((item) => item?.room ?? []);
  assert.ok(
    rooms.every(({ seconds, directDb }) => seconds >= 0.1 && seconds <= 0.5 && directDb >= 0 && directDb <= 12),
  );
});

test("babble is of others, each once, as many as there are", () => {
  const babbleOnly = augmentation({ ...madeUp, madeUpNoise: ["babble"], roomSeconds: [0, 0] });
  const babblesIn = (voices: typeof corpus) =>
    voices.flatMap(({ id }) =>
      Array.from({ length: 50 }, (_, epoch) => {
        const { noise } = augmentationOf(id, { seed: 1, epoch, augmentation: babbleOnly, voices }) ?? {};
        const heard = noise && "voices" in noise ? noise.voices.map((voice) => voice.id) : [];
        assert.ok(!heard.includes(id), `${id} among ${heard}`);
        assert.equal(new Set(heard).size, heard.length);
        return heard.length;
      }),
    );
  assert.deepEqual(new Set(babblesIn(corpus.slice(0, 7))), new Set([3, 4, 5, 6]));
  assert.deepEqual(new Set(babblesIn(corpus.slice(0, 3))), new Set([2]));
  assert.deepEqual(new Set(babblesIn(corpus.slice(0, 1))), new Set([0]));
});

test("a plan is the same wherever a machine has its files", () => {
  const digestWith = (utterances: typeof corpus, changes: Partial<BatchPlanOptions> = {}) =>
    planDigest(
      planBatches(utterances, {
        ...{ maxBatchUtterances: 4, seed: 3, epoch: 0, order: "shuffled", augmentation: madeUp },
        ...changes,
      }),
    );
  const elsewhere = corpus.map((utterance) => ({ ...utterance, audioPath: `/elsewhere/${utterance.id}.flac` }));
  assert.equal(digestWith(elsewhere), digestWith(corpus));
  assert.notEqual(digestWith(corpus.toReversed()), digestWith(corpus));
  assert.notEqual(digestWith(corpus, { augmentation: { ...madeUp, gainDb: [1, 2] } }), digestWith(corpus));
});
