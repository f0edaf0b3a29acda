import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleCorpus, temporaryFolder } from "../data/fixtures.test.support.js";
import { babblingCheckpoint } from "./evaluation.test.support.js";
import { runEvaluation } from "./run-evaluation.js";

const request = { data: [sampleCorpus("dev")], verifyInvariance: true, threads: 1, workers: 1 };

describe("verifyInvariance", () => {
  it("finds no difference in a model that keeps its utterances apart, and counts through every pass", async (t) => {
    const checkpoint = babblingCheckpoint(await temporaryFolder(t));
    const progress: number[] = [];
    const onProgress = (done: number, total: number) => {
      assert.ok(done <= total);
      progress.push(done);
    };
    const { invariance, utterances } = await runEvaluation({ ...request, checkpoint, onProgress });
    assert.ok(invariance);
    assert.deepEqual(invariance.differences, []);
    assert.equal(invariance.numUtterances, utterances.length);
    assert.ok(invariance.largestDifference <= invariance.tolerance);
    assert.equal(progress.at(-1), 3 * utterances.length);
    assert.deepEqual(
      progress,
      progress.toSorted((a, b) => a - b),
    );
  });

  it("finds the reference's mistake: recurrent layers that run over the batch", async (t) => {
    const checkpoint = babblingCheckpoint(await temporaryFolder(t), "leaky", { recurrence: "batch" });
    const { invariance, utterances } = await runEvaluation({ ...request, checkpoint });
    assert.ok(invariance);
    const idsOf = (rescoring: string) =>
      new Set(invariance.differences.filter((one) => one.rescoring === rescoring).map(({ id }) => id));
    assert.ok(idsOf("alone").size > utterances.length / 2, `${idsOf("alone").size} differ alone`);
    assert.ok(idsOf("shuffled").size > utterances.length / 2, `${idsOf("shuffled").size} differ when shuffled`);
    assert.equal(invariance.largestDifference, invariance.differences[0]?.largestDifference);
    assert.ok(invariance.differences.some(({ hypotheses: [first, again] }) => first !== again));
  });

  it("is done where it is asked for alone", async (t) => {
    const checkpoint = babblingCheckpoint(await temporaryFolder(t));
    assert.equal((await runEvaluation({ ...request, verifyInvariance: false, checkpoint })).invariance, undefined);
  });
});
