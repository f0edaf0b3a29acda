/** Of transcripts and lengths, `deepspeech data check` leaves out what `deepspeech train` does, by whatever flags. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { alphabetOf, englishAlphabet } from "@deepspeech-ts/speech";
import { trainingPreparation } from "@deepspeech-ts/toolkit/internal/acoustic-model/corpora.js";
import {
  DeepSpeech,
  loadTrainingCorpus,
  modelTensors,
  saveCheckpoint,
  usableBatch,
} from "@deepspeech-ts/toolkit/internal/acoustic-model/index.js";
import { planBatches } from "@deepspeech-ts/toolkit/internal/data/batches.js";
import { checkCorpus } from "@deepspeech-ts/toolkit/internal/data/check/check-corpus.js";
import { severityOf } from "@deepspeech-ts/toolkit/internal/data/check/problems.js";
import { temporaryFolder, utterance, wav } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { AudioLoader } from "@deepspeech-ts/toolkit/internal/data/loader.js";
import { readManifest, writeManifest } from "@deepspeech-ts/toolkit/internal/data/manifest.js";
import { Random } from "@deepspeech-ts/toolkit/internal/data/random.js";
import type { Utterance } from "@deepspeech-ts/toolkit/internal/data/types.js";
import {
  type TrainConfig,
  type TrainConfigInput,
  trainConfigSchema,
} from "@deepspeech-ts/toolkit/internal/training/config.js";
import { deepspeech } from "./command.test.support.js";

const TEXTS = [
  "good morning",
  "",
  " ",
  "...",
  "5 o'clock",
  "[laughter]",
  "ja, (noise) bitte",
  "привет",
  "a",
  "AAAA bb",
];
const SECONDS = [0.01, 0.1, 0.19, 0.2, 0.21, 0.5, 1, 3, 16.7, 19.99, 20, 20.01, 3600];

/** Utterances of odd texts at odd lengths. */
function oddUtterances(count: number, seed: number): Utterance[] {
  const random = new Random(seed);
  const oneOf = <T>(values: readonly T[]): T => values[Math.floor(random.next() * values.length)]!;
  return Array.from({ length: count }, (_, i) => {
    const text = oneOf(TEXTS).repeat(1 + Math.floor(random.next() * 12));
    return utterance(`u${i}`, { text, durationSeconds: oneOf(SECONDS) * (0.8 + 0.4 * random.next()) });
  });
}

async function kept(manifest: string, config: TrainConfig, alphabet = englishAlphabet): Promise<string[]> {
  const { utterances } = await loadTrainingCorpus([manifest], { ...config, alphabet });
  return utterances.map(({ id }) => id);
}

async function fix(manifest: string, ...flags: string[]): Promise<Utterance[]> {
  const to = `${manifest}.fixed.jsonl`;
  const { status, stderr } = deepspeech("data", "check", manifest, "--fix", to, ...flags);
  assert.equal(status, 0, stderr);
  return (await readManifest(to)).utterances;
}

test("odd transcripts and lengths: both keep the same, by the same flags", async (t) => {
  const folder = await temporaryFolder(t);
  const manifest = join(folder, "odd.jsonl");
  await writeManifest(manifest, oddUtterances(400, 11));
  const cases: [string[], TrainConfigInput][] = [
    [[], {}],
    [["--no-normalise"], { normalise: false }],
    [["--sound-tags", "refuse", "--min-duration-seconds", "0"], { soundTags: "refuse", minDurationSeconds: 0 }],
    [
      ["--max-duration-seconds", "30", "--alphabet", "abcdefgm nor"],
      { maxDurationSeconds: 30, alphabet: "abcdefgm nor" },
    ],
    [
      ["--model.time-stride", "8", "--speed-factors", "0.5,2", "--tempo-factors", "1,1.5"],
      { model: { timeStride: 8 }, speedFactors: [0.5, 2], tempoFactors: [1, 1.5] },
    ],
    [["--features.hop-samples", "800"], { features: { hopSamples: 800 } }],
  ];
  const sizes = new Set<number>();
  for (const [flags, input] of cases) {
    const config = trainConfigSchema.parse(input);
    const alphabet = config.alphabet === undefined ? englishAlphabet : alphabetOf(config.alphabet);
    const clean = (await fix(manifest, "--no-audio", ...flags)).map(({ id }) => id);
    assert.deepEqual(clean, await kept(manifest, config, alphabet), flags.join(" "));
    sizes.add(clean.length);
  }
  assert.ok(sizes.size >= 5 && Math.min(...sizes) > 5 && Math.max(...sizes) < 395, [...sizes].join());
});

