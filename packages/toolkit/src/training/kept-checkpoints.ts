/**
 * The checkpoints that a run keeps: `best`, and with `keepBest` above 1 each of the best epochs by its number.
 *
 * A file goes only after the progress that no longer names it is saved, so that a run killed between the two resumes.
 */
import { existsSync, rmSync } from "node:fs";
import { numKept } from "./config.js";
import { checkpointPath, epochCheckpointPath } from "./run-folder.js";
import type { TrainingSession } from "./session.js";
import type { MeasuredEpoch } from "./training-state.js";

type ErrorRates = Omit<MeasuredEpoch, "epoch">;

/**
 * Lower WER first. Early in training it stands at 1, where nothing is said, or above, where wrong words are: there CER
 * decides, or a silent model would pass for better than one that has begun to spell.
 */
export function isBetter(candidate: ErrorRates, other: ErrorRates): boolean {
  const [wer, otherWer] = [Math.min(1, candidate.wer), Math.min(1, other.wer)];
  return wer < otherWer || (wer === otherWer && candidate.cer < other.cer);
}

export interface Ranking {
  /** The best epochs, best first. */
  kept: MeasuredEpoch[];
  dropped: MeasuredEpoch[];
  measured: MeasuredEpoch;
  /** The measured epoch's, from 0. */
  place: number;
}

/** Puts a newly measured epoch among the best, of which `keep` stay; of equals the earlier goes first. */
export function rank(kept: readonly MeasuredEpoch[], measured: MeasuredEpoch, keep: number): Ranking {
  const worse = kept.findIndex((other) => isBetter(measured, other));
  const place = worse < 0 ? kept.length : worse;
  const ranked = kept.toSpliced(place, 0, measured);
  return { kept: ranked.slice(0, keep), dropped: ranked.slice(keep), measured, place };
}

/** Writes the checkpoints that the measured epoch's place asks for, then the progress, and removes what is dropped. */
export function saveRanked(session: TrainingSession, ranking: Ranking, saveProgress: () => void): void {
  const { runFolder, config } = session;
  const { measured, place, dropped } = ranking;
  const keep = numKept(config);
  if (place < keep && keep > 1) session.saveWeights(epochCheckpointPath(runFolder, measured.epoch));
  if (place === 0) session.saveWeights(checkpointPath(runFolder, "best"));
  saveProgress();
  for (const { epoch } of dropped) removeCheckpoint(epochCheckpointPath(runFolder, epoch));
}

/** The checkpoint and its twin for people. */
function removeCheckpoint(path: string): void {
  for (const file of [path, path.replace(/\.safetensors$/, ".json")]) if (existsSync(file)) rmSync(file);
}
