import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { encodeText, englishAlphabet } from "@deepspeech-ts/speech";
import { call, liveMemory, manualSeed, recordOperators, Tensor } from "@deepspeech-ts/torch";
import { spectrogramsOf } from "./augmented-features.js";
import type { TrainingSession } from "./session.js";
import { trainStep } from "./step.js";
import { batchOf, join, openSession, speech, steady, weightsOf } from "./step.test.support.js";

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

  it("draws masks and dropout by a batch's place, and passes over what could not be read", async (t) => {
    const lively = { accumulateBatches: 4, model: { dropout: 0.3 }, specAugment: { frequencyMasks: 1 } };
    const [whole, part] = [batchOf(speech), batchOf(speech.slice(0, 20_000))];
    const lost = { ...batchOf(speech), utterances: [] };
    const after = async (batches: Parameters<typeof trainStep>[1], before: number) => {
      const session = await openSession(t, lively);
      for (let i = 0; i < before; i++) manualSeed(i);
      const { loss } = trainStep(session, batches, 1e-3);
      return { loss, weights: weightsOf(session) };
    };
    const expected = await after([whole, lost, part], 0);
    assert.deepEqual(await after([whole, lost, part, lost], 3), expected);
    assert.notEqual((await after([whole, part], 0)).loss, expected.loss);
  });

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

  it("masks from the epoch that it is told, and where dev CER says that the model speaks", async (t) => {
    const masks = async (specAugment: object, progress: object) => {
      const session = await openSession(t, { specAugment: { frequencyMaskBands: 8, ...specAugment } });
      Object.assign(session.progress, progress);
      const { before, after } = spectrogramsOf(session, batchOf(speech));
      return after.values.some((value, i) => value !== before.values[i]);
    };
    assert.deepEqual(
      [await masks({ startEpoch: 3 }, { epoch: 1 }), await masks({ startEpoch: 3 }, { epoch: 2 })],
      [false, true],
    );
    const startCer = 0.7;
    assert.equal(await masks({ startCer }, { epoch: 0, lowestCer: null }), false);
    assert.equal(await masks({ startCer }, { epoch: 5, lowestCer: 0.7 }), false);
    assert.equal(await masks({ startCer }, { epoch: 5, lowestCer: 0.69 }), true);
    assert.equal(await masks({ startCer, startEpoch: 9 }, { epoch: 5, lowestCer: 0.69 }), false);
  });

  it("hears each utterance through a vocal tract of its own, another one in each epoch", async (t) => {
    const session = await openSession(t, { ...steady, augmentation: { vocalTract: [0.9, 1.1] } });
    const heard = (id: string, epoch: number) => {
      session.progress.epoch = epoch;
      const batch = batchOf(speech);
      batch.utterances[0] = { ...batch.utterances[0]!, id };
      const { before, after } = spectrogramsOf(session, batch);
      assert.notDeepEqual(after.values, before.values);
      return after.values;
    };
    assert.deepEqual(heard("u", 0), heard("u", 0));
    assert.notDeepEqual(heard("u", 0), heard("u", 1));
    assert.notDeepEqual(heard("u", 0), heard("v", 0));
  });
});
