/**
 * What a training run is told: flags go over the configuration file, the file over the recipe, the recipe over the
 * defaults. A resumed run begins with its own configuration, a fine-tuned one with its model's dimensions and features.
 */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { nearestName } from "@deepspeech-ts/server/command-line";
import {
  type TrainConfig,
  type TrainConfigInput,
  trainConfigSchema,
} from "@deepspeech-ts/toolkit/internal/training/config.js";
import { recipes } from "@deepspeech-ts/toolkit/internal/training/recipes/index.js";
import { readConfigFile } from "./config-file.js";
import { resolveConfig } from "./resolve-config.js";
import type { Setting } from "./settings.js";

export interface TrainConfigSources {
  /** A configuration file's path. */
  file?: string | undefined;
  /** A recipe's name. */
  recipe?: string | undefined;
  flags: ReadonlyMap<Setting, unknown>;
}

/** @throws UserError (exit 2) for what cannot be told, and for a run or model that cannot be read */
export async function readTrainConfig({ file: path, recipe, flags }: TrainConfigSources): Promise<TrainConfig> {
  const file = path === undefined ? undefined : await readConfigFile(path);
  const base = recipe === undefined ? {} : recipeNamed(recipe);
  const config = resolveConfig(trainConfigSchema, { base, file, flags });
  if (config.resume !== undefined) {
    if (recipe !== undefined) throw refuse("--recipe is for a new run; a resumed one keeps its own.");
    const { readRunConfig } = await import("@deepspeech-ts/toolkit/internal/training/training-state.js");
    return resolveConfig(trainConfigSchema, { base: readRunConfig(config.resume), file, flags });
  }
  const tuned = config.initFrom === undefined ? {} : await dimensionsOf(config.initFrom, base);
  const resolved = resolveConfig(trainConfigSchema, { base: { ...base, ...tuned }, file, flags });
  // Who trains on data of their own and names no test data has none: LibriSpeech's is no stand-in.
  const isGiven = (key: string) => file?.content[key] !== undefined || [...flags.keys()].some((s) => s.key === key);
  return isGiven("train") && !isGiven("test") ? { ...resolved, test: [] } : resolved;
}

function recipeNamed(name: string): TrainConfigInput {
  if (Object.hasOwn(recipes, name)) return recipes[name as keyof typeof recipes];
  const names = Object.keys(recipes);
  const meant = nearestName(name, names);
  throw refuse(
    `--recipe must be ${names.slice(0, -1).join(", ")} or ${names.at(-1)}, not "${name}"${meant ? `; did you mean "${meant}"?` : ""}`,
  );
}

/**
 * The weights fit no other dimensions, and know no other features; but a recipe may have its model read another way. What
 * they are trained on now runs over time.
 */
async function dimensionsOf(initFrom: string, recipe: TrainConfigInput): Promise<TrainConfigInput> {
  const { startingPointHeader } = await import("@deepspeech-ts/toolkit/internal/training/starting-point.js");
  const { model, features } = startingPointHeader(initFrom);
  const { numMels, numTokens, numPhones, recurrence, ...dimensions } = model;
  const direction = recipe.model?.direction;
  if (direction === undefined || direction === model.direction) return { model: dimensions, features };
  const normalisation = recipe.features?.normalisation ?? features.normalisation;
  return { model: { ...dimensions, ...recipe.model }, features: { ...features, normalisation } };
}

function refuse(message: string): UserError {
  return new UserError(message, { code: "bad-config", exitCode: 2 });
}
