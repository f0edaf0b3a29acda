import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { learningRateAt, type ScheduleOptions, type SchedulePosition } from "./schedule.js";
import { type ScheduleConfig, scheduleSchema } from "./schedule-config.js";
import { INITIAL_PLATEAU, plateauStateSchema, updatePlateau } from "./schedule-plateau.js";

type Settings = Record<string, number>;

interface GoldenRun {
  /** By PyTorch's names. */
  settings: Settings;
  /** One for each step. */
  rates: number[];
}

const goldenFile = new URL("../../../../test/fixtures/schedules/schedules.json", import.meta.url);
const golden = JSON.parse(readFileSync(goldenFile, "utf8")) as {
  devWer: number[];
  schedules: Record<string, GoldenRun[]>;
};

function scheduleOf(kind: ScheduleConfig["kind"], settings: Partial<ScheduleOptions>): ScheduleOptions {
  const { learningRate = 1, plateauScale = 1, ...given } = settings;
  return { ...scheduleSchema.parse({ kind, ...given }), learningRate, plateauScale };
}

/** Step n of N; without epochs for schedules that must not look at them. */
function step(n: number, totalSteps: number): SchedulePosition {
  return { share: n / totalSteps, epochs: Number.NaN, totalSteps };
}

function epoch(epochs: number): SchedulePosition {
  return { share: Number.NaN, epochs, totalSteps: Number.NaN };
}

function assertRates(run: GoldenRun, rateAt: (n: number) => number): void {
  for (const [n, expected] of run.rates.entries()) {
    const rate = rateAt(n);
    assert.ok(
      Math.abs(rate - expected) < 1e-12,
      `${JSON.stringify(run.settings)}: step ${n}: ${rate}, not ${expected}`,
    );
  }
}

describe("whole runs of PyTorch, step by step", () => {
  it("OneCycleLR with linear annealing", () => {
    for (const run of golden.schedules["one-cycle"]!) {
      const { max_lr, total_steps, pct_start, div_factor, final_div_factor } = run.settings as Record<string, number>;
      const options = scheduleOf("one-cycle", {
        learningRate: max_lr!,
        pctStart: pct_start!,
        divFactor: div_factor!,
        finalDivFactor: final_div_factor!,
      });
      assertRates(run, (n) => learningRateAt(step(n, total_steps!), options));
    }
  });

  it("a linear warm-up before CosineAnnealingLR", () => {
    for (const run of golden.schedules["warmup-cosine"]!) {
      const { peak, warmup_steps, total_steps, eta_min } = run.settings;
      const options = scheduleOf("warmup-cosine", {
        learningRate: peak!,
        warmupShare: warmup_steps! / total_steps!,
        minLearningRate: eta_min!,
      });
      assertRates(run, (n) => learningRateAt(step(n, total_steps!), options));
    }
  });

  it("CosineAnnealingWarmRestarts, within epochs and with growing cycles", () => {
    for (const run of golden.schedules["cosine-warm-restarts"]!) {
      const { peak, steps_per_epoch, T_0, T_mult, eta_min } = run.settings;
      const options = scheduleOf("cosine-warm-restarts", {
        learningRate: peak!,
        cycleEpochs: T_0!,
        cycleMultiplier: T_mult!,
        minLearningRate: eta_min!,
      });
      assertRates(run, (n) => learningRateAt(epoch(n / steps_per_epoch!), options));
    }
  });

  it("warm restarts with a warm-up in each cycle and falling peaks", () => {
    for (const run of golden.schedules["warm-up restarts"]!) {
      // The golden cycles are counted in steps.
      const { steps_per_epoch: perEpoch = 1, base, eta_max, T_0, T_mult, T_up, gamma } = run.settings;
      const options = scheduleOf("cosine-warm-restarts", {
        learningRate: eta_max!,
        cycleEpochs: T_0! / perEpoch,
        cycleMultiplier: T_mult!,
        cycleWarmupEpochs: T_up! / perEpoch,
        cyclePeakFactor: gamma!,
        minLearningRate: base!,
      });
      assertRates(run, (n) => learningRateAt(epoch(n / perEpoch), options));
    }
  });

  it("ReduceLROnPlateau on the dev WER of a real run, its state saved and read again after each epoch", () => {
    for (const run of golden.schedules["reduce-on-plateau"]!) {
      const { peak, factor, patience, threshold, cooldown, min_lr } = run.settings;
      const options = scheduleOf("reduce-on-plateau", {
        learningRate: peak!,
        warmupShare: 0,
        minLearningRate: min_lr!,
        plateauFactor: factor!,
        plateauPatience: patience!,
        plateauThreshold: threshold!,
        plateauCooldown: cooldown!,
      });
      let state = { ...INITIAL_PLATEAU };
      assertRates(run, (n) => {
        const saved = JSON.stringify(updatePlateau(state, golden.devWer[n]!, options));
        state = plateauStateSchema.parse(JSON.parse(saved));
        return learningRateAt(step(n, run.rates.length), { ...options, plateauScale: state.scale });
      });
      assert.ok(run.rates.at(-1)! < peak!, "the rate was reduced");
    }
  });
});

