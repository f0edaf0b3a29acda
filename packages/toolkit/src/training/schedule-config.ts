/**
 * How the learning rate moves over a run: the settings, with their defaults and what --help says of them. schedule.ts
 * computes by them. Each setting acts only in the kinds that its description begins with.
 */
import { z } from "zod";

const positive = z.number().positive();
const count = z.int().min(0);
const share = z.number().min(0).max(1);

/** What a configuration may say of the learning rate. */
export const scheduleSchema = z
  .strictObject({
    kind: z
      .enum(["warmup-cosine", "one-cycle", "cosine-warm-restarts", "reduce-on-plateau", "constant"])
      .default("warmup-cosine")
      .describe("shape of the schedule"),
    warmupShare: share
      .default(0.1)
      .describe("warmup-cosine, reduce-on-plateau, constant: share of the run in which the rate rises from 0"),
    minLearningRate: z
      .number()
      .min(0)
      .default(0)
      .describe(
        "warmup-cosine: where it ends; cosine-warm-restarts: where each cycle begins and ends (eta_min); " +
          "reduce-on-plateau: never reduce below this (min_lr)",
      ),

    pctStart: share.default(0.3).describe("one-cycle: share of the run in which the rate rises (pct_start)"),
    divFactor: positive.default(25).describe("one-cycle: start at learningRate divided by this (div_factor)"),
    finalDivFactor: positive
      .default(1e4)
      .describe("one-cycle: end at the start divided by this, in a straight line (final_div_factor)"),

    cycleEpochs: z
      .number()
      .min(0.01)
      .default(5)
      .describe("cosine-warm-restarts: epochs in the first cycle, its warm-up counted (T_0)"),
    cycleMultiplier: z
      .number()
      .min(1)
      .default(1)
      .describe("cosine-warm-restarts: a cycle's fall is so many times as long as the last one's (T_mult)"),
    cycleWarmupEpochs: z
      .number()
      .min(0)
      .default(0)
      .describe("cosine-warm-restarts: epochs at the start of each cycle in which the rate rises (T_up)"),
    cyclePeakFactor: positive
      .max(1)
      .default(1)
      .describe("cosine-warm-restarts: a cycle's peak is so many times the last one's (gamma)"),

    plateauFactor: positive
      .lt(1)
      .default(0.5)
      .describe("reduce-on-plateau: multiply the rate by this when dev no longer gets better (factor)"),
    plateauPatience: count
      .default(1)
      .describe("reduce-on-plateau: epochs in a row without improvement on dev that are tolerated (patience)"),
    plateauThreshold: z
      .number()
      .min(0)
      .lt(1)
      .default(1e-4)
      .describe("reduce-on-plateau: better means below the best by more than this share of it (threshold)"),
    plateauCooldown: count
      .default(0)
      .describe("reduce-on-plateau: epochs after a reduction in which nothing is counted (cooldown)"),
  })
  .refine(({ cycleEpochs, cycleWarmupEpochs }) => cycleWarmupEpochs < cycleEpochs, {
    path: ["cycleWarmupEpochs"],
    message: "must be less than cycleEpochs",
  });

/** A complete schedule. */
export type ScheduleConfig = z.output<typeof scheduleSchema>;
