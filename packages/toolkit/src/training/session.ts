/**
 * The state of a training run: model, optimiser, and how far it has come. It can be saved at any step and opened again;
 * a run that was stopped and resumed takes the same steps as one that never stopped.
 */

import { existsSync, statSync } from "node:fs";
import type { Alphabet } from "@deepspeech-ts/speech";
import {
  defaultGenerator,
  generatorState,
  manualSeed,
  optim,
  setGeneratorState,
  type Tensor,
  tidy,
} from "@deepspeech-ts/torch";
import { z } from "zod";
import {
  type Checkpoint,
  DeepSpeech,
  FeatureExtractor,
  initialiseForCtc,
  loadCheckpoint,
  modelTensors,
  restoreModel,
  saveCheckpoint,
} from "../acoustic-model/index.js";
import { UserError } from "../errors.js";
import { modelConfigOf, type TrainConfig, trainConfigSchema } from "./config.js";
import { checkpointPath, createRunFolder } from "./run-folder.js";

export interface BestResult {
  epoch: number;
  wer: number;
  cer: number;
}

export interface Progress {
  /** Epochs finished. */
  epoch: number;
  /** Batches of the current epoch that are done. */
  batch: number;
  /** Steps taken in all. */
  step: number;
  /** Sum of the current epoch's losses, and how many. */
  lossSum: number;
  lossCount: number;
  /** Training time, over all sessions. */
  elapsedSeconds: number;
  best: BestResult | null;
}

const NOTHING_DONE: Progress = { epoch: 0, batch: 0, step: 0, lossSum: 0, lossCount: 0, elapsedSeconds: 0, best: null };

export class TrainingSession {
  readonly model: DeepSpeech;
  readonly extractor: FeatureExtractor;
  readonly optimizer: optim.AdamW;
  readonly runFolder: string;
  progress: Progress = { ...NOTHING_DONE };

  constructor(
    readonly config: TrainConfig,
    readonly alphabet: Alphabet,
  ) {
    const { device, blankBias, orthogonalRecurrence } = config;
    manualSeed(config.seed);
    this.model = new DeepSpeech(modelConfigOf(config, alphabet.tokens.length));
    initialiseForCtc(this.model, { orthogonalRecurrence, blankBias, blankId: alphabet.blankId });
    this.model.to(device);
    this.extractor = new FeatureExtractor(config.features, device);
    this.optimizer = new optim.AdamW(this.model.namedParameters(), {
      betas: config.betas,
      weightDecay: config.weightDecay,
      // Decay pulls towards zero; biases and norms have no reason to be small.
      decays: (_, parameter) => parameter.shape.length > 1,
    });
    if (config.resume !== undefined) this.#restore(config.resume);
    this.runFolder = config.resume ?? createRunFolder(config);
  }

  /** Saves all that is needed to go on. */
  saveLast(): void {
    tidy(() => {
      const tensors = modelTensors(this.model);
      for (const [name, tensor] of this.optimizer.stateDict()) tensors.set(`optimizer.${name}`, tensor);
      for (const [name, device] of this.#generators()) tensors.set(name, generatorState(defaultGenerator(device)));
      this.#save("last", tensors);
    });
  }

  /** Saves the weights alone. */
  saveBest(): void {
    this.#save("best", modelTensors(this.model));
  }

  #save(which: "best" | "last", tensors: ReadonlyMap<string, Tensor>): void {
    const { config, model, progress, optimizer } = this;
    const training = { config, progress, optimizerSteps: optimizer.steps };
    const header = { model: model.config, features: config.features, alphabet: this.alphabet, training };
    saveCheckpoint(checkpointPath(this.runFolder, which), header, tensors);
  }

  #restore(runFolder: string): void {
    tidy(() => {
      const checkpoint = loadLast(runFolder);
      restoreModel(this.model, checkpoint);
      const { tensors, path } = checkpoint;
      const { config, progress, optimizerSteps } = trainingStateOf(checkpoint);
      if (progress.batch > 0) refuseOtherPlan(config, this.config);
      const state = new Map([...tensors].filter(([name]) => name.startsWith("optimizer.")).map(withoutPrefix));
      if (state.size === 0) throw new UserError(`${path}: holds no optimiser state, so training cannot go on from it.`);
      this.optimizer.loadStateDict(state, optimizerSteps);
      for (const [name, device] of this.#generators()) {
        const saved = tensors.get(name);
        if (saved) setGeneratorState(defaultGenerator(device), saved);
      }
      this.progress = progress;
    });
  }

  /** Dropout draws from the device's generator, and libtorch's CPU generator serves what runs beside it. */
  #generators(): [name: string, device: string][] {
    const { device } = this.config;
    const cpu: [string, string] = ["generator.cpu", "cpu"];
    return device === "cpu" ? [cpu] : [cpu, ["generator.device", device]];
  }

  dispose(): void {
    this.model.dispose();
    this.extractor.dispose();
    this.optimizer.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function withoutPrefix([name, tensor]: [string, Tensor]): [string, Tensor] {
  return [name.slice("optimizer.".length), tensor];
}

/** The configuration that a run was started with. */
export function readRunConfig(runFolder: string): TrainConfig {
  return tidy(() => trainingStateOf(loadLast(runFolder)).config);
}

function loadLast(runFolder: string): Checkpoint {
  if (existsSync(runFolder) && !existsSync(checkpointPath(runFolder, "last"))) {
    const problem = statSync(runFolder).isDirectory()
      ? "this run ended before its first checkpoint; start it anew"
      : "resume takes a run's folder, not a file";
    throw new UserError(`${runFolder}: ${problem}.`, { code: "bad-checkpoint" });
  }
  return loadCheckpoint(checkpointPath(runFolder, "last"));
}

const trainingStateSchema = z.object({
  config: trainConfigSchema,
  optimizerSteps: z.int(),
  progress: z.object({
    epoch: z.int(),
    batch: z.int(),
    step: z.int(),
    lossSum: z.number(),
    lossCount: z.int(),
    elapsedSeconds: z.number(),
    best: z.object({ epoch: z.int(), wer: z.number(), cer: z.number() }).nullable(),
  }),
});

function trainingStateOf({ path, header }: Checkpoint): z.output<typeof trainingStateSchema> {
  const state = trainingStateSchema.safeParse(header.training);
  if (state.success) return state.data;
  throw new UserError(`${path}: holds no training state; it can be evaluated, not resumed.`, {
    code: "bad-checkpoint",
  });
}

/** What decides which utterances are in which batch of an epoch. */
const PLAN_KEYS = [
  ...(["train", "normalise", "minDurationSeconds", "maxDurationSeconds", "seed"] as const),
  ...(["batchSeconds", "batchUtterances", "shortestFirstEpochs", "speedFactors"] as const),
];

/** @throws UserError where the rest of a begun epoch would not be the rest of the same plan */
function refuseOtherPlan(before: TrainConfig, now: TrainConfig): void {
  const changed = PLAN_KEYS.find((key) => JSON.stringify(before[key]) !== JSON.stringify(now[key]));
  if (changed === undefined) return;
  const [was, is] = [JSON.stringify(before[changed]), JSON.stringify(now[changed])];
  throw new UserError(
    `${changed} was ${was} and is now ${is}, but the run stopped within an epoch; resume it unchanged to the epoch's end first.`,
    { code: "bad-config" },
  );
}
