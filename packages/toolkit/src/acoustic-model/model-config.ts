/**
 * The dimensions of a DeepSpeech model. A checkpoint carries them, so that a model is always rebuilt as it was.
 */
import { z } from "zod";

const size = z.int().min(1);

/** What a configuration may say of the model. */
export const modelConfigSchema = z.strictObject({
  numMels: size.default(128).describe("mel bands of the input"),
  convChannels: size.default(32).describe("channels of all convolutions"),
  kernelSize: size
    .refine((value) => value % 2 === 1, "must be odd")
    .default(3)
    .describe("side of all convolution kernels; odd"),
  timeStride: size.default(2).describe("feature frames per output frame: the stride of the first convolution in time"),
  frequencyStride: size.default(2).describe("the stride of the first convolution across mel bands"),
  residualLayers: z.int().min(0).default(2).describe("residual convolution blocks"),
  recurrentLayers: size.default(3).describe("GRU layers"),
  hiddenSize: size
    .default(512)
    .describe("width of each GRU direction, of its first layer's input, and of the classifier's hidden layer"),
  dropout: z.number().min(0).lt(1).default(0.1).describe("probability of dropping an activation in training"),
  numTokens: size.default(29).describe("tokens of the alphabet, blank counted"),
  numPhones: z
    .int()
    .min(0)
    .default(0)
    .describe("tokens of the phones that are written beside the alphabet's, space and blank counted; 0: none"),
  direction: z
    .enum(["bidirectional", "forward"])
    .default("bidirectional")
    .describe("direction of the GRUs: bidirectional, or forward, for a streaming model; see docs/recognizer.md"),
  lookaheadFrames: z
    .int()
    .min(0)
    .default(0)
    .describe("lookahead of a forward model in output frames, by a row convolution over its last GRU layer"),
  recurrence: z
    .enum(["time", "batch"])
    .default("time")
    .describe("'time'; 'batch' reproduces a defect of the reference, only for its own checkpoints"),
});

/** A model's dimensions, all of them. */
export type ModelConfig = z.infer<typeof modelConfigSchema>;

/** The reference's dimensions: 14,233,053 parameters. */
export const defaultModelConfig: ModelConfig = modelConfigSchema.parse({});

/** Frames that the first convolution leaves of `frames`. */
export function outputFrames(frames: number, { timeStride }: Pick<ModelConfig, "timeStride">): number {
  return Math.floor((frames - 1) / timeStride) + 1;
}

/** What a recurrent layer gives of each frame: the states of its directions. */
export function recurrentWidth({ direction, hiddenSize }: Pick<ModelConfig, "direction" | "hiddenSize">): number {
  return direction === "forward" ? hiddenSize : 2 * hiddenSize;
}

/** Frames that a convolution hears ahead, and as many behind. */
export function convolutionReach({ kernelSize }: Pick<ModelConfig, "kernelSize">): number {
  return (kernelSize - 1) / 2;
}
