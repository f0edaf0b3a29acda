/**
 * Checkpoints: one safetensors file that holds a model's weights and, in its metadata, all that is needed to use it or
 * to train it on. In a run's folder the same metadata stands beside it as JSON, for people. Being one file, written to a
 * temporary name and renamed, a checkpoint is whole or it is not there.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { explainReadError, UserError, whatItIs, writeFileAtomicallySync } from "@deepspeech-ts/recognizer/system";
import { phoneAlphabet } from "@deepspeech-ts/speech";
import {
  encodeSafetensors,
  loadSafetensors,
  loadSafetensorsHeader,
  type SafetensorsHeader,
  type Tensor,
  TorchError,
} from "@deepspeech-ts/torch";
import { z } from "zod";
import { DeepSpeech } from "./deepspeech.js";
import { featureConfigSchema } from "./feature-config.js";
import { type ModelConfig, modelConfigSchema } from "./model-config.js";
import { expectedShapes } from "./weight-shapes.js";

const FORMAT = "deepspeech-ts checkpoint";

/** In front of the names of weights that are the running average of those that are trained. */
export const RUNNING_AVERAGE = "average.";

/** Parameters for which there is room at any time. */
const SMALL_MODEL = 1_000_000;

const headerSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  model: modelConfigSchema,
  features: featureConfigSchema,
  alphabet: z.object({ tokens: z.array(z.string()).readonly(), blankId: z.int() }),
  /** The training run's own records: its configuration, its progress, its error rates. */
  training: z.unknown(),
});

/** What a checkpoint says of itself. */
export type CheckpointHeader = z.infer<typeof headerSchema>;

/** A checkpoint that was read. */
export interface Checkpoint {
  path: string;
  header: CheckpointHeader;
  /** Weights as `model.<name>`, and whatever else was saved, such as `optimizer.<name>.exp_avg`. */
  tensors: Map<string, Tensor>;
}

/** What a checkpoint says of itself; its form is added when it is written. */
export type CheckpointFacts = Omit<CheckpointHeader, "format" | "version">;

/** Writes `path`, and nothing beside it. The old file stays until the new one is whole. */
export function saveCheckpoint(path: string, facts: CheckpointFacts, tensors: ReadonlyMap<string, Tensor>): void {
  const checkpoint = JSON.stringify(fullHeader(facts), refuseNonFinite);
  writeFileAtomicallySync(path, encodeSafetensors(tensors, { checkpoint }));
}

/** For a run's own folder, where nobody else's files are: the checkpoint, and its metadata beside it. */
export function saveRunCheckpoint(path: string, facts: CheckpointFacts, tensors: ReadonlyMap<string, Tensor>): void {
  saveCheckpoint(path, facts, tensors);
  const json = new TextEncoder().encode(`${JSON.stringify(fullHeader(facts), null, 2)}\n`);
  writeFileAtomicallySync(checkpointTwin(path), [json]);
}

/** JSON would turn it into null, and who reads the checkpoint then would refuse it as damaged. */
function refuseNonFinite(key: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  throw new TypeError(`a checkpoint's '${key}' must be a finite number, not ${value}`);
}

function fullHeader(facts: CheckpointFacts): CheckpointHeader {
  return { format: FORMAT, version: 1, ...facts };
}

/** Names the model's weights, as they stand in a checkpoint. */
export function modelTensors(model: DeepSpeech): Map<string, Tensor> {
  return new Map([...model.stateDict()].map(([name, tensor]) => [`model.${name}`, tensor]));
}

/**
 * Reads a checkpoint; its tensors belong to the open scope. Where a run goes on from has the weights that are trained, and their
 * running average, which is what the run measures and keeps: so that is what such a checkpoint's `model.<name>` are here.
 *
 * @param path a .safetensors file, or a run's folder, which stands for its best checkpoint
 * @throws UserError for a file that is missing, truncated or not a checkpoint
 */
export function loadCheckpoint(path: string): Checkpoint {
  const { tensors, ...facts } = loadTrainingState(path);
  const averages = [...tensors].filter(([name]) => name.startsWith(RUNNING_AVERAGE));
  const model = averages.map(([name, tensor]) => [`model.${name.slice(RUNNING_AVERAGE.length)}`, tensor] as const);
  const others = [...tensors].filter(([name]) => !name.startsWith(RUNNING_AVERAGE));
  return { ...facts, tensors: new Map([...others, ...model]) };
}

/** `loadCheckpoint` for going on: with the weights that are trained, and beside them their average, if there is one. */
export function loadTrainingState(path: string): Checkpoint {
  const file = checkpointFile(path);
  const { tensors, metadata } = explained(file, loadSafetensors);
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  return { path: file, header: parseHeader(file, { metadata, shapes }), tensors };
}

/**
 * Reads a checkpoint's header alone: of a file of hundreds of megabytes, some kilobytes.
 *
 * @param path as for `loadCheckpoint`
 * @throws UserError as `loadCheckpoint` does
 */
export function loadCheckpointHeader(path: string): Pick<Checkpoint, "path" | "header"> {
  const file = checkpointFile(path);
  return { path: file, header: parseHeader(file, explained(file, loadSafetensorsHeader)) };
}

