/**
 * The training loop. It runs in a worker thread (train-worker.ts), because a step blocks its thread; read from here to
 * see what a run does from its first file to its last line.
 */
import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { englishAlphabet, greedyDecode } from "@deepspeech-ts/speech";
import { setFlushDenormal, setNumThreads, tidy } from "@deepspeech-ts/torch";
import {
  checkDevice,
  loadCheckpoint,
  loadHeldOutCorpus,
  loadTrainingCorpus,
  type ModelCorpus,
  restoreModel,
  usableBatch,
} from "../acoustic-model/index.js";
import { planBatches } from "../data/batches.js";
import { AudioLoader } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { UserError } from "../errors.js";
import { type EvaluationResult, evaluate } from "../evaluation/evaluate.js";
import type { TrainConfig } from "./config.js";
import type { EvaluationSummary, TrainingEvent } from "./events.js";
import { checkpointPath } from "./run-folder.js";
import { RunLog } from "./run-log.js";
import { learningRateAt } from "./schedule.js";
import { TrainingSession } from "./session.js";
import { type StepResult, trainStep } from "./step.js";

/** More unreadable files than this share of the corpus, and something is wrong with the corpus. */
const TOLERATED_FAILURES = 0.05;
/** So many steps in a row without a finite loss, and the run has diverged. */
const TOLERATED_SKIPS = 20;

export interface TrainingHost {
  emit(event: TrainingEvent): void;
  /** Asked between steps: true ends the run in good order. */
  shouldStop(): boolean;
}

export async function train(config: TrainConfig, host: TrainingHost): Promise<void> {
  setNumThreads(config.threads ?? availableParallelism());
  setFlushDenormal(true);
  checkDevice(config.device);
  const corpora = await loadCorpora(config);
  host.emit({ kind: "data", train: corpora.train.facts, dev: corpora.dev.facts, test: corpora.test?.facts ?? null });
  const { workers, cacheGigabytes, features } = config;
  await using loader = new AudioLoader({
    sampleRate: features.sampleRate,
    cacheBytes: cacheGigabytes * 1e9,
    ...(workers && { numWorkers: workers }),
  });
  using session = new TrainingSession(config, englishAlphabet);
  await new TrainingRun(session, loader, corpora, host).run();
}

interface Corpora {
  train: ModelCorpus;
  dev: ModelCorpus;
  test: ModelCorpus | null;
}

async function loadCorpora(config: TrainConfig): Promise<Corpora> {
  const options = { ...config, alphabet: englishAlphabet };
  return {
    train: await loadTrainingCorpus(config.train, options),
    dev: await loadHeldOutCorpus(config.dev, options),
    test: config.test.length > 0 ? await loadHeldOutCorpus(config.test, options) : null,
  };
}

class TrainingRun {
  readonly #log: RunLog;
  /** Training files that could not be loaded. */
  readonly #failed = new Set<string>();
  /** All files that could not be loaded and were named. */
  readonly #named = new Set<string>();
  readonly #started = performance.now();
  /** Training time of earlier sessions of this run. */
  readonly #elapsedBefore: number;
  #trainedSeconds = 0;
  #trainedAudioSeconds = 0;
  #skipsInARow = 0;
  #savedAtSeconds: number;

  constructor(
    readonly session: TrainingSession,
    readonly loader: AudioLoader,
    readonly corpora: Corpora,
    readonly host: TrainingHost,
  ) {
    this.#log = new RunLog(session.runFolder);
    this.#elapsedBefore = session.progress.elapsedSeconds;
    this.#savedAtSeconds = this.#elapsedBefore;
  }

