/**
 * Everything a training run can be told, in one schema: the type, the defaults, the checks, the help text and the
 * command line's flags all come from here, so no option can exist in one of them alone.
 */
import { errorMessage } from "@deepspeech-ts/recognizer/system";
import { alphabetOf, phoneAlphabet } from "@deepspeech-ts/speech";
import { z } from "zod";
import { featureConfigSchema } from "../acoustic-model/feature-config.js";
import { type ModelConfig, modelConfigSchema } from "../acoustic-model/model-config.js";
import { specAugmentSchema } from "../acoustic-model/spec-augment-config.js";
import { augmentationSchema } from "../data/augmentation/augmentation-config.js";
import type { Normaliser } from "../data/normaliser.js";
import { objectiveSchema } from "./objective-config.js";
import { scheduleSchema } from "./schedule-config.js";
import { selectBySchema } from "./selection.js";

const paths = (...defaults: string[]) => z.array(z.string().min(1)).min(1).default(defaults);
const positive = z.number().positive();
/** What single precision takes, and no training has use for more. */
const rate = positive.max(1e30);
const count = z.int().min(1);
/** More is a slip of the finger, which would take all of a machine's memory. */
const threadCount = count.max(1024);
const several = z
  .int()
  .min(0)
  .refine((value) => value !== 1, "must be 0 or at least 2")
  .default(0);

/** Passes on what `alphabetOf` has to say. */
function checkAlphabet(characters: string, context: z.RefinementCtx): void {
  try {
    alphabetOf(characters);
  } catch (error) {
    context.addIssue({ code: "custom", message: errorMessage(error) });
  }
}

const deviceSchema = z.string().regex(/^(cpu|cuda(:\d+)?)$/, "must be cpu, cuda or cuda:N");

