import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { tidy, zeros } from "@deepspeech-ts/torch";
import { loadTrainingCorpus } from "../acoustic-model/index.js";
import { planBatches } from "../data/batches.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { explainingMemory, rehearseLargestBatch } from "./rehearsal.js";
import { TrainingSession } from "./session.js";
import { manifestIn, shortUtterances, tinyConfig } from "./training.test.support.js";

async function setUp(t: TestContext) {
  const folder = await temporaryFolder(t);
  return tinyConfig(folder, await manifestIn(folder, await shortUtterances(9)));
}

describe("the largest batch", () => {
  it("is the one with the most padded seconds; trying it changes nothing", async (t) => {
    const config = await setUp(t);
    using session = new TrainingSession(config, englishAlphabet);
    const { utterances } = await loadTrainingCorpus(config.train, { ...config, alphabet: englishAlphabet });
    const limits = { seed: 1, epoch: 0, order: "shuffled", maxBatchUtterances: 2 } as const;
    const plans = [planBatches(utterances, limits), planBatches(utterances.slice(0, 3), limits)];
    const weights = () => session.model.parameters().map((parameter) => parameter.toNumbers());
    const before = weights();
    const { utterances: count, seconds } = rehearseLargestBatch(session, plans);
    const sizes = plans.flatMap(({ batches }) =>
      batches.map((batch) => batch.length * Math.max(...batch.map(({ durationSeconds }) => durationSeconds))),
    );
    assert.ok(Math.abs(count * seconds - Math.max(...sizes)) < 1e-9);
    assert.deepEqual(weights(), before);
    assert.ok(session.model.parameters().every(({ grad }) => grad === null));
  });

  it("that does not fit into memory is refused with the way out", () => {
    const allocate = () =>
      tidy(() =>
        zeros([2 ** 47])
          .sum()
          .item(),
      );
    assert.throws(() => explainingMemory({ utterances: 9, seconds: 17.25 }, allocate), {
      name: "UserError",
      code: "out-of-memory",
      message:
        "a batch of 9 × 17.3 s does not fit into memory; lower maxBatchSeconds or maxDurationSeconds (accumulateBatches makes up for smaller batches).",
    });
  });

  it("other errors stay what they are", () => {
    const mismatch = () => tidy(() => zeros([2, 3]).matmul(zeros([2, 3])));
    assert.throws(() => explainingMemory({ utterances: 1, seconds: 1 }, mismatch), { name: "TorchError" });
  });
});
