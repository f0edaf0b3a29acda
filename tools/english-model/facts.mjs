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
 * @property {number} passes over all the data
 * @property {number} ofPasses that the recipe asks for
 * @property {number} steps
 * @property {number} hours of training so far
 * @property {number} startedFromPasses that an earlier run had made, whose weights it began with
 * @property {Record<string, any>} recipe the run's configuration, without what is the machine's and the folder's own
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
  ...["saveMinutes", "cacheGigabytes", "dashboard", "download"],
]);

/**
 * @param {string} checkpoint
 * @returns {TrainingFacts}
 */
export function trainingFacts(checkpoint) {
  const { config, progress } = recordsOf(checkpoint);
  return {
    passes: progress.epoch,
    ofPasses: config.epochs,
    steps: progress.step,
    hours: progress.elapsedSeconds / 3600,
    startedFromPasses: passesBefore(config.initFrom),
    recipe: Object.fromEntries(Object.entries(config).filter(([key]) => !OF_THE_MACHINE.has(key))),
  };
}

/** @param {string | undefined} initFrom */
function passesBefore(initFrom) {
  return initFrom !== undefined && existsSync(initFrom) ? recordsOf(initFrom).progress.epoch : 0;
}

/**
 * @param {string} checkpoint
 * @returns {{ config: Record<string, any>, progress: { epoch: number, step: number, elapsedSeconds: number } }}
 */
function recordsOf(checkpoint) {
  return /** @type {any} */ (loadCheckpointHeader(checkpoint).header.training);
}
