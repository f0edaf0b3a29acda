import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { manualSeed, nn, randn, type Tensor, tidy } from "@deepspeech-ts/torch";
import { ctcLoss } from "./ctc-loss.js";

const targets = [[1, 1], [2, 3, 4], []];
const logProbLengths = [3, 6, 5];

function randomLogProbs(): Tensor {
  manualSeed(3);
  return nn.functional.logSoftmax(randn([3, 6, 5]), 2);
}

describe("ctcLoss", () => {
  it("averages over utterances, or over tokens", () => {
    tidy(() => {
      const logProbs = randomLogProbs();
      const options = { blankId: 0, reduction: "none" } as const;
      const each = nn.functional.ctcLoss(logProbs.transpose(0, 1), targets, logProbLengths, options).toNumbers();
      const [first = 0, second = 0, third = 0] = each;
      const loss = (average: "utterances" | "tokens") =>
        ctcLoss({ logProbs, logProbLengths }, targets, { blankId: 0, average }).item();
      assert.ok(Math.abs(loss("utterances") - (first / 2 + second / 3 + third) / 3) < 1e-5);
      assert.ok(Math.abs(loss("tokens") - (first + second + third) / 5) < 1e-5);
    });
  });

  it("takes an utterance whose tokens need every frame, and refuses one whose tokens need more", () => {
    tidy(() => {
      const logProbs = randomLogProbs();
      const lossOf = (tokens: number[]) =>
        ctcLoss({ logProbs, logProbLengths }, [[1], [2], tokens], { blankId: 0, average: "tokens" }).item();
      assert.ok(Number.isFinite(lossOf([3, 3, 4, 1])), "four tokens and a blank between two of them: 5 frames");
      assert.throws(() => lossOf([3, 3, 3, 1]), {
        name: "UserError",
        code: "infeasible-target",
        message: "utterance 2 of the batch has 5 frames, its 4 tokens need 6; leave it out.",
      });
    });
  });
});
