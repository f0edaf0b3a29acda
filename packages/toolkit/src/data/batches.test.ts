import assert from "node:assert/strict";
import { test } from "node:test";
import { type BatchPlan, type BatchPlanOptions, planBatches, speedFactorOf } from "./batches.js";
import { utterance } from "./fixtures.test.support.js";
import { Random } from "./random.js";

/** Lengths spread like those of read speech, 1.5 to 16 s. */
const random = new Random("lengths");
const corpus = Array.from({ length: 1000 }, (_, i) =>
  utterance(`u${i}`, { durationSeconds: 1.5 + 14.5 * Math.sqrt(random.next()) }),
);
const options = { maxBatchSeconds: 120, seed: 1, epoch: 0, order: "shuffled" } satisfies BatchPlanOptions;

function idsOf(plan: BatchPlan): string[][] {
  return plan.batches.map((batch) => batch.map(({ utterance: { id } }) => id));
}

function lengthsOf(plan: BatchPlan): number[] {
  return plan.batches.map((batch) => Math.max(...batch.map(({ durationSeconds }) => durationSeconds)));
}

for (const order of ["shuffled", "shortest-first", "as-is"] as const) {
  test(`${order}: every utterance is in exactly one batch, and batches keep their limits`, () => {
    const plan = planBatches(corpus, { ...options, order, maxBatchUtterances: 20, speedFactors: [0.9, 1, 1.1] });
    assert.deepEqual(idsOf(plan).flat().sort(), corpus.map(({ id }) => id).sort());
    for (const [index, longest] of lengthsOf(plan).entries()) {
      const size = plan.batches[index]?.length ?? 0;
      assert.ok(size > 0 && size <= 20 && size * longest <= 120, `${size} utterances of up to ${longest} s`);
    }
  });
}

test("the cheapest filling keeps order and limits, and pads less than the fullest", () => {
  const sorted = { ...options, order: "shortest-first", maxBatchUtterances: 20 } as const;
  const [full, cheapest] = [planBatches(corpus, sorted), planBatches(corpus, { ...sorted, filling: "cheapest" })];
  assert.deepEqual(idsOf(cheapest).flat(), idsOf(full).flat());
  for (const [index, longest] of lengthsOf(cheapest).entries()) {
    const size = cheapest.batches[index]!.length;
    assert.ok(size <= 20 && size * longest <= 120, `${size} utterances of up to ${longest} s`);
  }
  const few = corpus.slice(0, 40);
  const wasteOf = (filling: "full" | "cheapest") => planBatches(few, { ...sorted, filling }).paddingWaste;
  assert.ok(wasteOf("cheapest") < 0.8 * wasteOf("full"), `${wasteOf("cheapest")} against ${wasteOf("full")}`);
});

test("seed and epoch fix the plan, and each changes it", () => {
  const plan = planBatches(corpus, { ...options, speedFactors: [0.9, 1.1] });
  assert.deepEqual(planBatches(corpus, { ...options, speedFactors: [0.9, 1.1] }), plan);
  const inBatches = (other: BatchPlan): Set<string> => new Set(idsOf(other).map((ids) => ids.sort().join()));
  const first = inBatches(planBatches(corpus, options));
  for (const change of [{ epoch: 1 }, { seed: 2 }]) {
    const second = inBatches(planBatches(corpus, { ...options, ...change }));
    const shared = [...second].filter((ids) => first.has(ids)).length;
    assert.ok(shared < second.size / 10, `${shared} of ${second.size} batches are the same`);
  }
});

test("like lengths share a batch: little padding, against a third unsorted", () => {
  const { paddingWaste, audioSeconds } = planBatches(corpus, options);
  const total = corpus.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  assert.ok(Math.abs(audioSeconds - total) < 1e-6);
  assert.ok(paddingWaste < 0.06, `${paddingWaste}`);
  assert.ok(planBatches(corpus, { ...options, order: "as-is" }).paddingWaste > 0.25);
});

test("padding is what the batches say it is", () => {
  const three = [1, 2, 4].map((durationSeconds) => utterance(`${durationSeconds}`, { durationSeconds }));
  const plan = planBatches(three, { seed: 0, epoch: 0, order: "as-is", maxBatchUtterances: 2 });
  assert.deepEqual(idsOf(plan), [["1", "2"], ["4"]]);
  assert.equal(plan.audioSeconds, 7);
  assert.equal(plan.paddingWaste, 1 - 7 / 8);
});

