/** What the card tells of the data and of the training, taken from the corpora's lists and the checkpoint's own records. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadCheckpointHeader } from "@deepspeech-ts/toolkit/acoustic-model";
import { PACKED_MANIFEST } from "@deepspeech-ts/toolkit/internal/data/manifest.js";
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
 * @property {number} [timesInMean] how often the last run's weights count in a mean with those shipped before; 0 for no mean
 * @property {number} recordings that the last run was given
 * @property {number} [splices] that it was given beside them
 * @property {Record<string, any>} recipe the last run's configuration, without what is the machine's and the folder's own
 */

/**
 * The sources of a list's recordings, the largest first.
 *
 * @param {string} list
 * @returns {SourceFacts[]}
 */
export function sourcesOf(list) {
  const entries = entriesOf(list);
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
  /** @type {ReturnType<typeof entriesOf>} */
  const entries = config.train.flatMap(entriesOf);
  // As `deepspeech data splice` calls them.
  const splices = entries.filter(({ id }) => id?.startsWith("splice-")).length;
  return {
    ...progressUpTo(checkpoint),
    recordings: entries.length - splices,
    splices,
    recipe: Object.fromEntries(Object.entries(config).filter(([key]) => !OF_THE_MACHINE.has(key))),
  };
}

/**
 * Of a list, or of a packed corpus.
 *
 * @param {string} corpus
 * @returns {{ id?: string, source: string, duration: number, speaker: string }[]} its lines
 */
function entriesOf(corpus) {
  const packed = join(corpus, PACKED_MANIFEST);
  return linesOf(existsSync(packed) ? packed : corpus).map((line) => JSON.parse(line));
}

/**
 * How far a run and those before it came. A run may have begun with the shipped model, whose runs are told by the
 * metrics beside it.
 *
 * @param {string} start a run's checkpoint, or a bundle of the package
 * @returns {Pick<TrainingFacts, "runs" | "passes" | "steps" | "hours">}
 */
function progressUpTo(start) {
  if (start.endsWith(".dsb")) {
    const { runs, passes, steps, hours } = JSON.parse(
      readFileSync(join(dirname(start), "metrics.json"), "utf8"),
    ).training;
    return { runs, passes, steps, hours };
  }
  const { config, progress } = recordsOf(start);
  const { initFrom } = config;
  if (initFrom !== undefined && !existsSync(initFrom))
    throw new Error(`${initFrom}, with which ${start}'s run began, is gone`);
  const before = initFrom === undefined ? { runs: 0, passes: 0, steps: 0, hours: 0 } : progressUpTo(initFrom);
  return {
    runs: before.runs + 1,
    passes: before.passes + progress.epoch - (isCutShort(config, progress) ? 1 : 0),
    steps: before.steps + progress.step,
    hours: before.hours + progress.elapsedSeconds / 3600,
  };
}

/**
 * Whether a run counted an epoch within which its time ended, as earlier versions did.
 *
 * @param {Record<string, any>} config
 * @param {{ elapsedSeconds: number, measuredStep?: number | null }} progress
 */
function isCutShort({ maxMinutes }, { elapsedSeconds, measuredStep }) {
  return measuredStep === undefined && maxMinutes !== undefined && elapsedSeconds >= 60 * maxMinutes;
}

/**
 * @param {string} checkpoint
 * @returns {{ config: Record<string, any>, progress: { epoch: number, step: number, elapsedSeconds: number } }}
 */
function recordsOf(checkpoint) {
  return /** @type {any} */ (loadCheckpointHeader(checkpoint).header.training);
}
