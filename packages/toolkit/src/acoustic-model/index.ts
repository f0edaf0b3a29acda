export { averageCheckpoints } from "./average-checkpoints.js";
export {
  type Checkpoint,
  type CheckpointHeader,
  checkpointFile,
  checkpointTwin,
  loadCheckpoint,
  loadCheckpointHeader,
  loadTrainingState,
  modelFromCheckpoint,
  modelTensors,
  RUNNING_AVERAGE,
  refuseMuchLarger,
  restoreModel,
  saveCheckpoint,
  saveRunCheckpoint,
} from "./checkpoint.js";
export {
  type CorpusFacts,
  type HeldOutOptions,
  loadHeldOutCorpus,
  loadTrainingCorpus,
  type ModelCorpus,
  type TrainingCorpusOptions,
  type Transcripts,
  transcriptsOfRun,
} from "./corpora.js";
export { averageOfUtterances, ctcLoss, type LossAverage } from "./ctc-loss.js";
export { DeepSpeech, type ModelOutput, type TappedOutput } from "./deepspeech.js";
export { checkDevice, deviceKind } from "./device.js";
export {
  defaultFeatureConfig,
  type FeatureConfig,
  featureConfigSchema,
  minSamples,
  numFrames,
} from "./feature-config.js";
export { FeatureExtractor, type Features, silentFeature } from "./features.js";
export { type InitialiseOptions, initialiseForCtc } from "./initialise.js";
export { lookaheadSamples, residualReach } from "./latency.js";
export { tooLongForMemory } from "./memory.js";
export {
  convolutionReach,
  defaultModelConfig,
  type ModelConfig,
  modelConfigSchema,
  outputFrames,
  recurrentWidth,
} from "./model-config.js";
export { PRIOR_FRAMES } from "./running-norm.js";
export { specAugment } from "./spec-augment.js";
export { type SpecAugmentConfig, specAugmentSchema } from "./spec-augment-config.js";
export { type LayerSummary, type ModelSummary, summariseModel } from "./summary.js";
export { tooShort, type UsableBatchOptions, usableBatch } from "./usable-batch.js";
