/** The golden models and batches, as ours take them: what the model parity tests share. */
import {
  ctcLoss,
  DeepSpeech,
  type ModelConfig,
  type ModelOutput,
  modelConfigSchema,
} from "@deepspeech-ts/toolkit/acoustic-model";
import { nn, type Tensor } from "@deepspeech-ts/torch";
import type { Golden } from "./golden.js";

export const BLANK_ID = 28;

export interface GoldenBatch {
  /** [B, T, numMels] */
  features: Tensor;
  featureLengths: number[];
  targets: number[][];
}

/** The file's architecture under our names; dropout is off in every fixture. */
export function goldenConfig(golden: Golden, recurrence: ModelConfig["recurrence"] = "time"): ModelConfig {
  const reference = golden.json<Record<string, number>>("config");
  return modelConfigSchema.parse({
    numMels: reference.n_mels,
    convChannels: reference.channels,
    hiddenSize: reference.hidden,
    residualLayers: reference.residual_layers,
    recurrentLayers: reference.recurrent_layers,
    dropout: 0,
    recurrence,
  });
}

/** The golden model with the weights of all names that begin with `prefix`. */
export function goldenModel(golden: Golden, prefix: string, recurrence?: ModelConfig["recurrence"]): DeepSpeech {
  const model = new DeepSpeech(goldenConfig(golden, recurrence)).eval();
  model.loadStateDict(golden.under(prefix));
  return model;
}

/** The file's batch: [B, 1, numMels, T] becomes [B, T, numMels], and targets lose their padding. */
export function goldenBatch(golden: Golden): GoldenBatch {
  const width = golden.tensor("targets").size(1);
  const ids = golden.numbers("targets");
  return {
    features: golden.tensor("features").squeeze(1).transpose(1, 2).contiguous(),
    featureLengths: golden.numbers("feature_lengths"),
    targets: golden.numbers("target_lengths").map((length, row) => ids.slice(row * width, row * width + length)),
  };
}

/** PyTorch's `ctc_loss` with reduction "mean". */
export function meanLoss(output: ModelOutput, { targets }: GoldenBatch): Tensor {
  return ctcLoss(output, targets, { blankId: BLANK_ID, average: "utterances" });
}

/** −log p of each utterance. */
export function lossesOf({ logProbs, logProbLengths }: ModelOutput, { targets }: GoldenBatch): Tensor {
  const options = { blankId: BLANK_ID, reduction: "none" } as const;
  return nn.functional.ctcLoss(logProbs.transpose(0, 1), targets, logProbLengths, options);
}

/** Each utterance's own frames, row after row: what padding holds means nothing. */
export function validFrames(logProbs: Tensor, lengths: readonly number[]): number[] {
  const [, frames = 0, numTokens = 0] = logProbs.shape;
  const values = logProbs.toNumbers();
  return lengths.flatMap((length, row) => {
    const start = row * frames * numTokens;
    return values.slice(start, start + length * numTokens);
  });
}
