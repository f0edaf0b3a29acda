/**
 * Reducing the learning rate when dev no longer gets better: PyTorch's ReduceLROnPlateau in mode "min" with a relative
 * threshold, as a function from state to state, so that a checkpoint can hold the state and a resumed run goes on alike.
 */
import { z } from "zod";
import type { ScheduleConfig } from "./schedule-config.js";

export const plateauStateSchema = z.object({
  /** What the peak is multiplied by. */
  scale: z.number(),
  /** The lowest metric so far; null before the first. */
  best: z.number().nullable(),
  /** Epochs in a row that were no better than the best. */
  badEpochs: z.int(),
  /** Epochs still to come in which nothing is counted. */
  cooldown: z.int(),
});

export type PlateauState = z.output<typeof plateauStateSchema>;

export interface PlateauOptions
  extends Pick<
    ScheduleConfig,
    "plateauFactor" | "plateauPatience" | "plateauThreshold" | "plateauCooldown" | "minLearningRate"
  > {
  /** The peak. */
  learningRate: number;
}

/** Before the first metric. */
export const INITIAL_PLATEAU: Readonly<PlateauState> = { scale: 1, best: null, badEpochs: 0, cooldown: 0 };

/** PyTorch leaves the rate alone where it would fall by no more than this (`eps`). */
const LEAST_REDUCTION = 1e-8;

/** The state after an epoch that ended with `metric` on dev; less is better. */
export function updatePlateau(state: PlateauState, metric: number, options: PlateauOptions): PlateauState {
  const { plateauThreshold, plateauPatience, plateauCooldown } = options;
  const isBetter = state.best === null || metric < state.best * (1 - plateauThreshold);
  const best = isBetter ? metric : state.best;
  const isCooling = state.cooldown > 0;
  const badEpochs = isBetter || isCooling ? 0 : state.badEpochs + 1;
  if (badEpochs > plateauPatience) {
    return { scale: reducedScale(state.scale, options), best, badEpochs: 0, cooldown: plateauCooldown };
  }
  return { scale: state.scale, best, badEpochs, cooldown: isCooling ? state.cooldown - 1 : 0 };
}

function reducedScale(scale: number, { learningRate, plateauFactor, minLearningRate }: PlateauOptions): number {
  const reduced = Math.max(scale * plateauFactor, minLearningRate / learningRate);
  return (scale - reduced) * learningRate > LEAST_REDUCTION ? reduced : scale;
}
