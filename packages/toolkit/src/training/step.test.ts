import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { encodeText, englishAlphabet } from "@deepspeech-ts/speech";
import { call, liveMemory, recordOperators, Tensor } from "@deepspeech-ts/torch";
import { loadWaveform } from "../data/audio/waveform.js";
import { audioFixture, temporaryFolder, utterance } from "../data/fixtures.test.support.js";
import type { Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import type { TrainConfigInput } from "./config.js";
import { TrainingSession } from "./session.js";
import { spectrogramsOf, trainStep } from "./step.js";
import { tinyConfig } from "./training.test.support.js";

const { samples: speech } = await loadWaveform(audioFixture("speech-16k.flac"));

function batchOf(waveform: Float32Array<ArrayBuffer>): Batch<PreparedUtterance> {
  const targets = encodeText("good morning", englishAlphabet);
  return {
    utterances: [{ ...utterance("u"), targetText: "good morning", targets }],
    speedFactors: [1],
    waveforms: waveform,
    maxSamples: waveform.length,
    sampleLengths: [waveform.length],
    failures: [],
  };
}

async function openSession(t: TestContext, overrides: TrainConfigInput = {}): Promise<TrainingSession> {
  const folder = await temporaryFolder(t);
  const config = tinyConfig(folder, "unused.jsonl", { gradientClip: 1000, ...overrides });
  const session = new TrainingSession(config, englishAlphabet);
  t.after(() => session.dispose());
  return session;
}

/** One batch of several, each padded to the longest. */
function join(batches: readonly Batch<PreparedUtterance>[]): Batch<PreparedUtterance> {
  const maxSamples = Math.max(...batches.map((batch) => batch.maxSamples));
  const waveforms = new Float32Array(batches.length * maxSamples);
  for (const [row, batch] of batches.entries()) waveforms.set(batch.waveforms, row * maxSamples);
  return {
    utterances: batches.flatMap((batch) => batch.utterances),
    speedFactors: batches.map(() => 1),
    sampleLengths: batches.flatMap((batch) => batch.sampleLengths),
    ...{ waveforms, maxSamples, failures: [] },
  };
}

/** Nothing random: the same batch gives the same gradients. */
const steady: TrainConfigInput = {
  specAugment: { timeMasks: 0, frequencyMasks: 0 },
  model: { convChannels: 2, residualLayers: 1, recurrentLayers: 1, hiddenSize: 8, dropout: 0 },
};

/** Operators whose result's value, or shape, depends on values: on CUDA the host waits for them. */
const READING_OPERATORS = new Set(
  ["_local_scalar_dense", "is_nonzero", "equal", "nonzero", "masked_select", "_unique2"].map((name) => `aten::${name}`),
);

/** In float64 nothing runs in the CPU's own operators, so that a step takes the path of CUDA. */
function runAsOnCuda(t: TestContext, { model, averaged, optimizer, extractor }: TrainingSession): void {
  const own = [model, averaged].flatMap((each) => each?.parameters() ?? []);
  for (const each of [...own, ...optimizer.stateDict().values()]) call("set_data", [each, each.to("float64")]);
  const extract = extractor.extract.bind(extractor);
  t.mock.method(extractor, "extract", (...sound: Parameters<typeof extract>) => {
    const { features, featureLengths } = extract(...sound);
    return { features: features.to("float64"), featureLengths };
  });
}

const weightsOf = ({ model }: TrainingSession) => [...model.namedParameters().values()].map((p) => p.toNumbers());

describe("trainStep", () => {
  it("lowers the loss of the batch that it is given", async (t) => {
    const session = await openSession(t);
    const losses = Array.from({ length: 60 }, () => trainStep(session, [batchOf(speech)], 3e-3).loss);
    assert.ok(losses.at(-1)! < losses[0]! / 2, `losses ${losses}`);
  });

  it("changes nothing where the loss is not finite, and goes on well after", async (t) => {
    const session = await openSession(t);
    trainStep(session, [batchOf(speech)], 1e-3);
    const before = weightsOf(session);
    const broken = Float32Array.from(speech);
    broken[5000] = Number.NaN;
    const result = trainStep(session, [batchOf(broken)], 1e-3);
    assert.equal(result.skipped, true);
    assert.ok(Number.isNaN(result.loss));
    assert.deepEqual(weightsOf(session), before);
    assert.equal(session.optimizer.steps, 1);
    const next = trainStep(session, [batchOf(speech)], 1e-3);
    assert.equal(next.skipped, false);
    assert.ok(Number.isFinite(next.loss + next.gradientNorm));
    assert.notDeepEqual(weightsOf(session), before);
  });

  it("leaves no tensor behind", async (t) => {
    const session = await openSession(t);
    trainStep(session, [batchOf(speech)], 1e-3);
    const before = liveMemory();
    for (let i = 0; i < 5; i++) trainStep(session, [batchOf(speech)], 1e-3);
    assert.deepEqual(liveMemory(), before);
  });

  for (const lossAverage of ["tokens", "utterances"] as const) {
    it(`takes the step of one large batch where small ones add up, averaged over ${lossAverage}`, async (t) => {
      const [whole, parts] = [batchOf(speech), batchOf(speech.slice(0, 20_000))];
      const [shortText] = parts.utterances;
      parts.utterances[0] = { ...shortText!, targets: encodeText("go", englishAlphabet) };
      const together = await openSession(t, { ...steady, lossAverage });
      const apart = await openSession(t, { ...steady, lossAverage });
      const one = trainStep(together, [join([whole, parts])], 1e-3);
      const two = trainStep(apart, [whole, parts], 1e-3);
      assert.ok(Math.abs(one.loss - two.loss) < 1e-5, `${one.loss} and ${two.loss}`);
      assert.ok(Math.abs(one.gradientNorm - two.gradientNorm) < 1e-4 * one.gradientNorm);
      const [a, b] = [weightsOf(together).flat(), weightsOf(apart).flat()];
      // AdamW's first step is the sign of each gradient: those that are nearly zero may fall to either side.
      const unlike = a.filter((value, i) => Math.abs(value - b[i]!) > 1e-4).length;
      assert.ok(unlike <= 0.01 * a.length, `${unlike} of ${a.length} weights differ`);
      assert.equal(apart.optimizer.steps, 1);
    });
  }

  it("reads the device once, however many batches it adds up", async (t) => {
    const session = await openSession(t, { ...steady, emaDecay: 0.5 });
    runAsOnCuda(t, session);
    const reads = [
      t.mock.method(Tensor.prototype, "item"),
      t.mock.method(Tensor.prototype, "toTypedArray"),
      t.mock.method(Tensor.prototype, "toFloat32Array"),
    ];
    const [whole, part] = [batchOf(speech), batchOf(speech.slice(0, 20_000))];
    const operators = recordOperators(() => void trainStep(session, [join([whole, part]), whole], 1e-3));
    assert.equal(
      reads.map(({ mock }) => mock.callCount()).reduce((sum, count) => sum + count),
      1,
    );
    assert.ok(operators.includes("aten::gru") && operators.includes("aten::_foreach_addcdiv_"), "not the path of CUDA");
    assert.deepEqual(
      operators.filter((name) => READING_OPERATORS.has(name)),
      [],
    );
  });

  it("keeps the running average of the weights, which is what is evaluated", async (t) => {
    const session = await openSession(t, { ...steady, emaDecay: 0.5 });
    const averages = () => [...session.evaluated.namedParameters().values()].map((p) => p.toNumbers());
    assert.deepEqual(averages(), weightsOf(session), "it begins with the weights");
    let expected = weightsOf(session);
    for (const decay of [2 / 11, 3 / 12, 4 / 13]) {
      trainStep(session, [batchOf(speech)], 1e-2);
      const weights = weightsOf(session);
      expected = expected.map((row, i) => row.map((value, j) => decay * value + (1 - decay) * weights[i]![j]!));
    }
    const found = averages();
    const largest = Math.max(...found.flatMap((row, i) => row.map((value, j) => Math.abs(value - expected[i]![j]!))));
    assert.ok(largest < 1e-6, `differs by ${largest}`);
    assert.notDeepEqual(found, weightsOf(session));
  });

  it("without an average evaluates the weights themselves", async (t) => {
    const session = await openSession(t, { emaDecay: 0 });
    assert.equal(session.evaluated, session.model);
  });

  it("in bf16 takes nearly the step of fp32, and its weights stay fp32", async (t) => {
    const exact = await openSession(t, steady);
    const narrow = await openSession(t, { ...steady, precision: "bf16" });
    const [a, b] = [exact, narrow].map((session) => trainStep(session, [batchOf(speech)], 1e-3));
    assert.notEqual(a!.loss, b!.loss, "bf16 does not act");
    assert.ok(Math.abs(a!.loss - b!.loss) < 0.02 * a!.loss, `${a!.loss} and ${b!.loss}`);
    for (const { dtype } of narrow.model.parameters()) assert.equal(dtype, "float32");
    const losses = Array.from({ length: 60 }, () => trainStep(narrow, [batchOf(speech)], 3e-3).loss);
    assert.ok(losses.at(-1)! < losses[0]! / 2, `losses ${losses}`);
  });

  it("shows an utterance's features as they are trained on", async (t) => {
    const session = await openSession(t, { specAugment: { frequencyMasks: 2, frequencyMaskBands: 8 } });
    const { before, after } = spectrogramsOf(session, batchOf(speech));
    assert.equal(before.numBands, 16);
    assert.equal(before.values.length, after.values.length);
    const masked = after.values.filter((value, i) => value !== before.values[i]);
    assert.ok(masked.length > 0 && masked.every((value) => value === 0), "masks are zeros, and nothing else changes");
  });
});
