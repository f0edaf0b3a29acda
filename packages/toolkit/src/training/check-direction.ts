/** Settings that only go together with one way of reading. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import type { TrainConfig } from "./config.js";

/** @throws UserError for a model that reads forward and needs a future all the same, and for what only such a model has */
export function checkDirection({ model, features }: Pick<TrainConfig, "model" | "features">): void {
  const { direction, lookaheadFrames, recurrence } = model;
  if (direction === "forward") {
    if (features.normalisation !== "running") {
      const found = `features.normalisation is "${features.normalisation}"`;
      throw refuse(`model.direction is "forward" and ${found}; a forward model needs "running" (--recipe streaming).`);
    }
    if (recurrence !== "time") throw refuse('model.direction "forward" needs model.recurrence "time".');
    return;
  }
  if (features.normalisation === "running") {
    throw refuse('features.normalisation is "running", which is for model.direction "forward"; choose "utterance".');
  }
  if (lookaheadFrames > 0) {
    throw refuse(
      `model.lookaheadFrames is ${lookaheadFrames}, and a bidirectional model sees the whole utterance; leave it out, or set model.direction to "forward".`,
    );
  }
}

function refuse(message: string): UserError {
  return new UserError(message, { code: "bad-config" });
}
