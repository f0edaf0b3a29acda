export type { GraphOptions } from "./graph/model-graph.js";
export { modelGraphs } from "./graph/step-graph.js";
export { FEATURE_TOLERANCE, PARITY_TOLERANCE, type Parity } from "./parity.js";
export {
  type ExportedVariant,
  type ExportOptions,
  type ExportRequest,
  type ExportResult,
  runExport,
} from "./run-export.js";