test("shuffled batches come in no order of length, shortest-first in just that", () => {
  const ordered = lengthsOf(planBatches(corpus, { ...options, order: "shortest-first" }));
  assert.deepEqual(
    ordered,
    [...ordered].sort((a, b) => a - b),
  );
  const shuffled = lengthsOf(planBatches(corpus, options));
  const rises = shuffled.filter((length, i) => i > 0 && length > (shuffled[i - 1] as number)).length;
  assert.ok(rises > 0.35 * shuffled.length && rises < 0.65 * shuffled.length, `${rises} of ${shuffled.length} rise`);
});

test("speeds are drawn evenly, by id, and change durations", () => {
  const speedFactors = [0.9, 1, 1.1];
  const plan = planBatches(corpus, { ...options, speedFactors });
  const counts = new Map<number, number>();
  for (const { utterance: u, speedFactor, durationSeconds } of plan.batches.flat()) {
    assert.equal(durationSeconds, u.durationSeconds / speedFactor);
    assert.equal(speedFactor, speedFactorOf(u.id, { seed: 1, epoch: 0, speedFactors }));
    counts.set(speedFactor, (counts.get(speedFactor) ?? 0) + 1);
  }
  for (const factor of speedFactors) assert.ok(Math.abs((counts.get(factor) ?? 0) - 333) < 60, `${factor}`);
  const nextEpoch = corpus.filter(
    ({ id }) =>
      speedFactorOf(id, { seed: 1, epoch: 0, speedFactors }) !== speedFactorOf(id, { seed: 1, epoch: 1, speedFactors }),
  );
  assert.ok(nextEpoch.length > 550 && nextEpoch.length < 780, `${nextEpoch.length} of 1000 change speed`);
});

test("tempos are drawn apart from speeds, and multiply with them", () => {
  const factors = { speedFactors: [0.9, 1.1], tempoFactors: [0.8, 1.25] };
  const both = planBatches(corpus, { ...options, ...factors }).batches.flat();
  for (const { utterance: u, speedFactor, tempoFactor, durationSeconds } of both) {
    assert.equal(durationSeconds, u.durationSeconds / (speedFactor * tempoFactor!));
  }
  for (const speed of factors.speedFactors) {
    for (const tempo of factors.tempoFactors) {
      const count = both.filter(
        ({ speedFactor, tempoFactor }) => speedFactor === speed && tempoFactor === tempo,
      ).length;
      assert.ok(Math.abs(count - 250) < 60, `${speed} and ${tempo}: ${count}`);
    }
  }
  const speedsOf = (planned: typeof both) =>
    new Map(planned.map(({ utterance: u, speedFactor }) => [u.id, speedFactor]));
  const alone = planBatches(corpus, { ...options, speedFactors: factors.speedFactors }).batches.flat();
  assert.deepEqual(new Map([...speedsOf(both)].sort()), new Map([...speedsOf(alone)].sort()));
});

test("an utterance over the limit has a batch to itself; no utterances make no batches", () => {
  const two = [utterance("long", { durationSeconds: 300 }), utterance("short")];
  assert.deepEqual(idsOf(planBatches(two, { ...options, order: "shortest-first" })), [["short"], ["long"]]);
  assert.deepEqual(planBatches([], options), { batches: [], audioSeconds: 0, paddingWaste: 0 });
});

for (const [bad, message] of [
  [{ maxBatchSeconds: 0 }, "maxBatchSeconds is 0, expected a number above 0."],
  [{ maxBatchUtterances: 1.5 }, "maxBatchUtterances is 1.5, expected a whole number above 0."],
  [{ speedFactors: [1, 11] }, "speedFactors is [1, 11], expected one or more numbers from 0.5 to 2."],
  [{ speedFactors: [] }, "speedFactors is [], expected one or more numbers from 0.5 to 2."],
] as const) {
  test(message, () => {
    assert.throws(() => planBatches(corpus, { ...options, ...bad }), { name: "UserError", message });
  });
}

test("a plan without limits is refused", () => {
  assert.throws(() => planBatches(corpus, { seed: 1, epoch: 0, order: "as-is" }), {
    message: "maxBatchSeconds and maxBatchUtterances are both missing; give at least one.",
  });
});
