/**
 * What a run starts from: fresh weights, those of another model (fine-tuning), or its own newest checkpoint.
 *
 * A fine-tuned model takes over every weight, but for rows of the last layer: they are the tokens, and it may have another
 * alphabet, or write phones where the other did not. One that reads another way than its starting point, as a forward model that begins with a bidirectional one's
 * front end, takes what it has room for. Frozen parameters are chosen by name, with `*` for anything.
 */

import { UserError, whatItIs } from "@deepspeech-ts/recognizer/system";
import { type Alphabet, alphabetOf, englishAlphabet } from "@deepspeech-ts/speech";
import { cat, type Tensor, tidy } from "@deepspeech-ts/torch";
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

/** Unless told, a model writes phones where the one that it begins with does, in the same letters. */
export function writesPhones({ alphabet, initFrom }: TrainConfig): boolean {
  if (initFrom === undefined) return false;
  const header = startingPointHeader(initFrom);
  return header.model.numPhones > 0 && (alphabet === undefined || isSame(alphabetOf(alphabet), header.alphabet));
}

function isSame(a: Alphabet, b: Alphabet): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
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
 * @returns names of the model's state that stays fresh
 * @throws UserError where nothing would be taken, or where a model that reads the same way has other dimensions
 */
export function takeWeights(model: DeepSpeech, alphabet: Alphabet, checkpoint: Checkpoint): string[] {
  const state = model.stateDict();
  const isSameDirection = checkpoint.header.model.direction === model.config.direction;
  const fits = (name: string) =>
    String(checkpoint.tensors.get(`model.${name}`)?.shape) === String(state.get(name)!.shape);
  const tokens = tokenRows(model, alphabet, checkpoint);
  const fresh = [...state.keys()].filter((name) => tokens.get(name)?.isFresh ?? (!isSameDirection && !fits(name)));
  if (fresh.length === state.size) throw refuse(`${checkpoint.path}: has no weights that fit this model.`);
  const own = fresh.map((name): [string, Tensor] => [`model.${name}`, state.get(name)!]);
  const mixed = [...tokens].map(([name, { rows }]): [string, Tensor] => [`model.${name}`, rows]);
  const isKnown = (name: string) => isSameDirection || state.has(name.slice("model.".length));
  const given = [...checkpoint.tensors].filter(([name]) => isKnown(name));
  restoreModel(model, { ...checkpoint, tensors: new Map([...given, ...own, ...mixed]) });
  return fresh;
}

/** The last layer by its parameters' names, where not all of it is to be taken as it is: letters that both models write, and phones. */
function tokenRows(
  model: DeepSpeech,
  alphabet: Alphabet,
  { header, tensors }: Checkpoint,
): Map<string, { rows: Tensor; isFresh: boolean }> {
  const { numTokens, numPhones } = model.config;
  const takesLetters = isSame(header.alphabet, alphabet);
  const takesPhones = numPhones > 0 && header.model.numPhones === numPhones;
  if (takesLetters && numPhones === header.model.numPhones) return new Map();
  const numGiven = header.model.numTokens + header.model.numPhones;
  const layer = [...model.stateDict()].filter(([name]) => name.startsWith(TOKEN_LAYER));
  return new Map(
    layer.map(([name, own]) => {
      const given = tensors.get(`model.${name}`);
      // Of another width it fits no better than the layers below, which say so.
      const fits = given !== undefined && String([numGiven, ...own.shape.slice(1)]) === String(given.shape);
      const letters = takesLetters && fits ? given.narrow(0, 0, numTokens) : own.narrow(0, 0, numTokens);
      if (numPhones === 0) return [name, { rows: letters, isFresh: !(takesLetters && fits) }];
      const phones =
        takesPhones && fits ? given.narrow(0, header.model.numTokens, numPhones) : own.narrow(0, numTokens, numPhones);
      return [name, { rows: cat([letters, phones], 0), isFresh: !(takesLetters && takesPhones && fits) }];
    }),
  );
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