describe("the ends of a run", () => {
  it("constant and reduce-on-plateau rise to their rate and stay", () => {
    const rates = (kind: ScheduleConfig["kind"]) => {
      const options = scheduleOf(kind, { warmupShare: 0.25, plateauScale: 0.5 });
      return [0, 1, 2, 4, 7, 8].map((n) => learningRateAt(step(n, 8), options));
    };
    assert.deepEqual(rates("constant"), [0, 0.5, 1, 1, 1, 1]);
    assert.deepEqual(rates("reduce-on-plateau"), [0, 0.25, 0.5, 0.5, 0.5, 0.5]);
  });

  it("a run fitted to a time may stand anywhere: rates stay between start and end", () => {
    for (const kind of ["one-cycle", "warmup-cosine"] as const) {
      const options = scheduleOf(kind, { minLearningRate: 1e-3, finalDivFactor: 40 });
      const rates = [0.3, 0.5001, 0.77, 0.9999, 1].map((share) =>
        learningRateAt({ share, epochs: 0.4, totalSteps: 1e5 }, options),
      );
      assert.deepEqual(
        rates,
        rates.toSorted((a, b) => b - a),
        kind,
      );
      assert.ok(Math.abs(rates.at(-1)! - 1e-3) < 1e-12, kind);
    }
  });

  it("a warm-up over all or nothing of the run", () => {
    for (const kind of ["warmup-cosine", "constant"] as const) {
      assert.equal(learningRateAt(step(0, 10), scheduleOf(kind, { warmupShare: 0 })), 1);
      const all = scheduleOf(kind, { warmupShare: 1 });
      assert.deepEqual([learningRateAt(step(9, 10), all), learningRateAt(step(10, 10), all)], [0.9, 1]);
    }
  });

  it("one-cycle over a single step is finite", () => {
    for (const pctStart of [0, 0.3, 1]) {
      const rate = learningRateAt(step(0, 1), scheduleOf("one-cycle", { pctStart }));
      assert.ok(rate > 0 && rate <= 1, `${pctStart}: ${rate}`);
    }
  });
});

describe("reduce-on-plateau", () => {
  const options = scheduleOf("reduce-on-plateau", { plateauPatience: 0, plateauThreshold: 0.1, plateauCooldown: 1 });

  it("counts what is better by less than the threshold as no better", () => {
    const first = updatePlateau(INITIAL_PLATEAU, 0.5, options);
    assert.deepEqual(first, { scale: 1, best: 0.5, badEpochs: 0, cooldown: 0 });
    assert.deepEqual(updatePlateau(first, 0.46, options), { scale: 0.5, best: 0.5, badEpochs: 0, cooldown: 1 });
    assert.deepEqual(updatePlateau(first, 0.44, options), { scale: 1, best: 0.44, badEpochs: 0, cooldown: 0 });
  });
});

describe("the schema", () => {
  it("refuses a warm-up as long as its cycle", () => {
    const result = scheduleSchema.safeParse({ cycleEpochs: 2, cycleWarmupEpochs: 2 });
    assert.deepEqual(
      result.error?.issues.map(({ path, message }) => [path, message]),
      [[["cycleWarmupEpochs"], "must be less than cycleEpochs"]],
    );
  });

  it("describes every setting by the kinds that it acts in", () => {
    const kinds = scheduleSchema.shape.kind.unwrap().options;
    for (const [key, { description = "" }] of Object.entries(scheduleSchema.shape)) {
      if (key !== "kind")
        assert.ok(
          kinds.some((kind) => description.startsWith(kind)),
          `${key}: ${description}`,
        );
    }
  });

  it("every setting acts in the kinds that its description names, and in no other", () => {
    const other: Partial<ScheduleConfig> = {
      ...{ warmupShare: 0.4, minLearningRate: 0.5, pctStart: 0.6, divFactor: 3, finalDivFactor: 2 },
      ...{ cycleEpochs: 3, cycleMultiplier: 2, cycleWarmupEpochs: 1, cyclePeakFactor: 0.5 },
      ...{ plateauFactor: 0.3, plateauPatience: 3, plateauThreshold: 0.2, plateauCooldown: 4 },
    };
    const ratesOf = (settings: ScheduleOptions) => {
      let state = { ...INITIAL_PLATEAU };
      return golden.devWer.map((wer, n) => {
        state = updatePlateau(state, wer, settings);
        const position = { share: n / 40, epochs: n / 2, totalSteps: 40 };
        return learningRateAt(position, { ...settings, plateauScale: state.scale });
      });
    };
    for (const kind of scheduleSchema.shape.kind.unwrap().options) {
      const usual = ratesOf(scheduleOf(kind, {}));
      for (const [key, value] of Object.entries(other)) {
        const changed = ratesOf(scheduleOf(kind, { [key]: value }));
        const { description = "" } = scheduleSchema.shape[key as keyof ScheduleConfig];
        const acts = JSON.stringify(changed) !== JSON.stringify(usual);
        assert.equal(acts, new RegExp(`(^|[;,] )${kind}[:,]`).test(description), `${kind}: ${key}`);
      }
    }
  });
});
