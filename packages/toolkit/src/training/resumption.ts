/**
 * What may be another when a run is resumed. Every setting either acts from there on, and the run tells that it changed,
 * or it is refused with the reason: none is passed over in silence.
 */
import { basename, dirname, resolve } from "node:path";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { type Alphabet, alphabetOf } from "@deepspeech-ts/speech";
import type { CorpusFacts } from "../acoustic-model/index.js";
import { configLeaves } from "../config-leaves.js";
import type { TrainConfig } from "./config.js";
import type { ConfigChange } from "./events.js";
import type { DataFingerprint, TrainingState } from "./training-state.js";

/** "acts"; "plan": acts too, but decides what an epoch is made of, so not within one; or why it is refused. */
type Policy = "acts" | "plan" | { refusal: string };

const BEGINNING: Policy = { refusal: "that is for the beginning of a run, and this one has begun; start a new run" };
const WEIGHTS: Policy = { refusal: "the run's weights fit no other; start a new run" };
const FOLDER: Policy = { refusal: "a resumed run stays in its folder; leave it out" };

/** For every key of the configuration; the compiler asks for those that are new. A section's policy is its settings'. */
const POLICIES: Record<keyof TrainConfig, Policy> = {
  ...{ train: "acts", dev: "acts", test: "acts" },
  ...{
    normalise: "plan",
    normaliser: "plan",
    soundTags: "plan",
    alphabet: "acts",
    phones: WEIGHTS,
    minDurationSeconds: "plan",
    maxDurationSeconds: "plan",
  },
  ...{ runs: FOLDER, experiment: FOLDER, resume: "acts" },
  ...{
    selectBy: "acts",
    keepBest: "acts",
    averageBest: "acts",
    averageLast: "acts",
    saveMinutes: "acts",
    wandb: "acts",
  },
  ...{ epochs: "acts", patience: "acts", maxMinutes: "acts", seed: "plan" },
  ...{ processes: "acts", devices: "acts", reduction: "acts", peerTimeoutSeconds: "acts" },
  ...{ device: "acts", threads: "acts", precision: "acts", initFrom: BEGINNING, teacher: "acts", freeze: "acts" },
  ...{ maxBatchSeconds: "plan", maxBatchUtterances: "plan", accumulateBatches: "plan", shortestFirstEpochs: "plan" },
  ...{ workers: "acts", cacheGigabytes: "acts" },
  optimizer: BEGINNING,
  ...{ learningRate: "acts", betas: "acts", weightDecay: "acts", emaDecay: "acts", gradientClip: "acts" },
  ...{ lossAverage: "plan", blankBias: BEGINNING, orthogonalRecurrence: BEGINNING, objective: "acts" },
  ...{ schedule: "acts", speedFactors: "plan", tempoFactors: "plan", augmentation: "acts", specAugment: "acts" },
  ...{ features: WEIGHTS, model: WEIGHTS },
};

/** Single settings within sections that are refused as a whole. */
const EXCEPTIONS: ReadonlyMap<string, Policy> = new Map([["model.dropout", "acts"]]);

/** A run as its checkpoint has it. */
export interface RunBefore extends Pick<TrainingState, "config" | "progress" | "data" | "bf16Ways"> {
  alphabet: Alphabet;
}

/**
 * What of the configuration is another than before.
 * @throws UserError for what cannot act
 */
export function configChanges(before: RunBefore, now: TrainConfig): ConfigChange[] {
  checkAlphabet(before, now);
  const [was, is] = [configLeaves(before.config), configLeaves(now)];
  const keys = [...new Set([...was.keys(), ...is.keys()])].filter((key) => key !== "resume");
  const changes = keys
    .filter((key) => was.get(key) !== is.get(key) && !isOwnFolder(key, now))
    .map((key) => ({ key, was: was.get(key) ?? "unset", is: is.get(key) ?? "unset" }));
  for (const change of changes) checkChange(change, before);
  return changes;
}

function checkChange({ key, was, is }: ConfigChange, { progress }: RunBefore): void {
  const policy = EXCEPTIONS.get(key) ?? POLICIES[key.split(".")[0] as keyof TrainConfig];
  const start = `${key} was ${was} and is now ${is}, but`;
  if (typeof policy === "object") throw refuse(`${start} ${policy.refusal}.`);
  if (policy === "acts" || progress.batch === 0) return;
  throw refuse(`${start} the run stopped within an epoch; resume it unchanged to the epoch's end first.`);
}

/** Spelt in another order it is the same. */
function checkAlphabet({ alphabet }: RunBefore, { alphabet: asked, resume = "the run" }: TrainConfig): void {
  if (asked === undefined || JSON.stringify(alphabetOf(asked)) === JSON.stringify(alphabet)) return;
  throw refuse(
    `alphabet is ${JSON.stringify(asked)}, but the model of ${resume} writes ${JSON.stringify(alphabet.tokens.join(""))}; ` +
      "start a new run from it with --init-from.",
  );
}

/** A run that was moved may be called by where it is now. */
function isOwnFolder(key: string, { resume, runs, experiment }: TrainConfig): boolean {
  if (resume === undefined) return false;
  const parent = dirname(resolve(resume));
  return key === "experiment" ? experiment === basename(parent) : key === "runs" && resolve(runs) === dirname(parent);
}

/** The data as a checkpoint remembers it. */
export function fingerprintOf({ numUtterances, audioSeconds, digest }: CorpusFacts): DataFingerprint {
  return { numUtterances, audioSeconds, digest };
}

/**
 * Which of the data are others than before, by the ids, durations and texts of their utterances. Runs of earlier versions
 * did not note them, and have no changes.
 * @throws UserError where the rest of a begun epoch would not be the rest of the same plan
 */
export function dataChanges(
  { data: before, progress }: RunBefore,
  now: NonNullable<TrainingState["data"]>,
): ConfigChange[] {
  if (!before) return [];
  const changes = (["train", "dev"] as const)
    .filter((name) => before[name].digest !== now[name].digest)
    .map((name) => ({ key: `${name} data`, was: describe(before[name]), is: describe(now[name]) }));
  const [train] = changes.filter(({ key }) => key === "train data");
  if (!train || progress.batch === 0) return changes;
  throw refuse(
    `the training data were ${train.was} and are now ${train.is}, but the run stopped within an epoch; ` +
      "bring them back to the epoch's end, or start a new run from this one with --init-from.",
  );
}

function describe({ numUtterances, audioSeconds, digest }: DataFingerprint): string {
  return `${numUtterances} utterances of ${audioSeconds.toFixed(1)} s (${digest.slice(0, 8)})`;
}

function refuse(message: string): UserError {
  return new UserError(message, { code: "bad-config" });
}