  async run(): Promise<void> {
    const { session, host } = this;
    const { config, model, runFolder, progress } = session;
    const facts = { runFolder, numParameters: model.numParameters(), epochs: config.epochs };
    host.emit({ kind: "start", ...facts, totalSteps: this.#totalSteps(), firstStep: progress.step });
    try {
      while (!this.#isOver()) {
        await this.#trainEpoch();
        if (!host.shouldStop()) await this.#closeEpoch();
        if (host.shouldStop()) {
          this.#saveLast();
          return this.#finish("stopped");
        }
      }
      await this.#reportTest();
      if (host.shouldStop()) this.#finish("stopped");
      else this.#finish(progress.epoch < config.epochs ? "time" : "epochs");
    } finally {
      this.#log.close();
    }
  }

  /** All epochs are done, or the time is up and what was trained has been measured. */
  #isOver(): boolean {
    const { progress, config } = this.session;
    const isMeasured = progress.best !== null && progress.batch === 0;
    return progress.epoch >= config.epochs || (this.#timeIsUp() && isMeasured);
  }

  /** From where the epoch stands to its end, to the end of time, or to a request to stop. */
  async #trainEpoch(): Promise<void> {
    const { session, host, loader } = this;
    const { progress, config } = session;
    const plan = this.#plan(progress.epoch);
    const remaining = { batches: plan.batches.slice(progress.batch) };
    for await (const loaded of loader.batches(remaining)) {
      const batch = usableBatch(loaded, config);
      for (const { utterance, reason } of batch.failures) this.#countFailure(utterance.id, reason);
      if (batch.utterances.length > 0) this.#step(batch, plan.batches.length);
      // Node frees the handles of collected tensors in turns of the event loop, which resolved promises alone starve.
      await setImmediate();
      progress.batch++;
      progress.elapsedSeconds = this.#elapsedSeconds();
      if (progress.elapsedSeconds - this.#savedAtSeconds >= 60 * config.saveMinutes) this.#saveLast();
      if (host.shouldStop() || this.#timeIsUp()) return;
    }
  }

  #step(batch: Parameters<typeof trainStep>[1], batchesInEpoch: number): void {
    const { session } = this;
    const { progress, config } = session;
    const learningRate = learningRateAt(this.#progressShare(batchesInEpoch), {
      kind: config.schedule,
      peak: config.learningRate,
      final: config.finalLearningRate,
      warmupShare: config.warmupShare,
    });
    const before = performance.now();
    const result = trainStep(session, batch, learningRate);
    this.#trainedSeconds += (performance.now() - before) / 1000;
    this.#trainedAudioSeconds += batch.sampleLengths.reduce((sum, n) => sum + n, 0) / config.features.sampleRate;
    progress.step++;
    this.#checkFinite(result, batch.utterances);
    if (!result.skipped) {
      progress.lossSum += result.loss;
      progress.lossCount++;
    }
    this.#report(result, learningRate, batchesInEpoch);
  }

  /** Evaluates, keeps the best, and moves on to the next epoch; a request to stop leaves the epoch to be evaluated. */
  async #closeEpoch(): Promise<void> {
    const { session, host } = this;
    const { progress, config } = session;
    // Should measuring fail, the epoch's work is not lost: a resumed run begins with measuring it.
    this.#saveLast();
    const dev = await this.#evaluate("dev", this.corpora.dev);
    if (host.shouldStop()) return;
    const trainLoss = progress.lossSum / Math.max(1, progress.lossCount);
    const { wer, cer } = dev.rates;
    const epoch = progress.epoch + 1;
    const isBest = isBetter({ wer, cer }, progress.best);
    if (isBest) progress.best = { epoch, wer, cer };
    Object.assign(progress, { epoch, batch: 0, lossSum: 0, lossCount: 0, elapsedSeconds: this.#elapsedSeconds() });
    this.#log.evaluation(progress.step, dev);
    if (isBest) session.saveBest();
    this.#saveLast();
    host.emit({ kind: "epoch", epoch, epochs: config.epochs, trainLoss, dev: summaryOf(dev), isBest });
  }

  async #evaluate(name: "dev" | "test", corpus: ModelCorpus): Promise<EvaluationResult> {
    const { session, loader, host } = this;
    const { model, extractor, alphabet, config } = session;
    const result = await evaluate(corpus.utterances, {
      ...{ model, extractor, alphabet, loader, batchSeconds: config.batchSeconds },
      decode: (emissions) => greedyDecode(emissions, alphabet),
      onProgress: (done, total) => host.emit({ kind: "evaluating", corpus: name, done, total }),
      shouldStop: () => host.shouldStop(),
    });
    for (const { id, reason } of result.leftOut) this.#nameFailure(id, reason);
    return result;
  }

  /** The best checkpoint's error rates on what nothing was chosen by. */
  async #reportTest(): Promise<void> {
    const { session, corpora, host } = this;
    if (!corpora.test) return;
    tidy(() => restoreModel(session.model, loadCheckpoint(checkpointPath(session.runFolder, "best"))));
    const test = await this.#evaluate("test", corpora.test);
    if (host.shouldStop()) return;
    this.#log.test(session.progress.step, test);
    host.emit({ kind: "test", test: summaryOf(test) });
  }

