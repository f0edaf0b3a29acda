/** The predicted memory, held against what a real training step takes in a process of its own. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { DeepSpeech } from "@deepspeech-ts/toolkit/internal/acoustic-model/deepspeech.js";
import { memoryOfMachine, numParameters } from "@deepspeech-ts/toolkit/internal/acoustic-model/memory.js";
import { defaultModelConfig } from "@deepspeech-ts/toolkit/internal/acoustic-model/model-config.js";
import { audioFixture, temporaryFolder } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { type TrainConfigInput, trainConfigSchema } from "@deepspeech-ts/toolkit/internal/training/config.js";
import { memoryLines } from "./data-check-memory.js";

const numTokens = englishAlphabet.tokens.length;

/** Bytes by which resident memory grows at most, from a loaded libtorch through the session's opening and one step. */
const STEP = `
  const at = (path) => import("@deepspeech-ts/toolkit/internal/" + path);
  const [config, batch, speechPath] = JSON.parse(process.argv[1]);
  const { encodeText, englishAlphabet } = await import("@deepspeech-ts/speech");
  const { ones, setNumThreads } = await import("@deepspeech-ts/torch");
  const { TrainingSession } = await at("training/session.js");
  const { trainStep } = await at("training/step.js");
  const { trainConfigSchema } = await at("training/config.js");
  const { loadWaveform } = await at("data/audio/waveform.js");
  const { samples } = await loadWaveform(speechPath);
  setNumThreads(1);
  ones([8, 8]).matmul(ones([8, 8])).dispose();
  const before = process.memoryUsage.rss();
  const session = new TrainingSession(trainConfigSchema.parse(config), englishAlphabet);
  const rows = Array.from({ length: batch.numUtterances }, (_, i) => i);
  const maxSamples = Math.round(16000 * batch.seconds);
  const result = trainStep(session, [{
    utterances: rows.map((i) => ({ id: String(i), targets: encodeText("good morning ".repeat(batch.seconds), englishAlphabet) })),
    speedFactors: rows.map(() => 1),
    waveforms: Float32Array.from({ length: rows.length * maxSamples }, (_, i) => samples[i % samples.length]),
    maxSamples,
    sampleLengths: rows.map((i) => maxSamples - 800 * i),
    failures: [],
  }], 1e-3);
  console.log(JSON.stringify({ growth: 1024 * process.resourceUsage().maxRSS - before, loss: result.loss }));`;

function measure(config: TrainConfigInput, batch: { numUtterances: number; seconds: number }): number {
  const words = JSON.stringify([config, batch, audioFixture("speech-16k.flac")]);
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", STEP, words], {
    encoding: "utf8",
    cwd: import.meta.dirname,
  });
  assert.notEqual(stdout, "", stderr);
  const { growth, loss } = JSON.parse(stdout);
  assert.ok(loss > 0, `the step's loss is ${loss}`);
  return growth;
}

function predict(config: TrainConfigInput, batch: { numUtterances: number; seconds: number }): number {
  const [line = ""] = memoryLines(batch, trainConfigSchema.parse(config), { numTokens });
  const [, value, unit] = /about ([\d.]+) ([GM]B) on the training device$/.exec(line) ?? assert.fail(line);
  return Number(value) * (unit === "GB" ? 1e9 : 1e6);
}

describe("predicted memory", () => {
  const cases: [string, TrainConfigInput, { numUtterances: number; seconds: number }][] = [
    ["the full model", {}, { numUtterances: 3, seconds: 8 }],
    [
      "a small model",
      { model: { convChannels: 8, residualLayers: 3, recurrentLayers: 2, hiddenSize: 128 } },
      { numUtterances: 8, seconds: 10 },
    ],
    // Few channels: with AMX, images take half of what is counted.
    [
      "a model in bf16",
      { precision: "bf16", model: { convChannels: 4, residualLayers: 0, recurrentLayers: 4, hiddenSize: 384 } },
      { numUtterances: 8, seconds: 8 },
    ],
  ];
  for (const [name, config, batch] of cases) {
    test(`is within a fifth of what a step takes: ${name}`, async (t) => {
      const folder = await temporaryFolder(t);
      const [measured, predicted] = [measure({ ...config, runs: folder }, batch), predict(config, batch)];
      const error = predicted / measured - 1;
      t.diagnostic(`measured ${measured / 1e6} MB, predicted ${predicted / 1e6} MB: ${(100 * error).toFixed(1)}%`);
      assert.ok(Math.abs(error) < 0.2, `measured ${measured}, predicted ${predicted}`);
    });
  }

  test("is less in half precision, without dropout and without a running average, more on a graphics card", () => {
    const batch = { numUtterances: 8, seconds: 8 };
    const full = predict({}, batch);
    const lean: TrainConfigInput[] = [{ precision: "bf16" }, { model: { dropout: 0 } }, { emaDecay: 0 }];
    for (const config of lean) assert.ok(predict(config, batch) < full, JSON.stringify(config));
    assert.ok(predict({ device: "cuda" }, batch) > full);
  });

  test("counts the model's parameters without building it", () => {
    for (const dimensions of [
      {},
      {
        convChannels: 5,
        kernelSize: 5,
        residualLayers: 0,
        recurrentLayers: 1,
        hiddenSize: 7,
        numMels: 33,
        numTokens: 11,
      },
      { residualLayers: 3, recurrentLayers: 5, frequencyStride: 3 },
    ]) {
      const config = { ...defaultModelConfig, ...dimensions };
      using model = new DeepSpeech(config);
      assert.equal(numParameters(config), model.numParameters());
    }
  });
});

describe("what is said of it", () => {
  const batch = { numUtterances: 14, seconds: 11.26 };
  const lines = (config: TrainConfigInput, machineBytes: number) =>
    memoryLines(batch, trainConfigSchema.parse(config), { numTokens, machineBytes });

  test("a machine with enough memory needs no warning, and a graphics card is not judged by the machine's", () => {
    assert.deepEqual(lines({}, 16e9), ["Largest batch: 14 × 11.3 s, about 1.8 GB on the training device"]);
    assert.equal(lines({ device: "cuda" }, 1e9).length, 1);
    assert.match(lines({ device: "cuda", precision: "bf16" }, 16e9)[0]!, /, counted as if in fp32$/);
    assert.deepEqual(memoryLines(undefined, trainConfigSchema.parse({}), { numTokens }), []);
  });

  test("two views of a batch take what twice as many utterances take", () => {
    const [twoViews] = lines({ objective: { consistencyWeight: 0.2 } }, 16e9);
    const config = trainConfigSchema.parse({});
    const [twice] = memoryLines({ ...batch, numUtterances: 28 }, config, { numTokens, machineBytes: 16e9 });
    assert.equal(twoViews, twice!.replace("28 ×", "14 ×"));
  });

  test("too little memory is told, with what helps", () => {
    assert.equal(
      lines({}, 1.5e9)[1],
      "! that is more than the 1.5 GB of this machine; give a smaller --max-batch-seconds or --max-duration-seconds",
    );
    assert.equal(
      lines({ model: { hiddenSize: 4096 } }, 2e9)[1],
      "! that is more than the 2.0 GB of this machine; 13.6 GB of it for the model itself: choose a smaller model",
    );
  });

  test("the machine's memory is a container's where that is less", () => {
    assert.equal(memoryOfMachine(2e9, 8e9), 2e9);
    for (const none of [0, 2 ** 64]) assert.equal(memoryOfMachine(none, 8e9), 8e9);
    assert.ok(memoryOfMachine() > 1e8);
  });
});
