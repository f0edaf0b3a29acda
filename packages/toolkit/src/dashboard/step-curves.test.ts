import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MOST_POINTS, StepCurvesBuilder } from "./step-curves.js";

function point(step: number, loss: number) {
  return { step, loss, epoch: step / 1000, hours: step / 3600, learningRate: 1 / step, audioSecondsPerSecond: 200 };
}

describe("StepCurvesBuilder", () => {
  it("keeps every step of a short run as it was", () => {
    const curves = new StepCurvesBuilder();
    for (let step = 1; step <= MOST_POINTS; step++) curves.add(point(step, 1 / step));
    const { step, loss, epoch, hours, learningRate } = curves.toJson();
    assert.equal(step.length, MOST_POINTS);
    assert.deepEqual([step[9], loss[9], epoch[9], hours[9], learningRate[9]], [10, 0.1, 0.01, 10 / 3600, 0.1]);
  });

  it("draws half a million steps with few points, each the mean of its steps", () => {
    const curves = new StepCurvesBuilder();
    for (let step = 1; step <= 500_000; step++) curves.add(point(step, step));
    const { step, loss, learningRate } = curves.toJson();
    assert.ok(step.length <= MOST_POINTS && step.length > MOST_POINTS / 2 - 1, `${step.length} points`);
    const width = step[0]!;
    assert.equal(Math.log2(width) % 1, 0, "a power of two");
    for (const [i, last] of step.slice(0, -1).entries()) {
      assert.equal(last, (i + 1) * width);
      assert.equal(loss[i], last - (width - 1) / 2, "the mean of consecutive numbers");
      assert.equal(learningRate[i], 1 / last, "as it stood at the end");
    }
    assert.equal(step.at(-1), 500_000);
  });

  it("is the same when it was looked at on the way", () => {
    const [watched, whole] = [new StepCurvesBuilder(), new StepCurvesBuilder()];
    for (let step = 1; step <= 5000; step++) {
      for (const curves of [watched, whole]) curves.add(point(step, Math.sin(step)));
      if (step % 7 === 0) watched.toJson();
    }
    assert.deepEqual(watched.toJson(), whole.toJson());
  });

  it("leaves out of the mean what is not finite, and shows a gap where nothing else is", () => {
    const curves = new StepCurvesBuilder();
    for (const [i, loss] of [1, Number.NaN, Number.POSITIVE_INFINITY].entries()) curves.add(point(i + 1, loss));
    assert.deepEqual(curves.toJson().loss, [1, null, null]);
    const joined = new StepCurvesBuilder();
    for (let step = 1; step <= MOST_POINTS + 1; step++) joined.add(point(step, step % 2 === 0 ? Number.NaN : 3));
    assert.ok(joined.toJson().loss.every((loss) => loss === 3));
  });
});
