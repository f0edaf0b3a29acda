/** What a step makes smaller besides CTC on the model's output. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeText, englishAlphabet } from "@deepspeech-ts/speech";
import { cat, tidy } from "@deepspeech-ts/torch";
import { ctcLoss } from "../acoustic-model/index.js";
import { loadPhonetiser } from "../data/phones/phones.js";
import { augmentedFeatures } from "./augmented-features.js";
import type { TrainConfigInput } from "./config.js";
import { termsOf, totalOf } from "./objective.js";
import { assertClose, options, outputOf, ownLogProbs, sumOf, targets, threeLayers } from "./objective.test.support.js";
import { trainStep } from "./step.js";
import { batchOf, join, openSession, speech, steady, weightsOf } from "./step.test.support.js";

const withHeads: TrainConfigInput = {
  ...threeLayers,
  objective: { intermediateLayers: [1, 2], intermediateWeight: 0.4, labelSmoothing: 0.05 },
};

/** Σ p (log p − log q) */
const divergence = (p: readonly number[], q: readonly number[]) =>
  p.reduce((sum, value, i) => sum + Math.exp(value) * (value - q[i]!), 0);

describe("the objective", () => {
  it("is CTC alone where nothing else is asked for", () => {
    tidy(() => {
      const terms = termsOf({ output: outputOf(1), intermediate: [], phones: null }, targets, options({}));
      assert.deepEqual(
        terms.map(({ name, weight }) => [name, weight]),
        [["ctc", 1]],
      );
      assert.equal(totalOf(terms).item(), ctcLoss(outputOf(1), targets, { blankId: 4, average: "tokens" }).item());
    });
  });

  it("takes its distance from a teacher's answers, some frames earlier, in each view", () => {
    tidy(() => {
      const [one, teacher] = [outputOf(1), outputOf(-2)];
      const both = { logProbs: cat([one.logProbs, one.logProbs]), logProbLengths: [6, 4, 6, 4] };
      const objective = { teacherWeight: 0.25, teacherDelayFrames: 2, labelSmoothing: 0.5 };
      const taught = { ...options(objective), teacher };
      const terms = termsOf({ output: one, intermediate: [], phones: null }, targets, taught);
      assert.deepEqual(
        terms.map(({ name, weight }) => [name, weight]),
        [
          ["ctc", 0.375],
          ["smoothing", 0.375],
          ["teacher", 0.25],
        ],
      );
      const [p, q] = [ownLogProbs(teacher), ownLogProbs(one)];
      const distances = q.map((frames, row) =>
        sumOf(frames.slice(2).map((frame, t) => divergence(p[row]![t]!, frame))),
      );
      // Of four tokens.
      assertClose(terms.at(-1)!.loss.item(), sumOf(distances) / 4);
      const views = termsOf({ output: both, intermediate: [], phones: null }, targets, { ...taught, views: 2 });
      assertClose(views.find(({ name }) => name === "teacher")!.loss.item(), sumOf(distances) / 4);
      const same = termsOf({ output: one, intermediate: [], phones: null }, targets, {
        ...options({ teacherWeight: 0.5 }),
        teacher: one,
      });
      assertClose(same.at(-1)!.loss.item(), 0);
      const late = { ...options({ teacherWeight: 0.5, teacherDelayFrames: 9 }), teacher };
      assert.equal(termsOf({ output: one, intermediate: [], phones: null }, targets, late).at(-1)!.loss.item(), 0);
    });
  });

  it("gives intermediate heads their share, the mean of them", () => {
    tidy(() => {
      const outputs = { output: outputOf(1), intermediate: [outputOf(2), outputOf(0.5)], phones: null };
      const total = totalOf(termsOf(outputs, targets, options({ intermediateWeight: 0.4 }))).item();
      const [own, first, second] = [1, 2, 0.5].map((slope) =>
        ctcLoss(outputOf(slope), targets, { blankId: 4, average: "tokens" }).item(),
      );
      assertClose(total, 0.6 * own! + 0.4 * ((first! + second!) / 2));
    });
  });

  it("smooths by each own frame's distance from an answer that is equally unsure of all tokens", () => {
    tidy(() => {
      const terms = termsOf(
        { output: outputOf(1), intermediate: [], phones: null },
        targets,
        options({ labelSmoothing: 0.1 }),
      );
      assert.deepEqual(
        terms.map(({ name, weight }) => [name, weight]),
        [
          ["ctc", 0.9],
          ["smoothing", 0.1],
        ],
      );
      const uniform = Array<number>(5).fill(-Math.log(5));
      const expected = sumOf(ownLogProbs(outputOf(1)).flatMap((rows) => rows.map((row) => divergence(row, uniform))));
      assertClose(terms[1]!.loss.item(), expected / 4);
    });
  });

  it("keeps two views of an utterance together, at its own frames and in the loss's measure", () => {
    tidy(() => {
      const [first, second] = [outputOf(1), outputOf(1.5)];
      const output = { logProbs: cat([first.logProbs, second.logProbs]), logProbLengths: [6, 4, 6, 4] };
      const [a, b] = [ownLogProbs(first), ownLogProbs(second)];
      const perUtterance = a.map((rows, row) =>
        sumOf(rows.map((p, frame) => (divergence(p, b[row]![frame]!) + divergence(b[row]![frame]!, p)) / 2)),
      );
      const consistencyOf = (lossAverage: "tokens" | "utterances") =>
        termsOf({ output, intermediate: [], phones: null }, targets, {
          ...options({ consistencyWeight: 0.2 }, 2),
          lossAverage,
        });
      const terms = consistencyOf("tokens");
      assert.deepEqual(
        terms.map(({ name, weight }) => [name, weight]),
        [
          ["ctc", 1],
          ["consistency", 0.2],
        ],
      );
      assertClose(terms[1]!.loss.item(), sumOf(perUtterance) / 4);
      assertClose(consistencyOf("utterances")[1]!.loss.item(), (perUtterance[0]! / 3 + perUtterance[1]! / 1) / 2);
      const [alone, other] = [first, second].map((each) =>
        ctcLoss(each, targets, { blankId: 4, average: "tokens" }).item(),
      );
      assertClose(terms[0].loss.item(), (alone! + other!) / 2);
    });
  });

  it("draws each view towards the other, and not the other towards it", () => {
    tidy(() => {
      const [first, second] = [outputOf(1).logProbs, outputOf(1.5).logProbs];
      const leaf = cat([first, second]);
      leaf.requiresGrad = true;
      const output = { logProbs: leaf, logProbLengths: [6, 4, 6, 4] };
      const terms = termsOf({ output, intermediate: [], phones: null }, targets, options({ consistencyWeight: 1 }, 2));
      terms[1]!.loss.backward();
      // Of −p · log q only log q moves: the gradient is −p of the other view, over both directions and four tokens.
      const expected = cat([second, first])
        .exp()
        .mul(-0.5 / 4);
      const [own, wanted] = [leaf.grad!, expected].map((each) => ownLogProbs({ ...output, logProbs: each }).flat(2));
      for (const [i, value] of own!.entries()) assertClose(value, wanted![i]!);
      const behind = leaf.grad!.select(0, 1).narrow(0, 4, 2).contiguous().toNumbers();
      assert.ok(
        behind.every((value) => value === 0),
        "frames behind the end have no say",
      );
    });
  });
});

