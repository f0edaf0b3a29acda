export { defineConfig, modelConfigOf, type TrainConfig, type TrainConfigInput, trainConfigSchema } from "./config.js";
export type { EvaluationSummary, TrainingEvent } from "./events.js";
export { runTraining } from "./run-training.js";
export { learningRateAt, type ScheduleOptions } from "./schedule.js";
export { readRunConfig, TrainingSession } from "./session.js";
export { type StepResult, trainStep } from "./step.js";
export { readEvents } from "./tensorboard/event-reader.js";
export { openEventWriter } from "./tensorboard/event-writer.js";
