export { type ImportOptions, type ImportSummary, importCheckpoint } from "./import-checkpoint.js";