describe("two views of a batch", () => {
  const twoViews: TrainConfigInput = { ...threeLayers, specAugment: { frequencyMasks: 2, timeMasks: 2 } };

  it("differ by their masks, and come together", async (t) => {
    const session = await openSession(
      t,
      {
        ...twoViews,
        objective: { consistencyWeight: 0.5, intermediateLayers: [1], phoneLayer: 1 },
      },
      { phonetise: await loadPhonetiser() },
    );
    const results = Array.from({ length: 60 }, () => trainStep(session, [batchOf(speech)], 3e-3));
    for (const { auxiliaryLosses } of results) {
      assert.deepEqual(Object.keys(auxiliaryLosses!), ["consistency", "intermediate", "phones"]);
      assert.ok(auxiliaryLosses!.consistency! > 0);
    }
    assert.ok(results.at(-1)!.loss < results[0]!.loss / 2);
  });

  it("are one until masks begin", async (t) => {
    const specAugment = { startEpoch: 2 };
    const session = await openSession(t, { ...twoViews, specAugment, objective: { consistencyWeight: 0.5 } });
    assert.equal(trainStep(session, [batchOf(speech)], 1e-3).auxiliaryLosses, undefined);
    session.progress.epoch = 1;
    assert.ok(trainStep(session, [batchOf(speech)], 1e-3).auxiliaryLosses!.consistency! > 0);
  });

  it("the first is the one that there is alone", async (t) => {
    const session = await openSession(t, twoViews);
    tidy(() => {
      const viewsOf = (views: number) => augmentedFeatures(session, batchOf(speech), { index: 3, views, masked: true });
      const [one, two] = [viewsOf(1), viewsOf(2)];
      assert.deepEqual(two.features.narrow(0, 0, 1).contiguous().toNumbers(), one.features.toNumbers());
      assert.notDeepEqual(two.features.narrow(0, 1, 1).contiguous().toNumbers(), one.features.toNumbers());
      assert.deepEqual(two.featureLengths, [...one.featureLengths, ...one.featureLengths]);
    });
  });
});

