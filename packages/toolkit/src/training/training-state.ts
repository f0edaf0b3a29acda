/** How far a run has come, as its checkpoints record it: with the weights, all that a resumed run needs. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { explainReadError, UserError } from "@deepspeech-ts/recognizer/system";
import { z } from "zod";
import { type Checkpoint, loadCheckpointHeader, loadTrainingState } from "../acoustic-model/index.js";
import { waysSchema } from "./bf16-ways.js";
import { type TrainConfig, trainConfigSchema } from "./config.js";
import { initialLossScale } from "./loss-scaler.js";
import { checkpointPath, configPath } from "./run-folder.js";
import { INITIAL_PLATEAU, plateauStateSchema } from "./schedule-plateau.js";

/** Runs of earlier versions wrote null where dev had no loss. */
const loss = z
  .number()
  .nullable()
  .transform((value) => value ?? undefined)
  .optional();

const measurement = { wer: z.number(), cer: z.number(), loss };
const measuredEpochSchema = z.object({ epoch: z.int(), ...measurement });
const measuredAverageSchema = z.object({ epochs: z.array(z.int()), ...measurement });

/** An epoch, counted from 1, and what it measured on dev. */
export type MeasuredEpoch = z.output<typeof measuredEpochSchema>;

const progressSchema = z.object({
  /** Epochs finished. */
  epoch: z.int(),
  /** Batches done of the epoch under way. */
  batch: z.int(),
  step: z.int(),
  /** Steps taken when dev was last measured; null before the first time, and in runs of earlier versions. */
  measuredStep: z.int().nullable().default(null),
  /** Of the epoch under way, over the tokens or utterances (`lossAverage`) of the steps that were not skipped. */
  lossSum: z.number(),
  lossCount: z.int(),
  /** Of all sessions together. */
  elapsedSeconds: z.number(),
  /** The best epochs whose checkpoints are kept, best first. */
  kept: z.array(measuredEpochSchema),
  /** The average of epochs' weights that is the best checkpoint; null where the best epoch's own are. */
  averaged: measuredAverageSchema.nullable().default(null),
  /** The first epoch that had left CTC's plateau; null before it. */
  spokeAt: z.int().nullable().default(null),
  lossScale: z.object({ scale: z.number(), goodSteps: z.int() }),
  plateau: plateauStateSchema,
  /** The lowest dev CER of all epochs; null before the first is measured. */
  lowestCer: z.number().nullable().default(null),
});

export type Progress = z.output<typeof progressSchema>;

export function nothingDone(): Progress {
  const counters = { epoch: 0, batch: 0, step: 0, lossSum: 0, lossCount: 0, elapsedSeconds: 0 };
  const best = { measuredStep: null, kept: [], averaged: null, spokeAt: null, lowestCer: null };
  return { ...counters, ...best, lossScale: initialLossScale, plateau: INITIAL_PLATEAU };
}

const dataFingerprintSchema = z.object({ numUtterances: z.int(), audioSeconds: z.number(), digest: z.string() });

/** A corpus as a run knows it again: how much it is, and a digest of its utterances' ids, durations and texts. */
export type DataFingerprint = z.output<typeof dataFingerprintSchema>;

const trainingStateSchema = z.object({
  // Runs of earlier versions had no choice of an optimiser, and no phones.
  config: z.preprocess((config) => ({ optimizer: "adamw", phones: false, ...(config as object) }), trainConfigSchema),
  /** Of each parameter; in runs of earlier versions, of all. */
  optimizerSteps: z.union([z.int(), z.record(z.string(), z.int())]),
  progress: progressSchema,
  /** Runs of earlier versions have none. */
  data: z.object({ train: dataFingerprintSchema, dev: dataFingerprintSchema }).optional(),
  /** Where the run multiplies bfloat16 on the processor; runs of earlier versions did not note it. */
  bf16Ways: waysSchema.optional(),
});

export type TrainingState = z.output<typeof trainingStateSchema>;

/** @throws UserError for a checkpoint that holds weights alone */
export function trainingStateOf({ path, header }: Pick<Checkpoint, "path" | "header">): TrainingState {
  const state = trainingStateSchema.safeParse(header.training);
  if (state.success) return state.data;
  throw new UserError(`${path}: holds no training state; it can be evaluated, not resumed.`, {
    code: "bad-checkpoint",
  });
}

/** Whether a run got as far as its first checkpoint, which it saves before its first step. */
export function hasCheckpoint(runFolder: string): boolean {
  return existsSync(checkpointPath(runFolder, "last"));
}

/** A run's newest checkpoint; its tensors belong to the open scope. */
export function loadLast(runFolder: string): Checkpoint {
  return loadTrainingState(checkpointPath(runFolder, "last"));
}

/** What a run's newest checkpoint says of itself, without its tensors. */
export function loadLastHeader(runFolder: string): Pick<Checkpoint, "path" | "header"> {
  return loadCheckpointHeader(checkpointPath(runFolder, "last"));
}

/**
 * Without reading it: a run has a checkpoint, or at least its configuration.
 * @returns the folder
 * @throws UserError for what is no run's folder
 */
export function requireRun(runFolder: string): string {
  if (hasCheckpoint(runFolder) || existsSync(configPath(runFolder))) return runFolder;
  const problem = !existsSync(runFolder)
    ? "no such run; check the path"
    : statSync(runFolder).isDirectory()
      ? "is no run's folder, or one that ended before it began; start a new run"
      : "resume takes a run's folder, not a file";
  throw new UserError(`${runFolder}: ${problem}.`, { code: "bad-checkpoint" });
}

/**
 * The configuration that a run was started with, to go on with. One that was killed before its first checkpoint begins
 * at its beginning.
 * @throws UserError for what is no run's folder
 */
export function readRunConfig(runFolder: string): TrainConfig {
  requireRun(runFolder);
  if (hasCheckpoint(runFolder)) return trainingStateOf(loadLastHeader(runFolder)).config;
  return readFirstConfig(configPath(runFolder));
}

function readFirstConfig(path: string): TrainConfig {
  const text = readTextSync(path);
  const config = trainConfigSchema.safeParse(parseJson(text));
  if (config.success) return config.data;
  throw new UserError(`${path}: is no configuration of a run, or was damaged; start a new run.`, {
    code: "bad-config",
    cause: config.error,
  });
}

function readTextSync(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw explainReadError(path, error);
  }
}

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
