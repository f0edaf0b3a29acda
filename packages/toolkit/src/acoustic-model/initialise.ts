/** Starting values that help CTC off its first plateau, where a model answers with blanks alone. See docs/training.md. */
import { phoneAlphabet } from "@deepspeech-ts/speech";
import { nn, noGrad, type Tensor, tidy } from "@deepspeech-ts/torch";
import type { DeepSpeech } from "./deepspeech.js";

/** How a model's weights begin. */
export interface InitialiseOptions {
  /** Makes each gate's recurrent matrix orthogonal, so that early gradients neither vanish nor explode over time. */
  orthogonalRecurrence: boolean;
  /** Sets the last layer's bias for the blank, and for that of phones; its other biases become 0. */
  blankBias: number;
  blankId: number;
}

/** Overwrites some of a fresh model's parameters. Draws from the default generator. */
export function initialiseForCtc(model: DeepSpeech, options: InitialiseOptions): void {
  noGrad(() =>
    tidy(() => {
      const parameters = model.namedParameters();
      if (options.orthogonalRecurrence) {
        for (const [name, parameter] of parameters) if (name.includes(".weight_hh_")) orthogonalGates(parameter);
      }
      const bias = parameters.get("classifier.3.bias")!;
      bias.zero_().select(0, options.blankId).fill_(options.blankBias);
      const { numTokens, numPhones } = model.config;
      if (numPhones > 0) bias.select(0, numTokens + phoneAlphabet.blankId).fill_(options.blankBias);
    }),
  );
}

/** [3·hidden, hidden]: reset, update and new gate, one square matrix each. */
function orthogonalGates(weight: Tensor): void {
  for (const gate of weight.split(weight.size(1))) nn.init.orthogonal_(gate);
}
