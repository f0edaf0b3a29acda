/**
 * The checkpoints that a run keeps: `best`, and by their numbers each of the best epochs, with `keepBest` above 1, and of the
 * last ones that are to be averaged.
 *
 * A file goes only after the progress that no longer names it is saved, so that a run killed between the two resumes.
 */
import { existsSync, rmSync } from "node:fs";
import { checkpointTwin } from "../acoustic-model/index.js";
import { numKept, type TrainConfig } from "./config.js";
import { checkpointPath, epochCheckpointPath, savedEpochs } from "./run-folder.js";
import { isBetter } from "./selection.js";
import type { TrainingSession } from "./session.js";
import type { MeasuredEpoch } from "./training-state.js";

export interface Ranking {
  /** The best epochs, best first. */
  kept: MeasuredEpoch[];
  measured: MeasuredEpoch;
  /** The measured epoch's, from 0. */
  place: number;
}

/**
 * Puts a newly measured epoch among the best, of which as many stay as are kept; of equals the earlier goes first. One that
 * was measured in part before, where time was up within it, is there once, as it was better.
 */
export function rank(
  kept: readonly MeasuredEpoch[],
  measured: MeasuredEpoch,
  config: Pick<TrainConfig, "keepBest" | "averageBest" | "selectBy">,
): Ranking {
  const keep = numKept(config);
  const part = kept.find(({ epoch }) => epoch === measured.epoch);
  if (part && !isBetter(measured, part, config.selectBy)) {
    return { kept: [...kept], measured, place: kept.length };
  }
  const others = kept.filter((other) => other !== part);
  const worse = others.findIndex((other) => isBetter(measured, other, config.selectBy));
  const place = worse < 0 ? others.length : worse;
  const ranked = others.toSpliced(place, 0, measured);
  return { kept: ranked.slice(0, keep), measured, place };
}

/**
 * Writes the checkpoints that the measured epoch's place asks for, then the progress, and removes all that are not needed,
 * those too that were before the run was resumed with other settings.
 */
export function saveRanked(
  session: TrainingSession,
  ranking: Ranking,
  { isBest, saveProgress }: { isBest: boolean; saveProgress: () => void },
): void {
  const { runFolder, config } = session;
  const { measured, kept } = ranking;
  const { averageLast } = config;
  const keptAs = (epoch: number) => kept.find((other) => other.epoch === epoch);
  const isNeeded = (epoch: number) =>
    epoch > measured.epoch - averageLast || (numKept(config) > 1 && keptAs(epoch) !== undefined);
  // Where a part of the epoch was better, its weights stand for the epoch.
  const stands = keptAs(measured.epoch) ?? measured;
  if (stands === measured && isNeeded(measured.epoch))
    session.saveWeights(epochCheckpointPath(runFolder, measured.epoch), measured);
  if (isBest) session.saveWeights(checkpointPath(runFolder, "best"), measured);
  saveProgress();
  if (!session.team.isFirst) return;
  for (const epoch of savedEpochs(runFolder)) {
    if (!isNeeded(epoch)) removeCheckpoint(epochCheckpointPath(runFolder, epoch));
  }
}

/** The last epochs up to `epoch` whose weights are there, of those that are to be averaged, newest first. */
export function lastEpochs(
  runFolder: string,
  epoch: number,
  { averageLast }: Pick<TrainConfig, "averageLast">,
): number[] {
  const wanted = Array.from({ length: averageLast }, (_, i) => epoch - i);
  return wanted.filter((each) => existsSync(epochCheckpointPath(runFolder, each)));
}

/** The checkpoint and its twin for people. */
function removeCheckpoint(path: string): void {
  for (const file of [checkpointTwin(path), path]) rmSync(file, { force: true });
}
