export { alignmentsAsJson, alignmentsAsText } from "./alignments.js";
export { analyse, type EvaluationAnalysis, type LengthRates, type SpeakerRates } from "./analysis.js";
export { calibrateWords, judgeWords } from "./calibrate-words.js";
export { type ComparedUtterance, type Comparison, compareResults } from "./comparison.js";
export { beamDecode, type Decode, decodeGreedily, frameSecondsOf } from "./decoding.js";
export { collectEmissions } from "./emissions.js";
export { type EvaluationResult, emissionsOf, evaluate, forwardBatch, type UtteranceResult } from "./evaluate.js";
export { openRecognition, type RecognitionOptions } from "./recognition.js";
export { type ReportData, renderReport } from "./report/report.js";
export type { UtteranceEvidence } from "./report/utterance-evidence.js";
export { type EvaluationOptions, type EvaluationRun, runEvaluation } from "./run-evaluation.js";
export {
  type NamedBytes,
  runTranscription,
  type TranscriptionOptions,
  type TranscriptionResult,
} from "./run-transcription.js";
export { runTuning, type TuningEvent, type TuningRequest } from "./run-tuning.js";
export type { StoredUtterance, Trial } from "./tune.js";
export type { InvarianceDifference, InvarianceReport } from "./verify-invariance.js";
