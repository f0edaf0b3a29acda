/**
 * Everything a training run can be told, in one schema: the type, the defaults, the checks, the help text and the
 * command line's flags all come from here, so no option can exist in one of them alone.
 */
import { errorMessage } from "@deepspeech-ts/recognizer/system";
import { alphabetOf } from "@deepspeech-ts/speech";
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
  ).describe("what to train on: folders in LibriSpeech's layout, or JSON-lines manifests"),
  dev: paths("data/LibriSpeech/dev-clean").describe("what chooses the best checkpoint, after each epoch"),
  test: z
    .array(z.string().min(1))
    .default(["data/LibriSpeech/test-clean"])
    .describe(
      "what is reported once, at the end, with the best checkpoint; nothing is chosen on it; none where train is given alone",
    ),
  normalise: z.boolean().default(true).describe("bring transcripts to the alphabet (numbers as words, accents folded)"),
  normaliser: z
    .string()
    .min(1)
    .optional()
    .describe("module whose default export, (text) => text, writes transcripts as they are spoken, before normalise"),
  soundTags: z
    .enum(["drop", "refuse"])
    .default("drop")
    .describe("[laughter] and other tags for sounds in transcripts: drop them, or refuse the utterance"),
  alphabet: z
    .string()
    .superRefine(checkAlphabet)
    .optional()
    .describe("characters that the model can write, and the space; default: ' and a to z, or initFrom's"),
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
    .describe("what makes an epoch the best on dev; auto: CER while WER is 50% or more, and WER from there on"),
  keepBest: count
    .default(1)
    .describe("checkpoints to keep, those that are best on dev; more than 1 by their epochs' names"),
  averageBest: several.describe(
    "average so many best checkpoints at the end, and take the average if it is better on dev; 0: no",
  ),
  averageLast: several.describe("as averageBest, of so many last epochs"),
  saveMinutes: positive.default(15).describe("save the last checkpoint this often within an epoch, and after each"),
  resume: z.string().optional().describe("continue the run in this folder (runs/<experiment>/version_N)"),
  wandb: z.string().min(1).optional().describe("also log to this project of Weights & Biases, through its own package"),

  epochs: count.default(10).describe("passes over the training data"),
  patience: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "end after so many epochs in a row that were no better on dev, once the model has left CTC's plateau; 0: never",
    ),
  maxMinutes: positive.optional().describe("end training after this time; the schedule is fitted to it"),
  seed: z.int().min(0).default(1).describe("fixes initial weights, order, augmentation and dropout"),
  device: deviceSchema.default("cpu").describe("cpu, cuda or cuda:N"),
  threads: threadCount
    .optional()
    .describe(
      "threads for one operator; default: as many as there are cores, shared out among this machine's processes",
    ),
  processes: threadCount
    .default(1)
    .describe(
      "processes on this machine that share each step's batches; a power of two that divides accumulateBatches",
    ),
  devices: z.array(deviceSchema).default([]).describe("each process's device, in turn; default: device"),
  reduction: z
    .enum(["exact", "fast"])
    .default("exact")
    .describe("exact: any number of processes gives the same bits; fast: fewer messages, and bits that hang on it"),
  peerTimeoutSeconds: positive.default(120).describe("how long a process waits for another that does not answer"),

  precision: z
    .enum(["fp32", "bf16", "fp16"])
    .default("fp32")
    .describe("arithmetic of the model; weights stay fp32. bf16 needs a processor or card that has it, fp16 a card"),

  initFrom: z
    .string()
    .optional()
    .describe("fine-tune: start from the weights of this checkpoint, run or bundle, with its model and features"),
  teacher: z
    .string()
    .min(1)
    .optional()
    .describe(
      "learn the answers of this trained model too, a run, checkpoint or bundle; objective.teacherWeight is their share",
    ),
  freeze: z
    .array(z.string().min(1))
    .default([])
    .describe("parameters to leave as they are, by name; * stands for anything: cnn.* rescnn_layers.*"),

  maxBatchSeconds: positive
    .optional()
    .describe(
      "seconds of audio in a batch, padding counted; default: from 8 to 160, so that the run's hours and epochs make 4000 steps",
    ),
  maxBatchUtterances: count.default(32).describe("utterances in a batch, at most"),
  accumulateBatches: count.default(1).describe("batches whose gradients make one step"),
  shortestFirstEpochs: z.int().min(0).default(1).describe("first epochs that run from short utterances to long"),
  workers: threadCount
    .optional()
    .describe("threads that decode audio; default: one fewer than there are cores, at most 4"),
  cacheGigabytes: z.number().min(0).default(2).describe("memory for decoded audio; an hour takes 0.23"),

  learningRate: positive.default(1e-3).describe("the schedule's peak"),
  betas: z
    .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
    .default([0.9, 0.999])
    .describe("AdamW's decay of the gradient's running mean and of its square's"),
  weightDecay: z.number().min(0).default(0.01).describe("AdamW's weight decay; biases and norms are not decayed"),
  emaDecay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe("evaluate and keep a running average of the weights with this decay a step; 0: the weights themselves"),
  gradientClip: positive.default(5).describe("largest norm of all gradients together"),
  lossAverage: z
    .enum(["tokens", "utterances"])
    .default("tokens")
    .describe("average a batch's loss over its tokens, or over its utterances as the reference does"),
  blankBias: z.number().default(0).describe("initial bias of the blank; below 0 it delays CTC's all-blank plateau"),
  orthogonalRecurrence: z.boolean().default(true).describe("start recurrent weights orthogonal, gate by gate"),

  objective: objectiveSchema.prefault({}),
  schedule: scheduleSchema.prefault({}),

  speedFactors: z
    .array(z.number().min(0.5).max(2))
    .min(1)
    .default([0.9, 1, 1.1])
    .describe("speeds that each epoch plays an utterance at, by lot"),
  tempoFactors: z
    .array(z.number().min(0.5).max(2))
    .min(1)
    .default([1])
    .describe("as speedFactors, but that the pitch stays; both together multiply"),
  augmentation: augmentationSchema.prefault({}),
  specAugment: specAugmentSchema.prefault({}),
  features: featureConfigSchema.prefault({}),
  model: modelConfigSchema.omit({ numMels: true, numTokens: true }).prefault({}),
});

/** A complete configuration. */
export type TrainConfig = z.output<typeof trainConfigSchema>;
/** What a person writes: every key is optional. */
export type TrainConfigInput = z.input<typeof trainConfigSchema>;

/** Checkpoints that a run keeps: an average needs those that it is made of. */
export function numKept({ keepBest, averageBest }: Pick<TrainConfig, "keepBest" | "averageBest">): number {
  return Math.max(keepBest, averageBest);
}

/** The model that a configuration describes: its input width is the features', its output width the alphabet's. */
export function modelConfigOf(config: Pick<TrainConfig, "features" | "model">, numTokens: number): ModelConfig {
  return { ...config.model, numMels: config.features.numMels, numTokens };
}

/** What a configuration file may hold: a function for `normalise` is the `normaliser`, which the file's path stands for. */
export type ConfigFileInput = Omit<TrainConfigInput, "normalise"> & { normalise?: boolean | Normaliser };

/** Gives a configuration file its types: `export default defineConfig({ epochs: 20 })`. */
export function defineConfig(config: ConfigFileInput): ConfigFileInput {
  return config;
}
