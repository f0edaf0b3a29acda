import { runTask, type TaskOptions } from "../worker-task.js";
import type { TrainConfig } from "./config.js";
import type { TrainingEvent } from "./events.js";
import type { Place } from "./team/place.js";

export interface RunTrainingOptions extends TaskOptions<TrainingEvent> {
  /** This process's place among several that were started elsewhere (`placeIn`). Default: it trains alone. */
  place?: Place | undefined;
}

/** What the thread that trains is given. */
export interface TrainingTask {
  config: TrainConfig;
  place?: Place | undefined;
}

/**
 * Trains in a worker thread, or in `config.processes` processes; the event loop of the caller stays free.
 *
 * Aborting the signal saves the last checkpoint and ends with the event "finished", reason "stopped". Events are rank 0's.
 * @throws UserError for what a person can mend: data that cannot be read, a full disk, a run that diverges
 */
export async function runTraining(config: TrainConfig, options: RunTrainingOptions): Promise<void> {
  if (options.place || config.processes === 1) return await runHere(config, options);
  const { launchTeam } = await import("./team/launch.js");
  await launchTeam(config, options);
}

/** Trains in a worker thread of this process. @internal */
export async function runHere(config: TrainConfig, { place, ...options }: RunTrainingOptions): Promise<void> {
  const task: TrainingTask = { config, place };
  await runTask(new URL("./train-worker.js", import.meta.url), task, options);
}
