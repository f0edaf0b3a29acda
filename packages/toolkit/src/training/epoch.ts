/** One epoch: batches become steps, and the model that they leave is measured, ranked and saved. */
import { setImmediate } from "node:timers/promises";
import { usableBatch } from "../acoustic-model/index.js";
import { type BatchPlan, planDigest } from "../data/batches.js";
import type { Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import type { EvaluationResult, LoadingCorpus } from "../evaluation/evaluate.js";
import { spectrogramsOf } from "./augmented-features.js";
import type { TrainConfig } from "./config.js";
import { rank, saveRanked } from "./kept-checkpoints.js";
import { beginLoadingDev, measure, measurementOf, summaryOf } from "./measuring.js";
import { explainingMemory } from "./rehearsal.js";
import type { RunContext } from "./run-context.js";
import { blanksWarning, fewStepsOf } from "./run-length.js";
import { updatePlateau } from "./schedule-plateau.js";
import { hasLeftPlateau, isBetter, selectionMetric } from "./selection.js";
import type { Setback } from "./setbacks.js";
import { lossCount, type StepResult, trainStep } from "./step.js";
import { inGroups, ownShare } from "./team/dealing.js";
import { checkAlike, checkSameWeights } from "./team/same-weights.js";
import type { MeasuredEpoch } from "./training-state.js";

/** A model that has answered blanks alone for so many epochs, and the steps that most need, is told of. */
const BLANK_EPOCHS = 3;

/** So often, in steps, ranks compare their weights. */
const COMPARED_STEPS = 100;

type TrainingBatch = Batch<PreparedUtterance>;

/** What a rank's share of a step is, for the others. */
interface StepShare {
  /** Tokens or utterances (`lossAverage`). */
  lossCount: number;
  isEmpty: boolean;
  audioSeconds: number;
  failures: Setback[];
  /** Why noises and rooms could not be used. */
  unaugmented: string[];
}

export class EpochTrainer {
  readonly #run: RunContext;
  /** Whether the run is over, once the epoch is. */
  readonly #isOver: () => boolean;
  /** The dev set, and the next epoch, whose first batches load while the step or the checkpoint before them is done. */
  #dev: LoadingCorpus | undefined;
  #nextEpoch: AsyncIterable<TrainingBatch> | undefined;
  /** Of the epoch under way. */
  #numBatches = 0;
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
    this.#checkSamePlan(plan);
    this.#numBatches = plan.batches.length;
    const groups = this.#groupsOf(plan);
    const share = groups.flatMap(({ batches }) => batches);
    const loading = this.#nextEpoch ?? loader.batches({ batches: share });
    this.#nextEpoch = undefined;
    const sizes = groups.map(({ batches }) => batches.length);
    let [numSteps, numLoaded] = [0, 0];
    for await (const loaded of inGroups(loading, sizes)) {
      const { firstBatch, end } = groups[numSteps++]!;
      numLoaded += loaded.length;
      if (numLoaded === share.length) this.#dev ??= beginLoadingDev(this.#run);
      const batches = loaded.map((batch) => usableBatch(batch, config));
      this.#step(batches, { firstBatch, plan });
      // Node frees the handles of collected tensors in turns of the event loop, which resolved promises alone starve.
      await setImmediate();
      progress.batch = end;
      progress.elapsedSeconds = clock.elapsedSeconds;
      this.#run.saveLastIfDue();
      if (this.#run.shouldStop || clock.timeIsUp) return;
    }
  }

  /** What is left of an epoch in steps, and of each this rank's batches. */
  #groupsOf({ batches }: BatchPlan<PreparedUtterance>, from = this.#run.session.progress.batch) {
    const { team, config } = this.#run.session;
    const size = config.accumulateBatches;
    return Array.from({ length: Math.ceil((batches.length - from) / size) }, (_, i) => {
      const end = Math.min(batches.length, from + (i + 1) * size);
      const [first, last] = ownShare(team, { first: from + i * size, size, end });
      return { firstBatch: first, batches: batches.slice(first, last), end };
    });
  }

  /** Recordings, noises and rooms that another rank has otherwise would be trained on twice, or not at all. */
  #checkSamePlan(plan: BatchPlan<PreparedUtterance>): void {
    const { team } = this.#run;
    if (team.size === 1) return;
    checkAlike(team, planDigest(plan), (odd, others) => `${odd} has planned other batches than ${others}`);
  }

  /** @param batches this rank's of the step */
  #step(
    batches: readonly TrainingBatch[],
    { firstBatch, plan }: { firstBatch: number; plan: BatchPlan<PreparedUtterance> },
  ): void {
    const { session, setbacks, log, team } = this.#run;
    const { progress, config } = session;
    const shares = this.#run.gather(shareOf(batches, config));
    for (const { failures, unaugmented } of shares) {
      setbacks.trainingFailures(failures);
      setbacks.augmentationFailures(unaugmented);
    }
    if (shares.every(({ isEmpty }) => isEmpty)) return;
    const learningRate = this.#run.plan.learningRate(plan);
    const usable = batches.filter(({ utterances }) => utterances.length > 0);
    if (progress.batch === 0 && usable[0]) log?.logSpectrograms(progress.step + 1, spectrogramsOf(session, usable[0]));
    const before = performance.now();
    const count = sum(shares.map((share) => share.lossCount));
    const result = explainingMemory(sizeOf(usable, config.features), () =>
      trainStep(session, batches, learningRate, { firstBatch, lossCount: count }),
    );
    this.#trainedSeconds += (performance.now() - before) / 1000;
    this.#trainedAudioSeconds += sum(shares.map(({ audioSeconds }) => audioSeconds));
    progress.step++;
    team.step = progress.step;
    if (!result.skipped) {
      // Each step counts as it does in the mean that dev's loss is, so that the two can be compared.
      progress.lossSum += count * result.loss;
      progress.lossCount += count;
    }
    this.#reportStep(result, { learningRate, batches: usable, plan });
    if (progress.step % COMPARED_STEPS === 0) checkSameWeights(session);
  }

  #reportStep(
    result: StepResult,
    { learningRate, batches, plan }: { learningRate: number; batches: readonly TrainingBatch[]; plan: BatchPlan },
  ): void {
    const { session, clock, plan: runPlan, setbacks, team } = this.#run;
    const { progress } = session;
    const ownIds = batches.flatMap(({ utterances }) => utterances.map(({ id }) => id));
    const ids = result.skipped ? team.gather(ownIds).flat() : ownIds;
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
    setbacks.step(result.skipped, ids[0] ?? "");
  }

  /**
   * Measures, keeps the best, and moves on to the next epoch, unless time is up within this one: then a run that is
   * resumed with more time goes on where it stands. A request to stop leaves the epoch to be measured.
   */
  async close(): Promise<void> {
    const { session, corpora, clock } = this.#run;
    const { progress, config } = session;
    // Should measuring fail, the epoch's work is not lost: a resumed run begins with measuring it.
    this.#run.saveLast();
    const dev = await measure(this.#run, "dev", corpora.dev, { loading: this.#dev });
    this.#dev = undefined;
    if (!dev) return;
    const { step } = progress;
    const trainLoss = progress.lossSum / progress.lossCount;
    const isWhole = progress.batch >= this.#numBatches;
    const epoch = progress.epoch + 1;
    const measured = { epoch, ...measurementOf(dev) };
    const { elapsedSeconds } = clock;
    const ranking = rank(progress.kept, measured, config);
    const isBest =
      ranking.place === 0 && (!progress.averaged || isBetter(measured, progress.averaged, config.selectBy));
    Object.assign(progress, { elapsedSeconds, kept: ranking.kept, measuredStep: step });
    if (isBest) progress.averaged = null;
    if (isWhole) this.#moveOn(measured);
    const figures = { epoch, epochs: config.epochs, step, trainLoss, isBest, elapsedSeconds };
    this.#run.emit({ kind: "epoch", ...figures, ...(!isWhole && { isPartial: true }), dev: summaryOf(dev) });
    this.#tellOfBlanks(dev, epoch);
    saveRanked(session, ranking, { isBest, saveProgress: () => this.#run.saveLast() });
  }

  #moveOn(measured: MeasuredEpoch): void {
    const { session, loader, plan } = this.#run;
    const { progress } = session;
    const { epoch, cer } = measured;
    Object.assign(progress, { epoch, batch: 0, lossSum: 0, lossCount: 0 });
    progress.lowestCer = Math.min(cer, progress.lowestCer ?? cer);
    this.#notePlateau(measured);
    if (this.#isOver()) return;
    const groups = this.#groupsOf(plan.batchesOf(epoch), 0);
    this.#nextEpoch = loader.batches({ batches: groups.flatMap(({ batches }) => batches) });
  }

  /** Epochs on CTC's plateau, or without the loss that is to judge them, are no reason to reduce the learning rate. */
  #notePlateau(measured: MeasuredEpoch): void {
    const { progress, config } = this.#run.session;
    if (hasLeftPlateau(measured)) progress.spokeAt ??= measured.epoch;
    if (progress.spokeAt === null) return;
    const metric = selectionMetric(measured, config.selectBy);
    if (!Number.isFinite(metric)) return;
    const options = { ...config.schedule, learningRate: config.learningRate };
    progress.plateau = updatePlateau(progress.plateau, metric, options);
  }

  /** Once, where a model that answers nothing has had time enough to say its first words, and at the end. */
  #tellOfBlanks({ utterances }: EvaluationResult, epoch: number): void {
    if (utterances.some(({ hypothesis }) => hypothesis !== "")) return;
    const { session, plan } = this.#run;
    const { progress, config } = session;
    const share = progress.step / plan.totalSteps;
    const isLate = progress.epoch >= BLANK_EPOCHS && (progress.step >= fewStepsOf(config) || share >= 0.3);
    if (this.#toldOfBlanks || !(isLate || this.#isOver())) return;
    this.#toldOfBlanks = true;
    const message = blanksWarning({ epoch, step: progress.step, config, maxBatchSeconds: plan.maxBatchSeconds });
    this.#run.emit({ kind: "warning", message });
  }
}

function shareOf(batches: readonly TrainingBatch[], { lossAverage, features }: TrainConfig): StepShare {
  return {
    lossCount: lossCount(batches, lossAverage),
    isEmpty: batches.every(({ utterances }) => utterances.length === 0),
    audioSeconds: sum(batches.flatMap(({ sampleLengths }) => sampleLengths)) / features.sampleRate,
    failures: batches.flatMap(({ failures }) => failures.map(({ utterance: { id }, reason }) => ({ id, reason }))),
    unaugmented: batches.flatMap(({ unaugmented = [] }) => unaugmented.map(({ reason }) => reason)),
  };
}

function sizeOf(batches: readonly TrainingBatch[], { sampleRate }: { sampleRate: number }) {
  const utterances = Math.max(...batches.map((batch) => batch.utterances.length));
  return { utterances, seconds: Math.max(...batches.map((batch) => batch.maxSamples)) / sampleRate };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
