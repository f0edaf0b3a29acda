import type { TrainConfigInput } from "../config.js";
import { defaultRecipe } from "./default.js";
import { referenceRecipe } from "./reference.js";
import { streamingRecipe } from "./streaming.js";

/** What `--recipe` knows by name. A configuration file and flags go over a recipe. */
export const recipes = {
  default: defaultRecipe,
  reference: referenceRecipe,
  streaming: streamingRecipe,
} satisfies Record<string, TrainConfigInput>;
