/** The thread that trains. */
import { serveTask } from "../worker-task.js";
import type { TrainConfig } from "./config.js";
import type { TrainingEvent } from "./events.js";
import { train } from "./train.js";

serveTask<TrainConfig, TrainingEvent>(train);