/** What a configuration of training may say, with every default. */
export const trainConfigSchema = z.strictObject({
  train: paths(
    "data/LibriSpeech/train-clean-100",
    "data/LibriSpeech/train-clean-360",
    "data/LibriSpeech/train-other-500",
  ).describe("training data: folders in LibriSpeech's layout, or JSON-lines manifests"),
  dev: paths("data/LibriSpeech/dev-clean").describe("development data, to choose the best checkpoint after each epoch"),
  test: z
    .array(z.string().min(1))
    .default(["data/LibriSpeech/test-clean"])
    .describe(
      "test data, evaluated once, at the end, with the best checkpoint; nothing is chosen on it; none if only train is given",
    ),
  normalise: z
    .boolean()
    .default(true)
    .describe("normalise transcripts to the alphabet (numbers spelled out, accents removed)"),
  normaliser: z
    .string()
    .min(1)
    .optional()
    .describe("module whose default export, (text) => text, writes transcripts as they are spoken, before normalise"),
  soundTags: z
    .enum(["drop", "refuse"])
    .default("drop")
    .describe("[laughter] and other tags for sounds in transcripts: drop them, or reject the utterance"),
  alphabet: z
    .string()
    .superRefine(checkAlphabet)
    .optional()
    .describe("characters that the model can write, and the space; default: ' and a to z, or initFrom's"),
  phones: z
    .boolean()
    .optional()
    .describe(
      "also write English phones, so that decoding with a language model finds words by how they are spoken; default: as initFrom does",
    ),
  minDurationSeconds: z.number().min(0).default(0.2).describe("leave shorter utterances out"),
  maxDurationSeconds: positive.default(20).describe("leave longer utterances out of training"),

  runs: z.string().min(1).default("runs").describe("folder for runs; TensorBoard opens it"),
  experiment: z
    .string()
    .regex(/^[\w.-]+$/, "must be letters, digits, '.', '_' and '-'")
    .default("deepspeech")
    .describe("name of the run's folder under runs; each run makes its next version_N"),
  selectBy: selectBySchema
    .default("auto")
    .describe("criterion for the best epoch on dev; auto: CER while WER is 50% or more, WER from then on"),
  keepBest: count
    .default(1)
    .describe("how many of the best checkpoints on dev to keep; if more than 1, named by their epochs"),
  averageBest: several.describe(
    "average this many of the best checkpoints at the end, and keep the average if it is better on dev; 0: no",
  ),
  averageLast: several.describe("as averageBest, for this many of the last epochs"),
  saveMinutes: positive
    .default(15)
    .describe("minutes between saves of the last checkpoint within an epoch; it is also saved after each epoch"),
  resume: z.string().optional().describe("continue the run in this folder (runs/<experiment>/version_N)"),
  wandb: z.string().min(1).optional().describe("also log to this project of Weights & Biases, through its own package"),

  epochs: count.default(10).describe("passes over the training data"),
  patience: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "stop after this many epochs in a row without improvement on dev, once the model has left CTC's plateau; 0: never",
    ),
  maxMinutes: positive.optional().describe("stop training after this time; the schedule is adapted to it"),
  seed: z.int().min(0).default(1).describe("fixes initial weights, order, augmentation and dropout"),
  device: deviceSchema.default("cpu").describe("cpu, cuda or cuda:N"),
  threads: threadCount
    .optional()
    .describe("threads for one operator; default: the number of cores, divided among this machine's processes"),
  processes: threadCount
    .default(1)
    .describe(
      "processes on this machine that share each step's batches; a power of two that divides accumulateBatches",
    ),
  devices: z.array(deviceSchema).default([]).describe("the devices of the processes, in order; default: device"),
  reduction: z
    .enum(["exact", "fast"])
    .default("exact")
    .describe("exact: any number of processes gives the same bits; fast: fewer messages, and bits that depend on it"),
  peerTimeoutSeconds: positive.default(120).describe("how long a process waits for another that does not answer"),

  precision: z
    .enum(["fp32", "bf16", "fp16"])
    .default("fp32")
    .describe("arithmetic of the model; weights stay fp32. bf16 needs a CPU or GPU that supports it, fp16 a GPU"),

  initFrom: z
    .string()
    .optional()
    .describe("fine-tune: start from the weights of this checkpoint, run or bundle, with its model and features"),
  teacher: z
    .string()
    .min(1)
    .optional()
    .describe(
      "distillation: also learn the outputs of this trained model (run, checkpoint or bundle), weighted by objective.teacherWeight",
    ),
  freeze: z
    .array(z.string().min(1))
    .default([])
    .describe("parameters to freeze, by name; * matches anything: cnn.* rescnn_layers.*"),

  maxBatchSeconds: positive
    .optional()
    .describe(
      "seconds of audio in a batch, padding included; default: up to 160, so that the run makes 2500 steps, by adamw 4000",
    ),
  maxBatchUtterances: count.default(32).describe("maximum number of utterances in a batch"),
  accumulateBatches: count.default(1).describe("batches whose gradients are accumulated for one step"),
  shortestFirstEpochs: z
    .int()
    .min(0)
    .default(1)
    .describe("epochs at the start that are sorted from short to long utterances"),
  workers: threadCount
    .optional()
    .describe(
      "threads that decode audio; default: one fewer than the number of cores, at most 8; 1 where several processes share a machine",
    ),
  cacheGigabytes: z.number().min(0).default(2).describe("memory for caching decoded audio; an hour takes 0.23"),

  optimizer: z
    .enum(["muon", "adamw"])
    .default("muon")
    .describe("muon makes the steps of hidden layers' matrices orthogonal, and leaves the rest to AdamW"),
  learningRate: rate.default(1e-3).describe("the schedule's peak"),
  betas: z
    .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
    .default([0.9, 0.999])
    .describe("AdamW's betas: decay rates of the running mean of the gradient and of its square"),
  weightDecay: z.number().min(0).max(1e30).default(0.01).describe("weight decay; biases and norms are not decayed"),
  emaDecay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe("evaluate and keep a running average of the weights with this decay a step; 0: the weights themselves"),
  gradientClip: rate.default(5).describe("gradient clipping: maximum norm of all gradients together"),
  lossAverage: z
    .enum(["tokens", "utterances"])
    .default("tokens")
    .describe("average a batch's loss over its tokens, or over its utterances as the reference does"),
  blankBias: z
    .number()
    .min(-1e6)
    .max(1e6)
    .default(0)
    .describe("initial bias of the blank; below 0 it delays CTC's all-blank plateau"),
  orthogonalRecurrence: z.boolean().default(true).describe("start recurrent weights orthogonal, gate by gate"),

  objective: objectiveSchema.prefault({}),
  schedule: scheduleSchema.prefault({}),

  speedFactors: z
    .array(z.number().min(0.5).max(2))
    .min(1)
    .default([0.9, 1, 1.1])
    .describe("speed perturbation: factors, one drawn at random for each utterance and epoch"),
  tempoFactors: z
    .array(z.number().min(0.5).max(2))
    .min(1)
    .default([1])
    .describe("as speedFactors, but with unchanged pitch; if both are given, they multiply"),
  augmentation: augmentationSchema.prefault({}),
  specAugment: specAugmentSchema.prefault({}),
  features: featureConfigSchema.prefault({}),
  model: modelConfigSchema.omit({ numMels: true, numTokens: true, numPhones: true }).prefault({}),
});

/** A complete configuration. */
export type TrainConfig = z.output<typeof trainConfigSchema>;
/** What a person writes: every key is optional. */
export type TrainConfigInput = z.input<typeof trainConfigSchema>;

/** Checkpoints that a run keeps: an average needs those that it is made of. */
export function numKept({ keepBest, averageBest }: Pick<TrainConfig, "keepBest" | "averageBest">): number {
  return Math.max(keepBest, averageBest);
}

/** The model that a configuration describes: its input width is the features', its output width the alphabet's and the phones'. */
export function modelConfigOf(
  config: Pick<TrainConfig, "features" | "model" | "phones">,
  numTokens: number,
): ModelConfig {
  const numPhones = config.phones ? phoneAlphabet.tokens.length : 0;
  return { ...config.model, numMels: config.features.numMels, numTokens, numPhones };
}

/** What a configuration file may hold: a function for `normalise` is the `normaliser`, which the file's path stands for. */
export type ConfigFileInput = Omit<TrainConfigInput, "normalise"> & { normalise?: boolean | Normaliser };

/** Gives a configuration file its types: `export default defineConfig({ epochs: 20 })`. */
export function defineConfig(config: ConfigFileInput): ConfigFileInput {
  return config;
}
