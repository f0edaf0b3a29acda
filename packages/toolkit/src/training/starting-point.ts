/**
 * What a run starts from: fresh weights, those of another model (fine-tuning), or its own newest checkpoint.
 *
 * A fine-tuned model takes over every weight, but for the last layer where the alphabet is another: its rows are the
 * tokens. Frozen parameters are chosen by name, with `*` for anything.
 */

import { UserError, whatItIs } from "@deepspeech-ts/recognizer/system";
import { type Alphabet, alphabetOf, englishAlphabet } from "@deepspeech-ts/speech";
import { type Tensor, tidy } from "@deepspeech-ts/torch";
import {
  type Checkpoint,
  type CheckpointHeader,
  type DeepSpeech,
  loadCheckpoint,
  loadCheckpointHeader,
  restoreModel,
} from "../acoustic-model/index.js";
import { checkpointFromBundle } from "../export/bundle-checkpoint.js";
import type { TrainConfig } from "./config.js";
import { hasCheckpoint, loadLastHeader } from "./training-state.js";

/** The layer whose rows are the alphabet's tokens. */
const TOKEN_LAYER = "classifier.3.";

/** A resumed run keeps its alphabet; else it is the one asked for, initFrom's, or the English letters. */
export function alphabetFor({ resume, alphabet, initFrom }: TrainConfig): Alphabet {
  if (resume !== undefined && hasCheckpoint(resume)) return loadLastHeader(resume).header.alphabet;
  if (alphabet !== undefined) return alphabetOf(alphabet);
  return initFrom === undefined ? englishAlphabet : startingPointHeader(initFrom).alphabet;
}

/**
 * The model to fine-tune; its tensors belong to the open scope.
 * @param path a run's folder, a checkpoint or a bundle
 * @throws UserError for what can be no starting point
 */
export function openStartingPoint(path: string): Checkpoint {
  return whatItIs(path) === "bundle" ? checkpointFromBundle(path) : loadCheckpoint(path);
}

/**
 * What the model to fine-tune is, without its weights where it is a checkpoint.
 * @throws UserError as `openStartingPoint` does
 */
export function startingPointHeader(path: string): CheckpointHeader {
  return whatItIs(path) === "bundle"
    ? tidy(() => checkpointFromBundle(path).header)
    : loadCheckpointHeader(path).header;
}

/**
 * Copies a checkpoint's weights into a fresh model.
 * @returns names of the parameters that stay fresh
 */
export function takeWeights(model: DeepSpeech, alphabet: Alphabet, checkpoint: Checkpoint): string[] {
  const names = [...model.namedParameters().keys()];
  const isSameAlphabet = JSON.stringify(checkpoint.header.alphabet) === JSON.stringify(alphabet);
  const fresh = isSameAlphabet ? [] : names.filter((name) => name.startsWith(TOKEN_LAYER));
  const own = fresh.map((name): [string, Tensor] => [`model.${name}`, model.namedParameters().get(name)!]);
  restoreModel(model, { ...checkpoint, tensors: new Map([...checkpoint.tensors, ...own]) });
  return fresh;
}

/**
 * Parameters to train: those that no pattern freezes. The others record no gradients any more.
 * @throws UserError for a pattern that fits no parameter, and where nothing would be left to train
 */
export function freeze(model: DeepSpeech, patterns: readonly string[]): Map<string, Tensor> {
  const trained = model.namedParameters();
  for (const pattern of patterns) {
    const frozen = [...model.namedParameters()].filter(([name]) => wildcard(pattern).test(name));
    if (frozen.length === 0) throw refuse(`freeze: "${pattern}" fits no parameter; "deepspeech summary" names them.`);
    for (const [name, parameter] of frozen) {
      parameter.requiresGrad = false;
      trained.delete(name);
    }
  }
  if (trained.size === 0) throw refuse(`freeze: ${patterns.join(", ")} leaves no parameter to train.`);
  return trained;
}

/** Names that a pattern fits, in which `*` stands for anything. */
export function wildcard(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

function refuse(message: string): UserError {
  return new UserError(message, { code: "bad-config" });
}
