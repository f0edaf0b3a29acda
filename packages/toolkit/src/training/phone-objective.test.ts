/** Phones beside letters: CTC and CTC-CRF. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { englishAlphabet, phoneAlphabet } from "@deepspeech-ts/speech";
import { manualSeed, nn, randn, tensor, tidy } from "@deepspeech-ts/torch";
import { ctcLoss, type ModelOutput } from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { loadPhonetiser } from "../data/phones/phones.js";
import type { TrainConfigInput } from "./config.js";
import { Denominator } from "./denominator.js";
import { termsOf } from "./objective.js";
import { assertClose, options, outputOf, ownLogProbs, sumOf, targets, threeLayers } from "./objective.test.support.js";
import { objectiveSchema } from "./objective-config.js";
import { phoneDenominator } from "./phone-denominator.js";
import { trainStep } from "./step.js";
import { batchOf, openSession, speech } from "./step.test.support.js";
import { tokenGraph } from "./token-graph.js";
import { manifestIn, shortUtterances, tinyConfig, trainHere } from "./training.test.support.js";

describe("phones", () => {
  const phoned: TrainConfigInput = { ...threeLayers, objective: { phoneLayer: 2, phoneWeight: 0.25 } };
  /** Log-probabilities of the phones' classes, of two utterances with 6 and 4 frames. */
  const phoneOutput = (): ModelOutput => {
    manualSeed(1);
    return {
      logProbs: nn.functional.logSoftmax(randn([2, 6, phoneAlphabet.tokens.length]), 2),
      logProbLengths: [6, 4],
    };
  };

  it("are learned from the utterances that have any, and that they fit into", () => {
    tidy(() => {
      const lossOf = (...phoneTargets: (number[] | undefined)[]) => {
        const outputs = { output: outputOf(1), intermediate: [], phones: phoneOutput() };
        const [, term] = termsOf(outputs, targets, { ...options({ phoneWeight: 0.25 }), phoneTargets });
        return term && { name: term.name, weight: term.weight, loss: term.loss.item() };
      };
      const row = (index: number) => {
        const { logProbs, logProbLengths } = phoneOutput();
        return { logProbs: logProbs.narrow(0, index, 1), logProbLengths: [logProbLengths[index]!] };
      };
      const alone = (index: number, target: number[]) =>
        ctcLoss(row(index), [target], { blankId: phoneAlphabet.blankId, average: "tokens" }).item();
      const [first, second] = [alone(0, [5, 38]), alone(1, [0])];
      assertClose(lossOf([5, 38], [0])!.loss, (2 * first + second) / 3);
      assert.deepEqual([lossOf([5, 38], [0])!.name, lossOf([5, 38], [0])!.weight], ["phones", 0.25]);
      assertClose(lossOf([5, 38], undefined)!.loss, first);
      assertClose(lossOf(undefined, [0])!.loss, second);
      assertClose(lossOf([5, 38], [1, 1, 1])!.loss, first, 1e-6);
      assert.equal(lossOf(undefined, undefined), undefined);
    });
  });

  it("are what a head of a lower layer learns, beside letters", async (t) => {
    const session = await openSession(t, phoned, { phonetise: await loadPhonetiser() });
    const results = Array.from({ length: 60 }, () => trainStep(session, [batchOf(speech)], 3e-3));
    const told = results.map(({ auxiliaryLosses }) => auxiliaryLosses!.phones!);
    assert.ok(told.at(-1)! < told[0]! / 2, `losses ${told}`);
    assert.deepEqual([...session.heads.namedParameters().keys()], ["phones.2.weight", "phones.2.bias"]);
  });

  it("are what the output itself learns beside its letters, where it is to write them", async (t) => {
    const session = await openSession(t, { ...threeLayers, phones: true }, { phonetise: await loadPhonetiser() });
    const results = Array.from({ length: 60 }, () => trainStep(session, [batchOf(speech)], 3e-3));
    const told = results.map(({ auxiliaryLosses }) => auxiliaryLosses!.phones!);
    assert.ok(told.at(-1)! < told[0]! / 2, `losses ${told}`);
    assert.ok(results.at(-1)!.loss < results[0]!.loss, "letters are learned too");
    assert.equal(session.heads.namedParameters().size, 0);
    const { numTokens, numPhones } = session.model.config;
    assert.deepEqual([numTokens, numPhones], [englishAlphabet.tokens.length, phoneAlphabet.tokens.length]);
    const both: TrainConfigInput = { ...threeLayers, phones: true, objective: { phoneLayer: 1 } };
    await assert.rejects(openSession(t, both, { phonetise: await loadPhonetiser() }), {
      message: "phones has the model's output write phones, and objective.phoneLayer a layer below it; choose one.",
    });
  });

  it("are to be likelier than others that could be said, as far as is asked for", () => {
    tidy(() => {
      const spoken = [[5, 38], [0], [0, 5]];
      const { tokens, blankId } = phoneAlphabet;
      const denominator = new Denominator({ graph: tokenGraph(spoken), numTokens: tokens.length, blankId });
      const lossAndSlope = (phoneCrfWeight: number, ...phoneTargets: (number[] | undefined)[]) => {
        const phones = phoneOutput();
        phones.logProbs.requiresGrad = true;
        const outputs = { output: outputOf(1), intermediate: [], phones };
        const asked = { ...options({ phoneWeight: 0.25, phoneCrfWeight }), phoneTargets };
        const [, term] = termsOf(outputs, targets, { ...asked, ...(phoneCrfWeight > 0 && { denominator }) });
        term!.loss.backward();
        return { loss: term!.loss.item(), slope: ownLogProbs({ ...phones, logProbs: phones.logProbs.grad! }) };
      };
      const [ctc, half, all] = [0, 0.5, 1].map((weight) => lossAndSlope(weight, [5, 38], [0]));
      const found = ownLogProbs(phoneOutput()).map((frames) => denominator.of(Float32Array.from(frames.flat())));
      // Of the three sequences, each is a third of the graph; three tokens are what the loss is divided by.
      const denominators = sumOf(found.map(({ logTotal }) => logTotal - Math.log(1 / 3))) / 3;
      assertClose(all!.loss, ctc!.loss + denominators);
      assertClose(half!.loss, ctc!.loss + denominators / 2);
      assert.ok(all!.loss > 0 && all!.loss < ctc!.loss);
      for (const [row, frames] of all!.slope.entries()) {
        for (const [i, slope] of frames.flat().entries()) {
          assertClose(slope, ctc!.slope[row]!.flat()[i]! + found[row]!.shares[i]! / 3, 1e-5);
        }
      }
      // Padding has no say, and neither has an utterance without phones.
      assert.deepEqual(lossAndSlope(1, undefined, [0]).slope[0]!.flat().filter(Boolean), []);
      assert.ok(lossAndSlope(1, undefined, [0]).loss > 0);
    });
  });

  it("are not lost where little of what could be said is walked", () => {
    tidy(() => {
      const said = [2, 4, 5, 4];
      const { tokens, blankId } = phoneAlphabet;
      // At first others are all but certain; then only what was said goes on.
      const likely = [{ 0: 0.9998, 2: 2e-6 }, { 4: 0.994 }, { 5: 0.994 }, { 4: 0.994 }] as Record<number, number>[];
      const frames = likely.map((own, i) => tokens.map((_, token) => Math.log(own[token] ?? (i === 0 ? 1e-7 : 1e-4))));
      const phones: ModelOutput = { logProbs: tensor([frames]), logProbLengths: [4] };
      const spoken = tokenGraph([[0, 1, 0, 1], said], { order: 2 });
      const denominator = new Denominator({ graph: spoken, numTokens: tokens.length, blankId });
      const outputs = { output: outputOf(1), intermediate: [], phones };
      const asked = { ...options({ phoneWeight: 0.25, phoneCrfWeight: 1 }), phoneTargets: [said], denominator };
      const [, term] = termsOf(outputs, targets, asked);
      assert.ok(term!.loss.item() >= 0, `${term!.loss.item()}`);
    });
  });

  it("learned by CTC-CRF, come to be likelier than others", async (t) => {
    const config: TrainConfigInput = {
      ...threeLayers,
      phones: true,
      objective: { phoneWeight: 0.5, phoneCrfWeight: 1 },
    };
    const phonetise = await loadPhonetiser();
    const denominator = phoneDenominator(["good morning", "good evening", "morning"], phonetise);
    const session = await openSession(t, config, { phonetise, denominator });
    const results = Array.from({ length: 60 }, () => trainStep(session, [batchOf(speech)], 3e-3));
    const told = results.map(({ auxiliaryLosses }) => auxiliaryLosses!.phones!);
    assert.ok(told.every((loss) => loss > 0) && told.at(-1)! < told[0]! / 2, `losses ${told}`);
  });

  it("need transcripts in English letters, and a part of the loss", async (t) => {
    const folder = await temporaryFolder(t);
    const foreign = (await shortUtterances(2)).map((each) => ({ ...each, text: "öß" }));
    const manifest = await manifestIn(folder, foreign);
    const config = tinyConfig(folder, manifest, { ...phoned, normalise: false, alphabet: "öß" });
    await assert.rejects(trainHere(config), {
      name: "UserError",
      message: "objective.phoneLayer: no transcript is in English letters; leave it out, or set it to 0.",
    });
    await assert.rejects(trainHere({ ...config, phones: true, objective: { ...config.objective, phoneLayer: 0 } }), {
      name: "UserError",
      message: "phones: no transcript is in English letters; leave it out, or set it to false.",
    });
    const plain = { ...config, phones: false, objective: objectiveSchema.parse({ phoneCrfWeight: 0.9 }) };
    await assert.rejects(trainHere(plain), {
      name: "UserError",
      message: "objective.phoneCrfWeight is for phones; set phones or objective.phoneLayer too.",
    });
    const greedy = { intermediateLayers: [1], intermediateWeight: 0.5, phoneLayer: 1, phoneWeight: 0.5 };
    await assert.rejects(openSession(t, { ...threeLayers, objective: greedy }, { phonetise: await loadPhonetiser() }), {
      name: "UserError",
      message:
        "objective.intermediateWeight and objective.phoneWeight leave nothing to the output; their sum must be below 1.",
    });
  });
});
