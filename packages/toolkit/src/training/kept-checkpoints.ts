/**
 * The checkpoints that a run keeps: `best`, and with `keepBest` above 1 each of the best epochs by its number.
 *
 * A file goes only after the progress that no longer names it is saved, so that a run killed between the two resumes.
 */
import { existsSync, rmSync } from "node:fs";
import { numKept, type TrainConfig } from "./config.js";
import { checkpointPath, epochCheckpointPath } from "./run-folder.js";
import { isBetter } from "./selection.js";
import type { TrainingSession } from "./session.js";
import type { MeasuredEpoch } from "./training-state.js";

export interface Ranking {
  /** The best epochs, best first. */
  kept: MeasuredEpoch[];
  dropped: MeasuredEpoch[];
  measured: MeasuredEpoch;
  /** The measured epoch's, from 0. */
  place: number;
}

/** Puts a newly measured epoch among the best, of which as many stay as are kept; of equals the earlier goes first. */
export function rank(
  kept: readonly MeasuredEpoch[],
  measured: MeasuredEpoch,
  config: Pick<TrainConfig, "keepBest" | "averageBest" | "selectBy">,
): Ranking {
  const keep = numKept(config);
  const worse = kept.findIndex((other) => isBetter(measured, other, config.selectBy));
  const place = worse < 0 ? kept.length : worse;
  const ranked = kept.toSpliced(place, 0, measured);
  return { kept: ranked.slice(0, keep), dropped: ranked.slice(keep), measured, place };
}

/** Writes the checkpoints that the measured epoch's place asks for, then the progress, and removes what is dropped. */
export function saveRanked(
  session: TrainingSession,
  ranking: Ranking,
  { isBest, saveProgress }: { isBest: boolean; saveProgress: () => void },
): void {
  const { runFolder, config } = session;
  const { measured, place, dropped } = ranking;
  const keep = numKept(config);
  if (place < keep && keep > 1) session.saveWeights(epochCheckpointPath(runFolder, measured.epoch));
  if (isBest) session.saveWeights(checkpointPath(runFolder, "best"));
  saveProgress();
  for (const { epoch } of dropped) removeCheckpoint(epochCheckpointPath(runFolder, epoch));
}

/** The checkpoint and its twin for people. */
function removeCheckpoint(path: string): void {
  for (const file of [path, path.replace(/\.safetensors$/, ".json")]) if (existsSync(file)) rmSync(file);
}
