/**
 * A run's log is the stream of its events. Whatever shows a run — TensorBoard, tables, a page, Weights & Biases — takes
 * the same events, so no two of them can tell different stories.
 */
import type { TrainingEvent } from "./events.js";
import { csvSinks } from "./logging/csv-sink.js";
import { JsonLinesSink } from "./logging/json-lines-sink.js";
import { logPath } from "./logging/read-log.js";
import { type ResumePoint, restoreLog, type Told } from "./logging/restore.js";
import type { LogSink } from "./logging/sink.js";
import type { SpectrogramPair } from "./logging/spectrogram-image.js";
import { TensorBoardSink } from "./logging/tensorboard-sink.js";
import { openWandbSink, type WandbOptions } from "./logging/wandb-sink.js";

export interface RunLogOptions {
  /** Where the checkpoint of a resumed run stands; what the log holds beyond is dropped. Default: a new run. */
  resumeAt?: ResumePoint;
  /** The run's configuration, for TensorBoard's Text page. Default: none. */
  config?: object;
  /** Logs to Weights & Biases as well. Default: only to the run's folder. */
  wandb?: WandbOptions;
}

/** Writes log.jsonl, steps.csv, epochs.csv and TensorBoard's events into a run's folder. */
export class RunLog {
  readonly #sinks: readonly LogSink[];
  /** What earlier sessions of this run have logged. */
  readonly #told: Told;

  private constructor(sinks: readonly LogSink[], told: Told) {
    this.#sinks = sinks;
    this.#told = told;
  }

  /**
   * Opens the log of the run in `runFolder`, a folder that is there.
   *
   * @throws UserError where a file cannot be written, or Weights & Biases is asked for and cannot be had
   */
  static async open(runFolder: string, { resumeAt, config, wandb }: RunLogOptions = {}): Promise<RunLog> {
    const at = resumeAt ?? { step: 0, epoch: 0 };
    // Before the log is cut: a run that cannot start leaves all as it was.
    const online = wandb ? [await openWandbSink(runFolder, at.step, wandb)] : [];
    const path = logPath(runFolder);
    const told = restoreLog(path, at);
    const tensorBoard = new TensorBoardSink(runFolder, { resumedAfter: at.step, config });
    const files = [new JsonLinesSink(path), ...csvSinks(runFolder, path), tensorBoard];
    return new RunLog([...files, ...online], told);
  }

  /**
   * Logs an event as of now. Progress within an evaluation is passed over, and so is what a resumed run's log holds
   * already.
   *
   * @throws UserError where the disk is full
   */
  handle(event: TrainingEvent): void {
    if (event.kind === "evaluating") return;
    const logged = { ...event, time: new Date().toISOString() };
    if (this.#told.has(logged)) return;
    for (const sink of this.#sinks) sink.handle(logged);
    if (event.kind !== "step" && event.kind !== "failure") this.flush();
  }

  /** Logs what an utterance looks like before and after augmentation, in one scale of colours. */
  logSpectrograms(step: number, pair: SpectrogramPair): void {
    for (const sink of this.#sinks) sink.spectrograms?.(step, pair);
  }

  /**
   * Hands what was gathered to the operating system. To be called before a checkpoint is saved: a run that is killed
   * then has all steps up to its checkpoint in its log.
   */
  flush(): void {
    for (const sink of this.#sinks) sink.flush();
  }

  /** Ends the log: all of it is closed, even where a part fails, whose error is then thrown. */
  async close(): Promise<void> {
    const closing = await Promise.allSettled(this.#sinks.map(async (sink) => sink.close()));
    const failed = closing.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }
}
