export { BundleError, type BundleErrorCode } from "./bundle-error.js";
export {
  BUNDLE_PRECISIONS,
  type BundleHeader,
  type BundlePrecision,
  type BundleRates,
  type BundleSection,
  type BundleSectionName,
  type DecodingSettings,
  isGreedy,
  outputBlanks,
  outputWidth,
  type StreamingFacts,
  type TrainingFacts,
  writesPhones,
} from "./bundle-header.js";
export {
  type Bundle,
  type BundleDescription,
  encodeBundle,
  isBundle,
  openBundle,
  readBundleHeader,
  type SectionContent,
} from "./container.js";