describe("intermediate CTC", () => {
  it("trains lower layers by heads of their own, and tells their loss", async (t) => {
    const session = await openSession(t, withHeads);
    const results = Array.from({ length: 60 }, () => trainStep(session, [batchOf(speech)], 3e-3));
    const told = results.map(({ auxiliaryLosses }) => auxiliaryLosses!.intermediate!);
    assert.ok(told.at(-1)! < told[0]! / 2, `losses ${told}`);
    const [first, last] = [results[0]!, results.at(-1)!];
    assert.ok(last.loss < first.loss / 2);
  });

  it("begins with the model that there is without it, and leaves no trace in it", async (t) => {
    const [plain, headed] = [await openSession(t, threeLayers), await openSession(t, withHeads)];
    assert.deepEqual(weightsOf(headed), weightsOf(plain));
    assert.deepEqual([...headed.model.namedParameters().keys()], [...plain.model.namedParameters().keys()]);
    assert.deepEqual([...headed.heads.namedParameters().keys()].length, 4);
  });

  it("takes the step of one large batch where small ones add up", async (t) => {
    const [whole, parts] = [batchOf(speech), batchOf(speech.slice(0, 20_000))];
    parts.utterances[0] = { ...parts.utterances[0]!, targets: encodeText("go", englishAlphabet) };
    const [together, apart] = [await openSession(t, withHeads), await openSession(t, withHeads)];
    const [one, two] = [trainStep(together, [join([whole, parts])], 1e-3), trainStep(apart, [whole, parts], 1e-3)];
    assertClose(two.loss, one.loss, 1e-5);
    assert.deepEqual(Object.keys(one.auxiliaryLosses!), ["smoothing", "intermediate"]);
    for (const [name, value] of Object.entries(one.auxiliaryLosses!)) {
      assertClose(two.auxiliaryLosses![name]!, value, 1e-5);
    }
    assertClose(two.gradientNorm, one.gradientNorm, 1e-4);
  });

  it("refuses a layer that is the last, or is not there", async (t) => {
    await assert.rejects(openSession(t, { ...threeLayers, objective: { intermediateLayers: [3] } }), {
      name: "UserError",
      message: "objective.intermediateLayers names layer 3, but layers 1 to 2 lie below the last of 3.",
    });
    await assert.rejects(openSession(t, { ...steady, objective: { intermediateLayers: [1] } }), {
      name: "UserError",
      message: "objective.intermediateLayers names layer 1, but none lies below the last of 1.",
    });
  });
});
