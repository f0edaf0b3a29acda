export { decodeGreedily, type EvaluationResult, evaluate, forwardBatch, type UtteranceResult } from "./evaluate.js";
export { openRecognition, type RecognitionOptions } from "./recognition.js";
export { type EvaluationOptions, runEvaluation } from "./run-evaluation.js";
export { runTranscription, type TranscriptionOptions, type TranscriptionResult } from "./run-transcription.js";
