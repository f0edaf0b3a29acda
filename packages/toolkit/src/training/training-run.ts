/** The training loop: epochs of steps, each measured on dev, the best kept, and the test set once at the end. */
import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { countErrors, countFalseAlarms, greedyDecode } from "@deepspeech-ts/speech";
import { tidy } from "@deepspeech-ts/torch";
import {
  averageCheckpoints,
  type DeepSpeech,
  type ModelCorpus,
  saveCheckpoint,
  usableBatch,
} from "../acoustic-model/index.js";
import type { PreparedAugmentation } from "../data/augmentation/utterance-augmentation.js";
import { type BatchPlan, planBatches } from "../data/batches.js";
import type { AudioLoader, Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import {
  beginLoading,
  type EvaluationResult,
  evaluate,
  type LoadingCorpus,
  type LoadOptions,
} from "../evaluation/evaluate.js";
import { worstUtterances } from "../evaluation/worst-utterances.js";
import { spectrogramsOf } from "./augmented-features.js";
import type { ConfigChange, EvaluationSummary, TrainingEvent } from "./events.js";
import { lastEpochs, rank, saveRanked } from "./kept-checkpoints.js";
import { reviewKept } from "./kept-review.js";
import { PlannedSteps } from "./planned-steps.js";
import { explainingMemory, rehearseLargestBatch } from "./rehearsal.js";
import { RunClock } from "./run-clock.js";
import { checkpointPath, epochCheckpointPath } from "./run-folder.js";
import { batchSecondsOf, blanksWarning, outlookOf } from "./run-length.js";
import type { RunLog } from "./run-log.js";
import { learningRateAt } from "./schedule.js";
import { updatePlateau } from "./schedule-plateau.js";
import { hasLeftPlateau, isBetter, selectionMetric } from "./selection.js";
import type { TrainingSession } from "./session.js";
import { Setbacks } from "./setbacks.js";
import { lossCount, type StepResult, trainStep } from "./step.js";
import type { MeasuredEpoch, Progress } from "./training-state.js";

/** Without gradients to keep, a batch of this length fits where training does; shorter ones would take longer to measure. */
const LEAST_EVALUATION_BATCH_SECONDS = 40;

/** To count a run's steps, so much is planned: some seconds of work. */
const MOST_PLANNED_UTTERANCES = 1_000_000;

/** A model that has answered blanks alone for so many epochs and steps is told of. */
const BLANK_EPOCHS = 3;
const BLANK_STEPS = 500;

/** Utterances named with each evaluation. */
const NUM_SAMPLES = 5;
const NUM_WORST = 20;

export interface TrainingHost {
  emit(event: TrainingEvent): void;
  /** Asked between steps: true ends the run in good order. */
  shouldStop(): boolean;
}

export interface Corpora {
  train: ModelCorpus;
  dev: ModelCorpus;
  test: ModelCorpus | null;
}

export interface TrainingParts {
  session: TrainingSession;
  loader: AudioLoader;
  corpora: Corpora;
  augmentation: PreparedAugmentation;
  log: RunLog;
  host: TrainingHost;
  /** Of a resumed run: what is another than before. Default: nothing. */
  changes?: readonly ConfigChange[];
}

type TrainingBatch = Batch<PreparedUtterance>;

export class TrainingRun implements TrainingParts {
  readonly session: TrainingSession;
  readonly loader: AudioLoader;
  readonly corpora: Corpora;
  readonly augmentation: PreparedAugmentation;
  readonly log: RunLog;
  readonly host: TrainingHost;
  readonly changes: readonly ConfigChange[];
  readonly #clock: RunClock;
  readonly #setbacks: Setbacks;
  /** The dev set, and the next epoch, whose first batches load while the step or the checkpoint before them is done. */
  #dev: LoadingCorpus | undefined;
  #nextEpoch: AsyncIterable<TrainingBatch> | undefined;
  readonly #planned: PlannedSteps;
  /** As far as is known: taken, and to be taken. */
  #totalSteps = 0;
  #toldOfBlanks = false;
  #trainedSeconds = 0;
  #trainedAudioSeconds = 0;
  #savedAtSeconds: number;

  constructor({ session, loader, corpora, augmentation, log, host, changes = [] }: TrainingParts) {
    this.session = session;
    this.loader = loader;
    this.corpora = corpora;
    this.augmentation = augmentation;
    this.log = log;
    this.host = host;
    this.changes = changes;
    const { config, progress } = session;
    this.#clock = new RunClock(config, progress.elapsedSeconds);
    this.#setbacks = new Setbacks(corpora.train.utterances.length, (id, reason) =>
      this.#emit({ kind: "failure", id, reason }),
    );
    this.#savedAtSeconds = progress.elapsedSeconds;
    this.#planned = this.#planSteps();
  }

  async run(): Promise<void> {
    const { host } = this;
    this.#start();
    await this.#reviewKept();
    // What was not measured to the end is not saved.
    if (this.changes.length > 0 && host.shouldStop()) return this.#finish("stopped");
    while (!this.#isOver()) {
      await this.#trainEpoch();
      if (!host.shouldStop()) await this.#closeEpoch();
      if (host.shouldStop()) {
        this.#saveLast();
        return this.#finish("stopped");
      }
    }
    await this.#averageEpochs();
    await this.#reportTest();
    this.#finish(host.shouldStop() ? "stopped" : this.#ending());
  }

  #start(): void {
    const { model, runFolder, progress, config, trained, freshParameters } = this.session;
    const [numParameters, numTrained] = [model.numParameters(), sum([...trained.values()].map(({ numel }) => numel))];
    const plan = this.#plan(progress.epoch);
    const counts = { numParameters, numFrozen: numParameters - numTrained, freshParameters };
    this.#countSteps(plan);
    const totalSteps = this.#totalSteps;
    const position = { epochs: config.epochs, totalSteps, firstStep: progress.step };
    const changes = this.changes.length > 0 && { changes: this.changes };
    this.#emit({ kind: "start", runFolder, ...counts, ...position, ...changes });
    if (this.#isOver()) return;
    const largest = rehearseLargestBatch(this.session, [plan, this.#plan(progress.epoch + 1)]);
    const { paddingWaste } = plan;
    const outlook = config.initFrom !== undefined || progress.spokeAt !== null ? null : outlookOf(totalSteps);
    const size = { numBatches: plan.batches.length, paddingWaste, largest, maxBatchSeconds: this.#maxBatchSeconds };
    this.#emit({ kind: "plan", ...size, totalSteps, outlook });
    // A run killed at any point can be resumed, so there is a checkpoint from the first step on.
    if (progress.step === 0) this.#saveLast();
  }

  /** What was kept is judged as it would be from now on. */
  async #reviewKept(): Promise<void> {
    const { session, changes, corpora } = this;
    if (changes.length === 0) return;
    const isChanged = (...keys: string[]) => changes.some(({ key }) => keys.includes(key));
    const measure = async (path: string) => {
      using model = session.modelIn(path);
      return measurementOf(await this.#evaluate("dev", corpora.dev, { model }));
    };
    if (isChanged("dev data")) await reviewKept(session, measure);
    else if (isChanged("selectBy", "keepBest", "averageBest")) await reviewKept(session);
    if (!this.host.shouldStop()) this.#saveLast();
  }

  /** All epochs are done, patience is at its end, or the time is up and what was trained has been measured. */
  #isOver(): boolean {
    const { progress } = this.session;
    const isMeasured = progress.kept.length > 0 && progress.batch === 0;
    return this.#allEpochsDone() || this.#patienceIsOver() || (this.#clock.timeIsUp && isMeasured);
  }

  #allEpochsDone(): boolean {
    return this.session.progress.epoch >= this.session.config.epochs;
  }

  /** On CTC's plateau all epochs are alike, and none of them counts. */
  #patienceIsOver(): boolean {
    const { progress, config } = this.session;
    const [best] = progress.kept;
    if (best === undefined || progress.spokeAt === null || config.patience === 0) return false;
    return progress.epoch - Math.max(best.epoch, progress.spokeAt) >= config.patience;
  }

  #ending(): "epochs" | "patience" | "time" {
    if (this.#allEpochsDone()) return "epochs";
    return this.#patienceIsOver() ? "patience" : "time";
  }

  /** From where the epoch stands to its end, to the end of time, or to a request to stop. */
  async #trainEpoch(): Promise<void> {
    const { session, host, loader } = this;
    const { progress, config } = session;
    const plan = this.#plan(progress.epoch);
    this.#countSteps(plan);
    const remaining = plan.batches.slice(progress.batch);
    const batches = this.#nextEpoch ?? loader.batches({ batches: remaining });
    this.#nextEpoch = undefined;
    let group: TrainingBatch[] = [];
    let numLoaded = 0;
    for await (const loaded of batches) {
      group.push(usableBatch(loaded, config));
      numLoaded++;
      if (numLoaded === remaining.length) this.#dev = beginLoading(this.corpora.dev.utterances, this.#loadOptions());
      if (group.length < config.accumulateBatches && numLoaded < remaining.length) continue;
      this.#step(group, plan);
      // Node frees the handles of collected tensors in turns of the event loop, which resolved promises alone starve.
      await setImmediate();
      progress.batch += group.length;
      group = [];
      progress.elapsedSeconds = this.#clock.elapsedSeconds;
      if (progress.elapsedSeconds - this.#savedAtSeconds >= 60 * config.saveMinutes) this.#saveLast();
      if (host.shouldStop() || this.#clock.timeIsUp) return;
    }
  }

  #step(group: readonly TrainingBatch[], plan: BatchPlan): void {
    const { session } = this;
    const { progress, config } = session;
    for (const { failures, unaugmented = [] } of group) {
      this.#setbacks.trainingFailures(failures);
      this.#setbacks.augmentationFailures(unaugmented);
    }
    const batches = group.filter(({ utterances }) => utterances.length > 0);
    if (batches.length === 0) return;
    const learningRate = this.#learningRate(plan);
    if (progress.batch === 0) this.log.logSpectrograms(progress.step + 1, spectrogramsOf(session, batches[0]!));
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

  #learningRate(plan: BatchPlan): number {
    const { config, progress } = this.session;
    const epochs = this.#epochsDone(plan);
    const totalSteps = this.#planned.from(0);
    return learningRateAt(
      { epochs, share: this.#clock.share(epochs), totalSteps },
      { ...config.schedule, learningRate: config.learningRate, plateauScale: progress.plateau.scale },
    );
  }

  #reportStep(
    result: StepResult,
    { learningRate, batches, plan }: { learningRate: number; batches: readonly TrainingBatch[]; plan: BatchPlan },
  ): void {
    const { progress } = this.session;
    const ids = batches.flatMap(({ utterances }) => utterances.map(({ id }) => id));
    this.#emit({
      kind: "step",
      epoch: progress.epoch + 1,
      step: progress.step,
      totalSteps: this.#totalSteps,
      learningRate,
      audioSecondsPerSecond: this.#trainedAudioSeconds / this.#trainedSeconds,
      etaSeconds: this.#clock.etaSeconds(this.#epochsDone(plan)),
      ...result,
      ...(result.skipped && { skippedIds: ids }),
    });
    this.#setbacks.step(result.skipped, ids[0]!);
  }

  /** Evaluates, keeps the best, and moves on to the next epoch; a request to stop leaves the epoch to be evaluated. */
  async #closeEpoch(): Promise<void> {
    const { session, host } = this;
    const { progress, config } = session;
    // Should measuring fail, the epoch's work is not lost: a resumed run begins with measuring it.
    this.#saveLast();
    const dev = await this.#evaluate("dev", this.corpora.dev, { loading: this.#dev });
    this.#dev = undefined;
    if (host.shouldStop()) return;
    const trainLoss = progress.lossSum / Math.max(1, progress.lossCount);
    const epoch = progress.epoch + 1;
    const measured = { epoch, ...measurementOf(dev) };
    const { elapsedSeconds } = this.#clock;
    const ranking = rank(progress.kept, measured, config);
    const isBest =
      ranking.place === 0 && (!progress.averaged || isBetter(measured, progress.averaged, config.selectBy));
    Object.assign(progress, { epoch, batch: 0, lossSum: 0, lossCount: 0, elapsedSeconds, kept: ranking.kept });
    progress.lowestCer = Math.min(measured.cer, progress.lowestCer ?? measured.cer);
    if (isBest) progress.averaged = null;
    this.#notePlateau(measured);
    const figures = { epoch, epochs: config.epochs, step: progress.step, trainLoss, isBest, elapsedSeconds };
    if (!this.#isOver()) this.#nextEpoch = this.loader.batches(this.#plan(epoch));
    this.#emit({ kind: "epoch", ...figures, dev: summaryOf(dev) });
    if (dev.utterances.every(({ hypothesis }) => hypothesis === "")) this.#tellOfBlanks();
    saveRanked(session, ranking, { isBest, saveProgress: () => this.#saveLast() });
  }

  /** Epochs on CTC's plateau are no reason to reduce the learning rate. */
  #notePlateau(measured: MeasuredEpoch): void {
    const { progress, config } = this.session;
    if (hasLeftPlateau(measured)) progress.spokeAt ??= measured.epoch;
    if (progress.spokeAt === null) return;
    const options = { ...config.schedule, learningRate: config.learningRate };
    progress.plateau = updatePlateau(progress.plateau, selectionMetric(measured, config.selectBy), options);
  }

  /** Once, where a model has had time enough to say its first words, and at the end. */
  #tellOfBlanks(): void {
    const { progress, config } = this.session;
    const share = progress.step / this.#totalSteps;
    const isLate = progress.epoch >= BLANK_EPOCHS && (progress.step >= BLANK_STEPS || share >= 0.3);
    if (this.#toldOfBlanks || !(isLate || this.#isOver())) return;
    this.#toldOfBlanks = true;
    const message = blanksWarning({ ...progress, config, maxBatchSeconds: this.#maxBatchSeconds });
    this.#emit({ kind: "warning", message });
  }

  #loadOptions(): LoadOptions {
    return { loader: this.loader, maxBatchSeconds: Math.max(this.#maxBatchSeconds, LEAST_EVALUATION_BATCH_SECONDS) };
  }

  async #evaluate(
    name: "dev" | "test",
    corpus: ModelCorpus,
    { loading, model = this.session.evaluated }: { loading?: LoadingCorpus | undefined; model?: DeepSpeech } = {},
  ): Promise<EvaluationResult> {
    const { session, host } = this;
    const { extractor, alphabet } = session;
    const result = await evaluate(corpus.utterances, {
      ...{ ...this.#loadOptions(), model, extractor, alphabet, loading, lossAverage: session.config.lossAverage },
      decode: (emissions) => greedyDecode(emissions, alphabet),
      onProgress: (done, total) => host.emit({ kind: "evaluating", corpus: name, done, total }),
      shouldStop: () => host.shouldStop(),
    });
    for (const { id, reason } of result.leftOut) this.#setbacks.name(id, reason);
    return result;
  }

  /** Averages the best epochs and the last ones, as far as that is asked for. */
  async #averageEpochs(): Promise<void> {
    const { progress, config, runFolder } = this.session;
    const best = progress.kept.slice(0, config.averageBest).map(({ epoch }) => epoch);
    const last = lastEpochs(runFolder, progress.epoch, config);
    const isSame = String(best.toSorted()) === String(last.toSorted());
    for (const epochs of isSame ? [best] : [best, last]) {
      if (epochs.length >= 2 && !this.host.shouldStop()) await this.#averageOf(epochs);
    }
  }

  /**
   * Measures the average of some epochs' weights; where it is better than the best, it is the best. The run's own weights
   * stay as they are, for a resumed run goes on from them.
   */
  async #averageOf(epochs: number[]): Promise<void> {
    const { session, host } = this;
    const { progress, config, runFolder } = session;
    const path = checkpointPath(runFolder, "averaged");
    tidy(() => {
      const { header, tensors } = averageCheckpoints(epochs.map((epoch) => epochCheckpointPath(runFolder, epoch)));
      saveCheckpoint(path, header, tensors);
    });
    using model = session.modelIn(path);
    const dev = await this.#evaluate("dev", this.corpora.dev, { model });
    if (host.shouldStop()) return;
    const measured = { epochs, ...measurementOf(dev) };
    const others = [progress.kept[0], progress.averaged].filter((other) => other !== null && other !== undefined);
    // Of an average that is measured again, as when a finished run is resumed, the same is told again.
    const isAgain = JSON.stringify(progress.averaged) === JSON.stringify(measured);
    const isBest = isAgain || others.every((other) => isBetter(measured, other, config.selectBy));
    if (isBest) {
      session.saveWeights(checkpointPath(runFolder, "best"), model);
      progress.averaged = measured;
      // Or a resumed run would take its next best epoch for better than this average.
      this.#saveLast();
    }
    this.#emit({ kind: "averaged", epochs, step: progress.step, dev: summaryOf(dev), isBest });
  }

  /** The best checkpoint's error rates on what nothing was chosen by. */
  async #reportTest(): Promise<void> {
    const { session, corpora, host } = this;
    if (!corpora.test || host.shouldStop()) return;
    using model = session.modelIn(checkpointPath(session.runFolder, "best"));
    const test = await this.#evaluate("test", corpora.test, { model });
    if (!host.shouldStop()) this.#emit({ kind: "test", step: session.progress.step, test: summaryOf(test) });
  }

  #finish(reason: "epochs" | "time" | "patience" | "stopped"): void {
    const { progress, runFolder } = this.session;
    const { elapsedSeconds } = this.#clock;
    this.#emit({ kind: "finished", reason, runFolder, steps: progress.step, elapsedSeconds, best: bestOf(progress) });
  }

  #saveLast(): void {
    // First the log: what a checkpoint has done, the log of a run that is killed right after it has told.
    this.log.flush();
    this.session.saveLast();
    this.#savedAtSeconds = this.#clock.elapsedSeconds;
  }

  #plan(epoch: number): BatchPlan<PreparedUtterance> {
    const { config } = this.session;
    const { seed, maxBatchUtterances, speedFactors, tempoFactors, shortestFirstEpochs } = config;
    return planBatches(this.corpora.train.utterances, {
      ...{ seed, epoch, speedFactors, tempoFactors, maxBatchUtterances, maxBatchSeconds: this.#maxBatchSeconds },
      augmentation: this.augmentation,
      order: epoch < shortestFirstEpochs ? "shortest-first" : "shuffled",
    });
  }

  get #maxBatchSeconds(): number {
    return batchSecondsOf(this.session.config, this.corpora.train.facts.audioSeconds);
  }

  #stepsIn(numBatches: number): number {
    return Math.ceil(numBatches / this.session.config.accumulateBatches);
  }

  #planSteps(): PlannedSteps {
    const { epochs } = this.session.config;
    const mostPlanned = Math.max(1, Math.floor(MOST_PLANNED_UTTERANCES / this.corpora.train.utterances.length));
    return new PlannedSteps(epochs, (epoch) => this.#stepsIn(this.#plan(epoch).batches.length), mostPlanned);
  }

  /** What was done, what is left of the epoch, and what comes after it: batches that could not be loaded make no step. */
  #countSteps({ batches }: BatchPlan): void {
    const { progress } = this.session;
    const left = this.#allEpochsDone() ? 0 : this.#stepsIn(batches.length - progress.batch);
    this.#totalSteps = progress.step + left + this.#planned.from(progress.epoch + 1);
  }

  #epochsDone({ batches }: BatchPlan): number {
    const { progress } = this.session;
    return progress.epoch + progress.batch / batches.length;
  }

  #emit(event: TrainingEvent): void {
    this.log.handle(event);
    this.host.emit(event);
  }
}

