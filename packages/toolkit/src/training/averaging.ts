/** The average of a run's epochs, measured when the run is over; where it is better than the best, it is the best. */
import { tidy } from "@deepspeech-ts/torch";
import { averageCheckpoints, saveRunCheckpoint } from "../acoustic-model/index.js";
import { lastEpochs } from "./kept-checkpoints.js";
import { measure, measurementOf, summaryOf } from "./measuring.js";
import type { RunContext } from "./run-context.js";
import { checkpointPath, epochCheckpointPath } from "./run-folder.js";
import { isBetter } from "./selection.js";

/** Averages the best epochs and the last ones, as far as that is asked for. */
export async function averageEpochs(run: RunContext): Promise<void> {
  const { progress, config, runFolder } = run.session;
  const best = progress.kept.slice(0, config.averageBest).map(({ epoch }) => epoch);
  // Where time was up within an epoch, it is the one after those that are done.
  const newest = progress.epoch + (progress.batch > 0 ? 1 : 0);
  const last = run.team.first(() => lastEpochs(runFolder, newest, config));
  const isSame = String(best.toSorted()) === String(last.toSorted());
  for (const epochs of isSame ? [best] : [best, last]) {
    if (epochs.length >= 2 && !run.shouldStop) await averageOf(run, epochs);
  }
}

/** The run's own weights stay as they are, for a resumed run goes on from them. */
async function averageOf(run: RunContext, epochs: number[]): Promise<void> {
  const { session, corpora } = run;
  const { progress, config, runFolder } = session;
  const path = checkpointPath(runFolder, "averaged");
  run.team.first(() =>
    tidy(() => {
      const { header, tensors } = averageCheckpoints(epochs.map((epoch) => epochCheckpointPath(runFolder, epoch)));
      saveRunCheckpoint(path, { ...header, training: { ...Object(header.training), dev: null } }, tensors);
    }),
  );
  using model = session.modelIn(path);
  const dev = await measure(run, "dev", corpora.dev, { model });
  if (!dev) return;
  const measured = { epochs, ...measurementOf(dev) };
  const others = [progress.kept[0], progress.averaged].filter((other) => other !== null && other !== undefined);
  // Of an average that is measured again, as when a finished run is resumed, the same is told again.
  const isAgain = JSON.stringify(progress.averaged) === JSON.stringify(measured);
  const isBest = isAgain || others.every((other) => isBetter(measured, other, config.selectBy));
  if (isBest) {
    session.saveWeights(checkpointPath(runFolder, "best"), measured, model);
    progress.averaged = measured;
    // Or a resumed run would take its next best epoch for better than this average.
    run.saveLast();
  }
  run.emit({ kind: "averaged", epochs, step: progress.step, dev: summaryOf(dev), isBest });
}
