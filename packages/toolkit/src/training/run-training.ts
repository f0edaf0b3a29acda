import { runTask, type TaskOptions } from "../worker-task.js";
import type { TrainConfig } from "./config.js";
import type { TrainingEvent } from "./events.js";

/**
 * Trains in a worker thread; the event loop of the caller stays free.
 *
 * Aborting the signal saves the last checkpoint and ends with the event "finished", reason "stopped".
 * @throws UserError for what a person can mend: data that cannot be read, a full disk, a run that diverges
 */
export function runTraining(config: TrainConfig, options: TaskOptions<TrainingEvent>): Promise<void> {
  return runTask(new URL("./train-worker.js", import.meta.url), config, options);
}