function parseHeader(file: string, { metadata, shapes }: SafetensorsHeader): CheckpointHeader {
  const header = headerSchema.safeParse(parseJson(metadata.checkpoint));
  if (header.success) {
    refuseContradictions(file, header.data);
    refuseMuchLarger(file, header.data.model, shapes);
    return header.data;
  }
  throw new UserError(`${file}: is not a checkpoint of this project; give one that "deepspeech train" wrote.`, {
    code: "bad-checkpoint",
  });
}

/** Parts that do not belong together would each be taken for what they are, and their sum fail far from here. */
function refuseContradictions(file: string, { model, features, alphabet }: CheckpointHeader): void {
  const numTokens = alphabet.tokens.length;
  const problem =
    model.numTokens !== numTokens
      ? `its model writes ${model.numTokens} tokens, and its alphabet has ${numTokens}`
      : model.numMels !== features.numMels
        ? `its model reads ${model.numMels} mel bands, and its features have ${features.numMels}`
        : model.numPhones !== 0 && model.numPhones !== phoneAlphabet.tokens.length
          ? `its model writes ${model.numPhones} phones, and there are ${phoneAlphabet.tokens.length}`
          : alphabet.blankId < 0 || alphabet.blankId >= numTokens
            ? `its blank is token ${alphabet.blankId} of ${numTokens}`
            : undefined;
  if (problem) throw new UserError(`${file}: ${problem}; use another checkpoint.`, { code: "bad-checkpoint" });
}

/**
 * Before room is made for a model that the weights do not fill by far; smaller differences are named when they are copied.
 * @param shapes of the weights, as they stand in a checkpoint
 * @throws UserError naming the file
 */
export function refuseMuchLarger(file: string, model: ModelConfig, shapes: SafetensorsHeader["shapes"]): void {
  const hasTooManyLayers = model.residualLayers + model.recurrentLayers > shapes.size;
  if (!hasTooManyLayers && numValues(expectedShapes(model)) <= 2 * numValues(shapes) + SMALL_MODEL) return;
  throw new UserError(`${file}: says that its model is far larger than its weights are; use another checkpoint.`, {
    code: "bad-checkpoint",
  });
}

function numValues(shapes: SafetensorsHeader["shapes"]): number {
  return [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((product, size) => product * size, 1), 0);
}

/**
 * The checkpoint's model, in evaluation mode.
 * @throws UserError where the weights do not fit the dimensions
 */
export function modelFromCheckpoint(checkpoint: Checkpoint, device = "cpu"): DeepSpeech {
  const model = new DeepSpeech(checkpoint.header.model);
  restoreModel(model, checkpoint);
  return model.to(device).eval();
}

/** Copies a checkpoint's weights into a model. */
export function restoreModel(model: DeepSpeech, { path, tensors }: Checkpoint): void {
  const weights = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) if (name.startsWith("model.")) weights.set(name.slice("model.".length), tensor);
  try {
    model.loadStateDict(weights);
  } catch (error) {
    if (!(error instanceof TorchError)) throw error;
    throw new UserError(`${path}: holds a model of another architecture: ${error.message}.`, {
      code: "bad-checkpoint",
      cause: error,
    });
  }
}

/** The file beside a run's checkpoint that holds its metadata for people. */
export function checkpointTwin(path: string): string {
  return path.replace(/\.safetensors$/, ".json");
}

/**
 * The file that a path to a checkpoint stands for: itself, or of a run's folder its best.
 * @throws UserError where there is none
 */
export function checkpointFile(path: string): string {
  if (!existsSync(path))
    throw new UserError(`${path}: no such checkpoint; check the path.`, { code: "file-not-found" });
  if (!statSync(path).isDirectory()) return path;
  const best = join(path, "checkpoints", "best.safetensors");
  if (existsSync(best)) return best;
  const last = join(path, "checkpoints", "last.safetensors");
  const advice = existsSync(last)
    ? `it has not been measured on dev yet; wait, or give ${last}`
    : "give a run's folder or a checkpoint file";
  throw new UserError(`${path}: holds no checkpoints/best.safetensors; ${advice}.`, { code: "file-not-found" });
}

/** What `read` makes of the file; its errors become people's. */
function explained<T>(path: string, read: (path: string) => T): T {
  try {
    refuseOthers(path);
    return read(path);
  } catch (error) {
    if (error instanceof TorchError && error.code === "SAFETENSORS") {
      throw new UserError(`${error.message}; use another checkpoint.`, { code: "bad-checkpoint", cause: error });
    }
    throw explainReadError(path, error);
  }
}

function refuseOthers(path: string): void {
  const kind = whatItIs(path);
  const problem =
    kind === "bundle"
      ? "is a bundle, which is for recognisers and for train's --init-from; give the run's folder or the checkpoint that it was exported from"
      : kind === "recording"
        ? "is a recording, and here a checkpoint is due; the model comes before recordings"
        : kind === "pipe"
          ? "is no file, and a checkpoint is read in several places; give its path"
          : undefined;
  if (problem !== undefined) throw new UserError(`${path}: ${problem}.`, { code: "bad-checkpoint" });
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
