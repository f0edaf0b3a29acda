/** What the card tells of the data and of the training, taken from the corpora's lists and the checkpoint's own records. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadCheckpointHeader } from "@deepspeech-ts/toolkit/acoustic-model";
import { groupBy, linesOf } from "./files.mjs";

/**
 * @typedef {object} SourceFacts
 * @property {string} source
 * @property {number} utterances
 * @property {number} hours
 * @property {number} speakers
 */

/**
 * @typedef {object} TrainingFacts
 * @property {number} runs one after the other, each of which began with the weights of the one before
 * @property {number} passes whole ones, of all runs together
 * @property {number} steps of all runs together
 * @property {number} hours of all runs together
 * @property {number} recordings that the last run was given
 * @property {Record<string, any>} recipe the last run's configuration, without what is the machine's and the folder's own
 */

/**
 * The sources of a corpus, the largest first.
 *
 * @param {string} corpora
 * @returns {SourceFacts[]}
 */
export function sourcesOf(corpora, list = "train.jsonl") {
  const entries = linesOf(join(corpora, list)).map((line) => JSON.parse(line));
  return [...groupBy(entries, ({ source }) => source)]
    .map(([source, own]) => ({
      source,
      utterances: own.length,
      hours: own.reduce((sum, { duration }) => sum + duration, 0) / 3600,
      speakers: new Set(own.map(({ speaker }) => speaker)).size,
    }))
    .sort((a, b) => b.hours - a.hours);
}

/** Keys that say where and on what machine, and not how. */
const OF_THE_MACHINE = new Set([
  ...["train", "dev", "test", "runs", "experiment", "resume", "initFrom", "device", "threads", "workers"],
  ...["maxMinutes", "saveMinutes", "cacheGigabytes", "dashboard", "download"],
]);

/**
 * @param {string} checkpoint
 * @returns {TrainingFacts}
 */
export function trainingFacts(checkpoint) {
  const { config } = recordsOf(checkpoint);
  const runs = runsUpTo(checkpoint);
  const sum = (/** @type {(run: Progress) => number} */ value) => runs.reduce((total, run) => total + value(run), 0);
  return {
    runs: runs.length,
    passes: sum(({ epoch }) => epoch),
    steps: sum(({ step }) => step),
    hours: sum(({ elapsedSeconds }) => elapsedSeconds) / 3600,
    recordings: config.train.flatMap((/** @type {string} */ list) => linesOf(list)).length,
    recipe: Object.fromEntries(Object.entries(config).filter(([key]) => !OF_THE_MACHINE.has(key))),
  };
}

/** @typedef {{ epoch: number, step: number, elapsedSeconds: number }} Progress */

/**
 * How far each run came, the first one first.
 *
 * @param {string} checkpoint
 * @returns {Progress[]}
 */
function runsUpTo(checkpoint) {
  const { config, progress } = recordsOf(checkpoint);
  if (config.initFrom === undefined) return [progress];
  if (!existsSync(config.initFrom))
    throw new Error(`${config.initFrom}, with which ${checkpoint}'s run began, is gone`);
  return [...runsUpTo(config.initFrom), progress];
}

/**
 * @param {string} checkpoint
 * @returns {{ config: Record<string, any>, progress: Progress }}
 */
function recordsOf(checkpoint) {
  return /** @type {any} */ (loadCheckpointHeader(checkpoint).header.training);
}