function measurementOf({ rates: { wer, cer }, loss }: EvaluationResult) {
  return { wer, cer, loss };
}

/** What the run's best checkpoint is, and measured on dev; null before the first. */
function bestOf({ kept: [best], averaged }: Progress): Extract<TrainingEvent, { kind: "finished" }>["best"] {
  if (best === undefined) return null;
  const { wer, cer } = averaged ?? best;
  return { epoch: best.epoch, wer, cer, ...(averaged && { averagedEpochs: averaged.epochs }) };
}

function sizeOf(batches: readonly TrainingBatch[], { sampleRate }: { sampleRate: number }) {
  const utterances = Math.max(...batches.map((batch) => batch.utterances.length));
  return { utterances, seconds: Math.max(...batches.map((batch) => batch.maxSamples)) / sampleRate };
}

function summaryOf({ rates, loss, utterances }: EvaluationResult): EvaluationSummary {
  const samples = utterances
    .slice(0, NUM_SAMPLES)
    .map(({ id, reference, hypothesis }) => ({ id, reference, hypothesis }));
  const worst = worstUtterances(utterances, NUM_WORST).map((utterance) => {
    const { id, reference, hypothesis, audioPath, durationSeconds, words } = utterance;
    return {
      id,
      reference,
      hypothesis,
      audioPath: resolve(audioPath),
      durationSeconds,
      wordErrors: countErrors(words),
    };
  });
  const falseAlarms = countFalseAlarms(utterances);
  return { rates, loss, ...(falseAlarms && { falseAlarms }), samples, worst };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
