import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { learningRateAt } from "./schedule.js";

interface GoldenSchedule {
  settings: Record<string, number>;
  learningRates: number[];
}

const goldenFile = new URL("../../../../test/fixtures/schedules.json", import.meta.url);
const golden = JSON.parse(readFileSync(goldenFile, "utf8")) as Record<string, GoldenSchedule>;

function assertRates(ours: readonly number[], expected: readonly number[]): void {
  for (const [k, rate] of expected.entries()) {
    assert.ok(Math.abs(ours[k]! - rate) < 1e-12, `step ${k}: ${ours[k]}, golden ${rate}`);
  }
}

describe("one-cycle", () => {
  // PyTorch's steps run from 0 to total - 1, and its peak lies at pct_start * total - 1.
  const { settings, learningRates } = golden.oneCycleLinear!;
  const { max_lr: peak = 0, total_steps: total = 0, pct_start: rise = 0, div_factor: divisor = 0 } = settings;
  const final = peak / divisor / settings.final_div_factor!;
  const last = total - 1;
  const options = { kind: "one-cycle", peak, final, warmupShare: (rise * total - 1) / last } as const;

  it("is PyTorch's OneCycleLR with linear annealing", () => {
    assertRates(
      learningRates.map((_, k) => learningRateAt(k / last, options)),
      learningRates,
    );
  });

  it("starts at a 25th of the peak, and ends at the final rate", () => {
    assert.equal(learningRateAt(0, options), peak / 25);
    assert.equal(learningRateAt(1, options), final);
  });
});

describe("warmup-cosine", () => {
  const { settings, learningRates } = golden.warmupCosine!;
  const { peak = 0, last: final = 0, warmup = 0, total = 0 } = settings;
  const options = { kind: "warmup-cosine", peak, final, warmupShare: warmup / total } as const;

  it("falls by the golden half cosine", () => {
    const falling = learningRates.slice(warmup);
    assertRates(
      falling.map((_, k) => learningRateAt((warmup + k) / total, options)),
      falling,
    );
  });

  it("rises by the golden line, which is one step ahead", () => {
    const rising = learningRates.slice(0, warmup);
    assertRates(
      rising.map((_, k) => learningRateAt((k + 1) / total, options)),
      rising,
    );
  });

  it("starts at 0, peaks where the warm-up ends, and ends at the final rate", () => {
    const rates = Array.from({ length: 1001 }, (_, k) => learningRateAt(k / 1000, options));
    assert.equal(rates[0], 0);
    assert.equal(rates.indexOf(Math.max(...rates)), 100);
    assert.equal(rates[100], peak);
    assert.ok(Math.abs(rates[1000]! - final) < 1e-15);
  });
});

describe("all schedules", () => {
  const base = { peak: 1, final: 0.01 };

  it("constant rises to the peak and stays", () => {
    const options = { ...base, kind: "constant", warmupShare: 0.25 } as const;
    const rates = [0, 0.125, 0.25, 0.5, 1].map((progress) => learningRateAt(progress, options));
    assert.deepEqual(rates, [0, 0.5, 1, 1, 1]);
  });

  it("start at the peak without a warm-up, and rise to the last with nothing but one", () => {
    for (const kind of ["warmup-cosine", "one-cycle", "constant"] as const) {
      assert.equal(learningRateAt(0, { ...base, kind, warmupShare: 0 }), 1);
      const rate = learningRateAt(0.999, { ...base, kind, warmupShare: 1 });
      assert.ok(rate > 0.99 && rate < 1, `${kind}: ${rate}`);
    }
  });
});
