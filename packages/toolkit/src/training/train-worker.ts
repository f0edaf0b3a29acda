/** The thread that trains. */
import { serveTask } from "../worker-task.js";
import type { TrainingEvent } from "./events.js";
import type { TrainingTask } from "./run-training.js";
import { train } from "./train.js";

serveTask<TrainingTask, TrainingEvent>(({ config, place }, host) => train(config, host, place));
