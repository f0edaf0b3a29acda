/** One epoch: batches become steps, and the model that they leave is measured, ranked and saved. */
import { setImmediate } from "node:timers/promises";
import { usableBatch } from "../acoustic-model/index.js";
import type { BatchPlan } from "../data/batches.js";
import type { Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import type { EvaluationResult, LoadingCorpus } from "../evaluation/evaluate.js";
import { spectrogramsOf } from "./augmented-features.js";
import { rank, saveRanked } from "./kept-checkpoints.js";
import { beginLoadingDev, measure, measurementOf, summaryOf } from "./measuring.js";
import { explainingMemory } from "./rehearsal.js";
import type { RunContext } from "./run-context.js";
import { blanksWarning } from "./run-length.js";
import { updatePlateau } from "./schedule-plateau.js";
import { hasLeftPlateau, isBetter, selectionMetric } from "./selection.js";
import { lossCount, type StepResult, trainStep } from "./step.js";
import type { MeasuredEpoch } from "./training-state.js";

/** A model that has answered blanks alone for so many epochs and steps is told of. */
const BLANK_EPOCHS = 3;
const BLANK_STEPS = 500;

type TrainingBatch = Batch<PreparedUtterance>;

export class EpochTrainer {
  readonly #run: RunContext;
  /** Whether the run is over, once the epoch is. */
  readonly #isOver: () => boolean;
  /** The dev set, and the next epoch, whose first batches load while the step or the checkpoint before them is done. */
  #dev: LoadingCorpus | undefined;
  #nextEpoch: AsyncIterable<TrainingBatch> | undefined;
  #toldOfBlanks = false;
  #trainedSeconds = 0;
  #trainedAudioSeconds = 0;

  constructor(run: RunContext, isOver: () => boolean) {
    this.#run = run;
    this.#isOver = isOver;
  }

  /** From where the epoch stands to its end, to the end of time, or to a request to stop. */
  async train(): Promise<void> {
    const { session, loader, clock, plan: runPlan } = this.#run;
    const { progress, config } = session;
    const plan = runPlan.batchesOf(progress.epoch);
    runPlan.countSteps(plan);
    const remaining = plan.batches.slice(progress.batch);
    const batches = this.#nextEpoch ?? loader.batches({ batches: remaining });
    this.#nextEpoch = undefined;
    let group: TrainingBatch[] = [];
    let numLoaded = 0;
    for await (const loaded of batches) {
      group.push(usableBatch(loaded, config));
      numLoaded++;
      if (numLoaded === remaining.length) this.#dev = beginLoadingDev(this.#run);
      if (group.length < config.accumulateBatches && numLoaded < remaining.length) continue;
      this.#step(group, plan);
      // Node frees the handles of collected tensors in turns of the event loop, which resolved promises alone starve.
      await setImmediate();
      progress.batch += group.length;
      group = [];
      progress.elapsedSeconds = clock.elapsedSeconds;
      this.#run.saveLastIfDue();
      if (this.#run.shouldStop || clock.timeIsUp) return;
    }
  }

  #step(group: readonly TrainingBatch[], plan: BatchPlan): void {
    const { session, setbacks, log } = this.#run;
    const { progress, config } = session;
    for (const { failures, unaugmented = [] } of group) {
      setbacks.trainingFailures(failures);
      setbacks.augmentationFailures(unaugmented);
    }
    const batches = group.filter(({ utterances }) => utterances.length > 0);
    if (batches.length === 0) return;
    const learningRate = this.#run.plan.learningRate(plan);
    if (progress.batch === 0) log.logSpectrograms(progress.step + 1, spectrogramsOf(session, batches[0]!));
    const before = performance.now();
    const result = explainingMemory(sizeOf(batches, config.features), () => trainStep(session, group, learningRate));
    this.#trainedSeconds += (performance.now() - before) / 1000;
    this.#trainedAudioSeconds += sum(batches.flatMap((batch) => batch.sampleLengths)) / config.features.sampleRate;
    progress.step++;
    if (!result.skipped) {
      // Each step counts as it does in the mean that dev's loss is, so that the two can be compared.
      const count = lossCount(batches, config.lossAverage);
      progress.lossSum += count * result.loss;
      progress.lossCount += count;
    }
    this.#reportStep(result, { learningRate, batches, plan });
  }

  #reportStep(
    result: StepResult,
    { learningRate, batches, plan }: { learningRate: number; batches: readonly TrainingBatch[]; plan: BatchPlan },
  ): void {
    const { session, clock, plan: runPlan, setbacks } = this.#run;
    const { progress } = session;
    const ids = batches.flatMap(({ utterances }) => utterances.map(({ id }) => id));
    this.#run.emit({
      kind: "step",
      epoch: progress.epoch + 1,
      step: progress.step,
      totalSteps: runPlan.totalSteps,
      learningRate,
      audioSecondsPerSecond: this.#trainedAudioSeconds / this.#trainedSeconds,
      etaSeconds: clock.etaSeconds(runPlan.epochsDone(plan)),
      ...result,
      ...(result.skipped && { skippedIds: ids }),
    });
    setbacks.step(result.skipped, ids[0]!);
  }

  /** Measures, keeps the best, and moves on to the next epoch; a request to stop leaves the epoch to be measured. */
  async close(): Promise<void> {
    const { session, corpora, loader, clock, plan } = this.#run;
    const { progress, config } = session;
    // Should measuring fail, the epoch's work is not lost: a resumed run begins with measuring it.
    this.#run.saveLast();
    const dev = await measure(this.#run, "dev", corpora.dev, { loading: this.#dev });
    this.#dev = undefined;
    if (this.#run.shouldStop) return;
    const trainLoss = progress.lossSum / Math.max(1, progress.lossCount);
    const epoch = progress.epoch + 1;
    const measured = { epoch, ...measurementOf(dev) };
    const { elapsedSeconds } = clock;
    const ranking = rank(progress.kept, measured, config);
    const isBest =
      ranking.place === 0 && (!progress.averaged || isBetter(measured, progress.averaged, config.selectBy));
    Object.assign(progress, { epoch, batch: 0, lossSum: 0, lossCount: 0, elapsedSeconds, kept: ranking.kept });
    progress.lowestCer = Math.min(measured.cer, progress.lowestCer ?? measured.cer);
    if (isBest) progress.averaged = null;
    this.#notePlateau(measured);
    const figures = { epoch, epochs: config.epochs, step: progress.step, trainLoss, isBest, elapsedSeconds };
    if (!this.#isOver()) this.#nextEpoch = loader.batches(plan.batchesOf(epoch));
    this.#run.emit({ kind: "epoch", ...figures, dev: summaryOf(dev) });
    this.#tellOfBlanks(dev);
    saveRanked(session, ranking, { isBest, saveProgress: () => this.#run.saveLast() });
  }

  /** Epochs on CTC's plateau are no reason to reduce the learning rate. */
  #notePlateau(measured: MeasuredEpoch): void {
    const { progress, config } = this.#run.session;
    if (hasLeftPlateau(measured)) progress.spokeAt ??= measured.epoch;
    if (progress.spokeAt === null) return;
    const options = { ...config.schedule, learningRate: config.learningRate };
    progress.plateau = updatePlateau(progress.plateau, selectionMetric(measured, config.selectBy), options);
  }

  /** Once, where a model that answers nothing has had time enough to say its first words, and at the end. */
  #tellOfBlanks({ utterances }: EvaluationResult): void {
    if (utterances.some(({ hypothesis }) => hypothesis !== "")) return;
    const { session, plan } = this.#run;
    const { progress, config } = session;
    const share = progress.step / plan.totalSteps;
    const isLate = progress.epoch >= BLANK_EPOCHS && (progress.step >= BLANK_STEPS || share >= 0.3);
    if (this.#toldOfBlanks || !(isLate || this.#isOver())) return;
    this.#toldOfBlanks = true;
    const message = blanksWarning({ ...progress, config, maxBatchSeconds: plan.maxBatchSeconds });
    this.#run.emit({ kind: "warning", message });
  }
}

function sizeOf(batches: readonly TrainingBatch[], { sampleRate }: { sampleRate: number }) {
  const utterances = Math.max(...batches.map((batch) => batch.utterances.length));
  return { utterances, seconds: Math.max(...batches.map((batch) => batch.maxSamples)) / sampleRate };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
