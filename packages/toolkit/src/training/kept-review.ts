/**
 * What a resumed run has kept, where it is to be judged otherwise than before: on other dev data, by another measure, or
 * in another number.
 */
import { existsSync } from "node:fs";
import { writeFileAtomicallySync } from "@deepspeech-ts/recognizer/system";
import { checkpointTwin } from "../acoustic-model/index.js";
import { numKept } from "./config.js";
import { piecesOf } from "./file-pieces.js";
import { checkpointPath, epochCheckpointPath } from "./run-folder.js";
import { INITIAL_PLATEAU } from "./schedule-plateau.js";
import { isBetter, type Measurement } from "./selection.js";
import type { TrainingSession } from "./session.js";
import type { MeasuredEpoch } from "./training-state.js";

/**
 * Ranks the kept checkpoints anew, and makes the best of them the run's best. The caller saves the progress.
 *
 * @param measure measures a checkpoint again; undefined where it was broken off, and then all stays as it was. Default:
 * what was measured holds
 */
export async function reviewKept(
  session: TrainingSession,
  measure: (path: string) => Promise<Partial<Measurement> | undefined> = async () => ({}),
): Promise<void> {
  const { progress, config, runFolder, team } = session;
  const best = checkpointPath(runFolder, "best");
  const ownPath = ({ epoch }: MeasuredEpoch) => epochCheckpointPath(runFolder, epoch);
  const averagedAnew = progress.averaged ? await measure(best) : {};
  if (!averagedAnew) return;
  const averaged = progress.averaged && { ...progress.averaged, ...averagedAnew };
  const kept: MeasuredEpoch[] = [];
  for (const [place, epoch] of progress.kept.entries()) {
    // Where one alone was kept, its weights are the best checkpoint's.
    const isBest = place === 0 && progress.averaged === null;
    const path = team.first(() => {
      if (!existsSync(ownPath(epoch)) && isBest && numKept(config) > 1) copyCheckpoint(best, ownPath(epoch));
      return existsSync(ownPath(epoch)) ? ownPath(epoch) : isBest ? best : undefined;
    });
    if (!path) continue;
    const measuredAnew = await measure(path);
    if (!measuredAnew) return;
    kept.push({ ...epoch, ...measuredAnew });
  }
  const bestBefore = progress.averaged ? undefined : progress.kept[0]?.epoch;
  kept.sort((a, b) => (isBetter(a, b, config.selectBy) ? -1 : isBetter(b, a, config.selectBy) ? 1 : 0));
  progress.kept = kept;
  const [first] = kept;
  if (first && averaged && !isBetter(first, averaged, config.selectBy)) progress.averaged = averaged;
  else {
    progress.averaged = null;
    if (first && first.epoch !== bestBefore) team.first(() => copyCheckpoint(ownPath(first), best));
  }
  progress.plateau = { ...INITIAL_PLATEAU, scale: progress.plateau.scale };
}

/** With its twin for people. */
function copyCheckpoint(from: string, to: string): void {
  for (const [source, target] of [
    [checkpointTwin(from), checkpointTwin(to)],
    [from, to],
  ] as const) {
    if (existsSync(source)) writeFileAtomicallySync(target, piecesOf(source));
  }
}
