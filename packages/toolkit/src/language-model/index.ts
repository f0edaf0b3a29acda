export {
  type BuildLanguageModelOptions,
  buildLanguageModel,
  type LanguageModelFormat,
  type LanguageModelProgress,
  type LanguageModelSummary,
} from "./build.js";
export { type LoadLanguageModelOptions, loadLanguageModel } from "./load.js";
export { perplexity } from "./perplexity.js";
