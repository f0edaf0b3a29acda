/**
 * Output layers that lower layers have in training alone. They are no part of the model: its checkpoints, exports and
 * averages are those of a model that was trained without them, and recognition costs the same.
 */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { phoneAlphabet } from "@deepspeech-ts/speech";
import { nn, type Tensor } from "@deepspeech-ts/torch";
import { type ModelConfig, type ModelOutput, recurrentWidth, type TappedOutput } from "../acoustic-model/index.js";
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
  /** It writes phones; null where none is asked for. */
  readonly phones: TappedHead | null;

  /** @throws UserError where the model has no such layer below its last, or nothing of the loss is left to the output */
  constructor(model: ModelConfig, objective: ObjectiveConfig) {
    super();
    const { intermediateLayers, intermediateWeight, phoneLayer, phoneWeight } = objective;
    const head = (key: keyof ObjectiveConfig, name: string, layer: number, numClasses: number): TappedHead => {
      checkLayer(key, layer, model);
      return { layer, linear: this.module(`${name}.${layer}`, new nn.Linear(recurrentWidth(model), numClasses)) };
    };
    this.intermediate = [...new Set(intermediateLayers)].map((layer) =>
      head("intermediateLayers", "intermediate", layer, model.numTokens),
    );
    this.phones = phoneLayer > 0 ? head("phoneLayer", "phones", phoneLayer, phoneAlphabet.tokens.length) : null;
    if (this.phones && model.numPhones > 0) {
      throw refuse(
        "phones has the model's output write phones, and objective.phoneLayer a layer below it; choose one.",
      );
    }
    const hasPhones = this.phones !== null || model.numPhones > 0;
    if (hasPhones && intermediateLayers.length > 0 && intermediateWeight + phoneWeight >= 1) {
      throw refuse(
        "objective.intermediateWeight and objective.phoneWeight leave nothing to the output; their sum must be below 1.",
      );
    }
  }

  /** The recurrent layers whose outputs `read` needs. */
  get layers(): number[] {
    return [...this.intermediate, ...(this.phones ? [this.phones] : [])].map(({ layer }) => layer);
  }

  /** What the heads make of the outputs of `layers`. */
  read({ taps, logProbLengths }: TappedOutput): { intermediate: ModelOutput[]; phones: ModelOutput | null } {
    const outputOf = ({ linear }: TappedHead, tap: Tensor) => ({ logProbs: logProbsOf(linear, tap), logProbLengths });
    return {
      intermediate: this.intermediate.map((head, i) => outputOf(head, taps[i]!)),
      phones: this.phones && outputOf(this.phones, taps.at(-1)!),
    };
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
