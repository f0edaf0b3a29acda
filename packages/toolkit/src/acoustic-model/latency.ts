/** How much a model hears ahead: of what it needs no future for, everything else follows from its dimensions. */
import type { FeatureConfig } from "./feature-config.js";
import { convolutionReach, type ModelConfig } from "./model-config.js";

/** Frames of output that the residual blocks' convolutions hear ahead. */
export function residualReach(model: Pick<ModelConfig, "kernelSize" | "residualLayers">): number {
  return 2 * convolutionReach(model) * model.residualLayers;
}

/**
 * Samples after the middle of a frame of output that it depends on: half a window, the first convolution's reach, the
 * residual blocks' and the row convolution's. Infinite for a model that reads both ways.
 */
export function lookaheadSamples(
  model: Omit<ModelConfig, "recurrence">,
  { fftSamples, hopSamples }: Pick<FeatureConfig, "fftSamples" | "hopSamples">,
): number {
  if (model.direction === "bidirectional") return Number.POSITIVE_INFINITY;
  const outputFrames = residualReach(model) + model.lookaheadFrames;
  return fftSamples / 2 + (convolutionReach(model) + outputFrames * model.timeStride) * hopSamples;
}