  #finish(reason: "epochs" | "time" | "stopped"): void {
    const { session, host } = this;
    const { step: steps, best } = session.progress;
    host.emit({
      kind: "finished",
      reason,
      runFolder: session.runFolder,
      steps,
      best,
      elapsedSeconds: this.#elapsedSeconds(),
    });
  }

  #saveLast(): void {
    this.session.saveLast();
    this.#savedAtSeconds = this.#elapsedSeconds();
  }

  #plan(epoch: number) {
    const { seed, batchSeconds, batchUtterances, speedFactors, shortestFirstEpochs } = this.session.config;
    return planBatches<PreparedUtterance>(this.corpora.train.utterances, {
      ...{ seed, epoch, speedFactors, maxBatchSeconds: batchSeconds, maxBatchUtterances: batchUtterances },
      order: epoch < shortestFirstEpochs ? "shortest-first" : "shuffled",
    });
  }

  /** How much of the run is done, by steps or by the time it was given, whichever is further. */
  #progressShare(batchesInEpoch: number): number {
    const { progress, config } = this.session;
    const bySteps = (progress.epoch + progress.batch / batchesInEpoch) / config.epochs;
    const byTime = config.maxMinutes === undefined ? 0 : this.#elapsedSeconds() / (60 * config.maxMinutes);
    return Math.min(1, Math.max(bySteps, byTime));
  }

  #totalSteps(): number {
    return this.#plan(0).batches.length * this.session.config.epochs;
  }

  #elapsedSeconds(): number {
    return this.#elapsedBefore + (performance.now() - this.#started) / 1000;
  }

  #timeIsUp(): boolean {
    const { maxMinutes } = this.session.config;
    return maxMinutes !== undefined && this.#elapsedSeconds() >= 60 * maxMinutes;
  }

  #countFailure(id: string, reason: string): void {
    this.#nameFailure(id, reason);
    this.#failed.add(id);
    const total = this.corpora.train.utterances.length;
    if (this.#failed.size <= TOLERATED_FAILURES * total) return;
    throw new UserError(
      `${this.#failed.size} of ${total} training files could not be loaded, more than 5%; the last: ${reason}`,
      { code: "bad-corpus" },
    );
  }

  /** Once for each file, however often it is asked for. */
  #nameFailure(id: string, reason: string): void {
    if (this.#named.has(id)) return;
    this.#named.add(id);
    this.host.emit({ kind: "failure", id, reason });
  }

  #checkFinite({ skipped }: StepResult, utterances: readonly PreparedUtterance[]): void {
    this.#skipsInARow = skipped ? this.#skipsInARow + 1 : 0;
    if (this.#skipsInARow < TOLERATED_SKIPS) return;
    throw new UserError(
      `the loss was not finite in ${TOLERATED_SKIPS} steps in a row (the last with ${utterances[0]?.id ?? "no utterance"}); ` +
        "lower learningRate or gradientClip, and check the audio.",
      { code: "diverged" },
    );
  }

  #report(result: StepResult, learningRate: number, batchesInEpoch: number): void {
    const { config, progress } = this.session;
    const { epoch, step } = progress;
    const audioSecondsPerSecond = this.#trainedAudioSeconds / this.#trainedSeconds;
    this.#log.step(step, result, learningRate, audioSecondsPerSecond);
    const share = this.#progressShare(batchesInEpoch);
    const etaSeconds = share > 0 ? (this.#elapsedSeconds() * (1 - share)) / share : Number.POSITIVE_INFINITY;
    const totalSteps = batchesInEpoch * config.epochs;
    const rates = { learningRate, audioSecondsPerSecond, etaSeconds };
    this.host.emit({ kind: "step", epoch: epoch + 1, step, totalSteps, ...rates, ...result });
  }
}

/** Lower WER first; early in training WER stands at 1 for long, and CER decides. */
function isBetter(candidate: { wer: number; cer: number }, best: { wer: number; cer: number } | null): boolean {
  if (best === null || candidate.wer < best.wer) return true;
  return candidate.wer === best.wer && candidate.cer < best.cer;
}

function summaryOf({ rates, loss, utterances }: EvaluationResult): EvaluationSummary {
  const samples = utterances.slice(0, 5).map(({ id, reference, hypothesis }) => ({ id, reference, hypothesis }));
  return { rates, loss, samples };
}
