/** Starting from another model's weights: all of them, with another alphabet, with frozen layers. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { alphabetOf, englishAlphabet, phoneAlphabet } from "@deepspeech-ts/speech";
import { tidy } from "@deepspeech-ts/torch";
import { loadCheckpoint } from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import type { TrainConfig, TrainConfigInput } from "./config.js";
import { manifestIn, shortUtterances, tinyConfig, trainHere, weightsOf } from "./training.test.support.js";

/** A trained model, and the configuration of runs that start from it. */
async function setUp(t: TestContext, overrides: TrainConfigInput = {}) {
  const folder = await temporaryFolder(t);
  const manifest = await manifestIn(folder, await shortUtterances(6));
  const base = await trainHere(tinyConfig(folder, manifest, { learningRate: 3e-3 }));
  const config = tinyConfig(folder, manifest, { initFrom: base.runFolder, epochs: 1, emaDecay: 0, ...overrides });
  return { base, config };
}

/** So small a rate that the weights stay where they start. */
const still: TrainConfigInput = { learningRate: 1e-30, weightDecay: 0 };

describe("fine-tuning", () => {
  it("begins with the other model's weights", async (t) => {
    const { base, config } = await setUp(t, still);
    const tuned = await trainHere(config);
    assert.deepEqual(weightsOf(tuned, "last"), weightsOf(base, "best"));
    assert.deepEqual(tuned.one("start").freshParameters, []);
    const [before, after] = [base.all("epoch"), tuned.all("epoch")];
    const best = before.find(({ epoch }) => epoch === base.one("finished").best?.epoch)!;
    assert.deepEqual(after[0]!.dev.rates, best.dev.rates);
  });

  it("with another alphabet makes its last layer anew and keeps all else", async (t) => {
    const alphabet = "ETAOINSHRDLUCMFWYPVBGKQJXZ";
    const { base, config } = await setUp(t, { ...still, alphabet });
    const tuned = await trainHere(config);
    assert.deepEqual(tuned.one("start").freshParameters, ["classifier.3.weight", "classifier.3.bias"]);
    const [before, after] = [weightsOf(base, "best"), weightsOf(tuned, "last")];
    for (const [name, values] of after) {
      if (name.startsWith("classifier.3.")) assert.equal(values.length % 28, 0, name);
      else assert.deepEqual(values, before.get(name), name);
    }
    const { header } = tidy(() => loadCheckpoint(tuned.runFolder));
    assert.deepEqual(header.alphabet, alphabetOf(alphabet));
    assert.match(tuned.all("epoch")[0]!.dev.samples[0]!.reference, /^[A-Z ]+$/);
  });

  it("that is to write phones too keeps the letters' rows, and another run keeps the phones' or drops them", async (t) => {
    const { base, config } = await setUp(t, { ...still, phones: true });
    const [numLetters, numPhones] = [englishAlphabet.tokens.length, phoneAlphabet.tokens.length];
    const phoned = await trainHere(config);
    assert.deepEqual(phoned.one("start").freshParameters, ["classifier.3.weight", "classifier.3.bias"]);
    const biasOf = (run: typeof base) => [...weightsOf(run, "best").get("classifier.3.bias")!];
    assert.deepEqual(biasOf(phoned).slice(0, numLetters), biasOf(base));
    assert.equal(biasOf(phoned).length, numLetters + numPhones);
    const { phones: _, ...unsaid } = { ...config, initFrom: phoned.runFolder };
    const again = await trainHere(unsaid);
    assert.deepEqual(again.one("start").freshParameters, []);
    const rowsOf = (run: typeof base) => weightsOf(run, "best").get("classifier.3.weight");
    assert.deepEqual(rowsOf(again), rowsOf(phoned));
    const others = await trainHere({ ...unsaid, alphabet: "abcdefghijklmnopqrstuvwxyz", phones: true });
    assert.deepEqual(others.one("start").freshParameters, ["classifier.3.weight", "classifier.3.bias"]);
    const phoneRows = (run: typeof base) => rowsOf(run)!.slice(-numPhones * (rowsOf(run)!.length / biasOf(run).length));
    assert.deepEqual(phoneRows(others), phoneRows(phoned));
    const dropped = await trainHere({ ...unsaid, phones: false });
    assert.deepEqual(dropped.one("start").freshParameters, []);
    assert.deepEqual(biasOf(dropped), biasOf(base));
  });

  it("a resumed run keeps the alphabet that it was begun with", async (t) => {
    const { config } = await setUp(t, { alphabet: "abcdefghijklmnopqrstuvwxyz" });
    const first = await trainHere(config);
    const more: TrainConfig = { ...config, epochs: 2, resume: first.runFolder };
    delete more.alphabet;
    await trainHere(more);
    assert.equal(tidy(() => loadCheckpoint(first.runFolder)).header.alphabet.tokens.length, 28);
  });

  it("leaves frozen parameters as they are, and trains the others", async (t) => {
    const { base, config } = await setUp(t, { learningRate: 1e-2, freeze: ["cnn.*", "*.layer_norm*"] });
    const tuned = await trainHere(config);
    const [before, after] = [weightsOf(base, "best"), weightsOf(tuned, "last")];
    const isFrozen = (name: string) => name.startsWith("cnn.") || name.includes(".layer_norm");
    for (const [name, values] of after) {
      if (isFrozen(name)) assert.deepEqual(values, before.get(name), name);
      else assert.notDeepEqual(values, before.get(name), name);
    }
    const frozen = [...after].filter(([name]) => isFrozen(name)).reduce((sum, [, values]) => sum + values.length, 0);
    assert.equal(tuned.one("start").numFrozen, frozen);
  });

  it("refuses patterns that fit nothing, and those that leave nothing to train", async (t) => {
    const { config } = await setUp(t);
    await assert.rejects(trainHere({ ...config, freeze: ["encoder.*"] }), {
      name: "UserError",
      message: 'freeze: "encoder.*" fits no parameter; "deepspeech summary" names them.',
    });
    await assert.rejects(trainHere({ ...config, freeze: ["*"] }), {
      name: "UserError",
      message: "freeze: * leaves no parameter to train.",
    });
  });

  it("of a model that reads forward takes what fits of a bidirectional one, tells the rest, and learns its statistics", async (t) => {
    const { base, config } = await setUp(t, still);
    const model = { ...config.model, direction: "forward", lookaheadFrames: 3 } as const;
    const forward: TrainConfig = { ...config, model, features: { ...config.features, normalisation: "running" } };
    const tuned = await trainHere(forward);
    assert.deepEqual(tuned.one("start").freshParameters, [
      ...["lookahead.weight", "classifier.0.weight", "input_norm.mean", "input_norm.scale"],
    ]);
    const [before, after] = [weightsOf(base, "best"), weightsOf(tuned, "last")];
    for (const name of ["cnn.weight", "rescnn_layers.0.cnn2.weight", "birnn_layers.0.BiGRU.weight_hh_l0"]) {
      assert.deepEqual(after.get(name), before.get(name), name);
    }
    const [mean, scale] = [after.get("input_norm.mean")!, after.get("input_norm.scale")!];
    assert.ok(
      [...mean].every((value) => value > -14 && value < 2),
      `${mean}`,
    );
    assert.ok(
      [...scale].every((value) => value > 0.1 && value < 2),
      `${scale}`,
    );
    const other = { ...forward, initFrom: tuned.runFolder };
    const again = await trainHere(other);
    assert.deepEqual(again.one("start").freshParameters, []);
    for (const name of ["cnn.weight", "input_norm.scale"]) {
      assert.deepEqual(weightsOf(again, "last").get(name), after.get(name), name);
    }
    const resumed = await trainHere({ ...other, epochs: 2, resume: again.runFolder });
    assert.equal(resumed.one("finished").reason, "epochs");
    assert.deepEqual(weightsOf(resumed, "last").get("input_norm.mean"), mean);
  });

  it("refuses settings that do not go together", async (t) => {
    const { config } = await setUp(t);
    const { model, features } = config;
    const refusedWith = (change: Partial<TrainConfig>, message: string) =>
      assert.rejects(trainHere({ ...config, ...change }), { name: "UserError", code: "bad-config", message });
    await refusedWith(
      { model: { ...model, direction: "forward" } },
      'model.direction is "forward" and features.normalisation is "utterance"; a forward model needs "running" (--recipe streaming).',
    );
    await refusedWith(
      { features: { ...features, normalisation: "running" } },
      'features.normalisation is "running", which is for model.direction "forward"; choose "utterance".',
    );
    await refusedWith(
      { model: { ...model, lookaheadFrames: 4 } },
      'model.lookaheadFrames is 4, and a bidirectional model sees the whole utterance; leave it out, or set model.direction to "forward".',
    );
    await refusedWith(
      {
        model: { ...model, direction: "forward", recurrence: "batch" },
        features: { ...features, normalisation: "running" },
      },
      'model.direction "forward" needs model.recurrence "time".',
    );
  });

  it("refuses weights of other dimensions", async (t) => {
    const { config } = await setUp(t);
    await assert.rejects(trainHere({ ...config, model: { ...config.model, hiddenSize: 9 } }), {
      name: "UserError",
      message: /best\.safetensors: holds a model of another architecture: /,
    });
  });
});
