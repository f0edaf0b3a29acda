/** The training loop: epochs of steps (epoch.ts), each measured on dev, the best kept, and the test set once at the end. */
import { averageEpochs } from "./averaging.js";
import { EpochTrainer } from "./epoch.js";
import type { TrainingEvent } from "./events.js";
import { reviewKept } from "./kept-review.js";
import { measure, measurementOf, reportTest } from "./measuring.js";
import { rehearseLargestBatch } from "./rehearsal.js";
import { RunContext, type TrainingParts } from "./run-context.js";
import { outlookOf } from "./run-length.js";
import type { Progress } from "./training-state.js";

export async function runEpochs(parts: TrainingParts): Promise<void> {
  const run = new RunContext(parts);
  const epoch = new EpochTrainer(run, () => isOver(run));
  start(run);
  await reviewKeptAsNow(run);
  // What was not measured to the end is not saved.
  if (run.changes.length > 0 && run.shouldStop) return finish(run, "stopped");
  while (!isOver(run)) {
    await epoch.train();
    if (!run.shouldStop) await epoch.close();
    if (run.shouldStop) {
      run.saveLast();
      return finish(run, "stopped");
    }
  }
  await averageEpochs(run);
  await reportTest(run);
  finish(run, run.shouldStop ? "stopped" : endingOf(run));
}

function start(run: RunContext): void {
  const { session, plan } = run;
  const { model, runFolder, progress, config, trained, freshParameters } = session;
  const numParameters = model.numParameters();
  const numTrained = [...trained.values()].reduce((total, { numel }) => total + numel, 0);
  const batches = plan.batchesOf(progress.epoch);
  const counts = { numParameters, numFrozen: numParameters - numTrained, freshParameters };
  plan.countSteps(batches);
  const { totalSteps, maxBatchSeconds } = plan;
  const position = { epochs: config.epochs, totalSteps, firstStep: progress.step };
  const time = config.maxMinutes !== undefined && { maxMinutes: config.maxMinutes };
  const changes = run.changes.length > 0 && { changes: run.changes };
  run.emit({ kind: "start", runFolder, ...counts, ...position, ...time, ...changes });
  if (isOver(run)) return;
  const largest = rehearseLargestBatch(session, [batches, plan.batchesOf(progress.epoch + 1)]);
  const { paddingWaste } = batches;
  const outlook = config.initFrom !== undefined || progress.spokeAt !== null ? null : outlookOf(totalSteps, config);
  const size = { numBatches: batches.batches.length, paddingWaste, largest, maxBatchSeconds };
  run.emit({ kind: "plan", ...size, totalSteps, outlook });
  // A run killed at any point can be resumed, so there is a checkpoint from the first step on.
  if (progress.step === 0) run.saveLast();
}

/** What a resumed run has kept is judged as it would be from now on. */
async function reviewKeptAsNow(run: RunContext): Promise<void> {
  const { session, changes, corpora } = run;
  if (changes.length === 0) return;
  const isChanged = (...keys: string[]) => changes.some(({ key }) => keys.includes(key));
  const measureIn = async (path: string) => {
    using model = session.modelIn(path);
    const dev = await measure(run, "dev", corpora.dev, { model });
    return dev && measurementOf(dev);
  };
  if (isChanged("dev data")) await reviewKept(session, measureIn);
  else if (isChanged("selectBy", "keepBest", "averageBest")) await reviewKept(session);
  if (!run.shouldStop) run.saveLast();
}

/** All epochs are done, patience is at its end, or the time is up and what was trained has been measured. */
function isOver({ session, clock }: RunContext): boolean {
  const { progress, config } = session;
  const { kept, step, measuredStep, batch } = progress;
  const isMeasured = kept.length > 0 && (measuredStep === null ? batch === 0 : measuredStep === step);
  return progress.epoch >= config.epochs || patienceIsOver(session) || (clock.timeIsUp && isMeasured);
}

/** On CTC's plateau all epochs are alike, and none of them counts. */
function patienceIsOver({ progress, config }: RunContext["session"]): boolean {
  const [best] = progress.kept;
  if (best === undefined || progress.spokeAt === null || config.patience === 0) return false;
  return progress.epoch - Math.max(best.epoch, progress.spokeAt) >= config.patience;
}

function endingOf({ session }: RunContext): "epochs" | "patience" | "time" {
  if (session.progress.epoch >= session.config.epochs) return "epochs";
  return patienceIsOver(session) ? "patience" : "time";
}

function finish(run: RunContext, reason: "epochs" | "time" | "patience" | "stopped"): void {
  const { progress, runFolder } = run.session;
  const { elapsedSeconds } = run.clock;
  run.emit({ kind: "finished", reason, runFolder, steps: progress.step, elapsedSeconds, best: bestOf(progress) });
}

/** What the run's best checkpoint is, and measured on dev; null before the first. */
function bestOf({ kept: [best], averaged }: Progress): Extract<TrainingEvent, { kind: "finished" }>["best"] {
  if (best === undefined) return null;
  const { wer, cer } = averaged ?? best;
  return { epoch: best.epoch, wer, cer, ...(averaged && { averagedEpochs: averaged.epochs }) };
}