test("a model to fine-tune brings its alphabet and its stride", async (t) => {
  const folder = await temporaryFolder(t);
  const [manifest, checkpoint] = [join(folder, "odd.jsonl"), join(folder, "german.safetensors")];
  await writeManifest(manifest, oddUtterances(200, 12));
  const alphabet = alphabetOf("abeijt ");
  const { model: dimensions, features } = trainConfigSchema.parse({
    model: { timeStride: 6, convChannels: 2, residualLayers: 0, recurrentLayers: 1, hiddenSize: 4 },
  });
  using model = new DeepSpeech({
    ...dimensions,
    numMels: features.numMels,
    numTokens: alphabet.tokens.length,
    numPhones: 0,
    recurrence: "time",
  });
  saveCheckpoint(checkpoint, { model: model.config, features, alphabet, training: null }, modelTensors(model));
  const clean = (await fix(manifest, "--no-audio", "--init-from", checkpoint)).map(({ id }) => id);
  assert.deepEqual(clean, await kept(manifest, trainConfigSchema.parse({ model: dimensions }), alphabet));
  assert.notDeepEqual(
    clean,
    (await fix(manifest, "--no-audio")).map(({ id }) => id),
  );
});

test("stated durations: training keeps and loads what check leaves alone as it stands, and what --fix wrote", async (t) => {
  const folder = await temporaryFolder(t);
  const [manifest, config] = [join(folder, "stated.jsonl"), trainConfigSchema.parse({ minDurationSeconds: 0.5 })];
  const random = new Random(13);
  const stated: Utterance[] = [];
  for (let i = 0; i < 60; i++) {
    const seconds = 0.1 + 2 * random.next();
    const audioPath = join(folder, `${i}.wav`);
    const noise = Float32Array.from({ length: Math.round(16_000 * seconds) }, () => random.next() - 0.5);
    await writeFile(audioPath, wav(noise));
    const durationSeconds = seconds * (0.3 + 1.7 * random.next());
    stated.push(utterance(`u${i}`, { audioPath, durationSeconds, text: "on ".repeat(1 + (i % 15)) }));
  }
  await writeManifest(manifest, stated);
  const prepare = trainingPreparation({ ...config, alphabet: englishAlphabet });
  const { problems } = await checkCorpus(stated, {
    prepare,
    listens: true,
    plan: () => ({ maxBatchSeconds: 40, seed: 0 }),
  });
  const named = new Set(
    problems.filter(({ kind }) => severityOf(kind) !== "judge").map(({ utteranceId }) => utteranceId),
  );
  const [mended, good] = [
    await fix(manifest, "--min-duration-seconds", "0.5"),
    stated.filter(({ id }) => !named.has(id)),
  ];
  assert.ok(good.length > 5 && mended.length > good.length && mended.length < 60, `${good.length}, ${mended.length}`);
  await using loader = new AudioLoader();
  for (const corpus of [good, mended]) {
    await writeManifest(manifest, corpus);
    const { utterances } = await loadTrainingCorpus([manifest], { ...config, alphabet: englishAlphabet });
    const plan = planBatches(utterances, {
      maxBatchSeconds: 40,
      speedFactors: [1.1],
      seed: 0,
      epoch: 0,
      order: "shuffled",
    });
    const loaded: string[] = [];
    for await (const batch of loader.batches(plan)) {
      const usable = usableBatch(batch, config);
      assert.deepEqual(usable.failures, []);
      loaded.push(...usable.utterances.map(({ id }) => id));
    }
    assert.deepEqual(loaded.toSorted(), corpus.map(({ id }) => id).toSorted());
  }
});
