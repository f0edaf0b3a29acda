/**
 * Output layers that lower layers have in training alone. They are no part of the model: its checkpoints, exports and
 * averages are those of a model that was trained without them, and recognition costs the same.
 */
import { nn, type Tensor } from "@deepspeech-ts/torch";
import type { ModelConfig, ModelOutput, TappedOutput } from "../acoustic-model/index.js";
import { UserError } from "../errors.js";
import type { ObjectiveConfig } from "./objective-config.js";

/** A linear layer on the output of one recurrent layer. */
interface TappedHead {
  /** Counted from 1. */
  readonly layer: number;
  readonly linear: nn.Linear;
}

export class AuxiliaryHeads extends nn.Module {
  /** They write the model's own tokens. */
  readonly intermediate: readonly TappedHead[];

  /** @throws UserError where the model has no such layer below its last */
  constructor(model: ModelConfig, { intermediateLayers }: ObjectiveConfig) {
    super();
    this.intermediate = [...new Set(intermediateLayers)].map((layer) => {
      checkLayer("intermediateLayers", layer, model);
      return this.#head(`intermediate.${layer}`, layer, new nn.Linear(2 * model.hiddenSize, model.numTokens));
    });
  }

  /** The recurrent layers whose outputs `spell` needs. */
  get layers(): number[] {
    return this.intermediate.map(({ layer }) => layer);
  }

  /** What each head makes of the outputs of `layers`, in their order. */
  spell({ taps, logProbLengths }: TappedOutput): ModelOutput[] {
    return this.intermediate.map(({ linear }, i) => ({ logProbs: logProbsOf(linear, taps[i]!), logProbLengths }));
  }

  #head(name: string, layer: number, linear: nn.Linear): TappedHead {
    return { layer, linear: this.module(name, linear) };
  }
}

function logProbsOf(linear: nn.Linear, frames: Tensor): Tensor {
  return nn.functional.logSoftmax(linear.forward(frames).to("float32"), 2); // [B, T', V]
}

function checkLayer(key: string, layer: number, { recurrentLayers, recurrence }: ModelConfig): void {
  if (recurrence !== "time") throw refuse(`objective.${key} needs a model whose recurrence is "time".`);
  if (layer < recurrentLayers) return;
  const below = recurrentLayers === 1 ? "none lies" : `layers 1 to ${recurrentLayers - 1} lie`;
  throw refuse(`objective.${key} names layer ${layer}, but ${below} below the last of ${recurrentLayers}.`);
}

function refuse(message: string): UserError {
  return new UserError(message, { code: "bad-config" });
}
