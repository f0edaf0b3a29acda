/** The default recipe for a model that streams: docs/recognizer.md says when to train one. */
import type { TrainConfigInput } from "../config.js";
import { defaultRecipe } from "./default.js";

export const streamingRecipe = {
  ...defaultRecipe,
  features: { ...defaultRecipe.features, normalisation: "running" },
  // With frames of 25 ms, 400 ms.
  model: { direction: "forward", lookaheadFrames: 16 },
} satisfies TrainConfigInput;
