/** What a training run says, as lines of text: pure functions of its events. */
import type { CorpusErrorRates } from "@deepspeech-ts/speech";
import type { CorpusFacts, EvaluationSummary, TrainingEvent } from "@deepspeech-ts/toolkit/internal/training/events.js";
import { formatFalseAlarms } from "./evaluation-lines.js";
import {
  formatAudio,
  formatCount,
  formatDuration,
  formatEdits,
  formatPair,
  formatPlural,
  formatRate,
  formatSmall,
  quoteForShell,
} from "./format.js";

export type EventOf<K extends TrainingEvent["kind"]> = Extract<TrainingEvent, { kind: K }>;

/** Utterances named in the summary, of those that were left out. */
const SHOWN_REASONS = 3;

export function dataLines({ train, dev, test }: EventOf<"data">): string[] {
  const corpora: [string, CorpusFacts | null][] = [
    ["train", train],
    ["dev", dev],
    ["test", test],
  ];
  return ["Data", ...corpora.flatMap(([name, facts]) => (facts ? corpusLines(name, facts) : []))];
}

function corpusLines(name: string, { numUtterances, audioSeconds, leftOut, normalisation }: CorpusFacts): string[] {
  const size = `${formatPlural(numUtterances, "utterance")}, ${formatAudio(audioSeconds)}`;
  const skipped = leftOut.length > 0 ? `, ${formatCount(leftOut.length)} left out:` : "";
  const reasons = leftOut.slice(0, SHOWN_REASONS).map(({ id, reason }) => `           ${id}: ${reason}`);
  const more = leftOut.length - reasons.length;
  return [
    `  ${name.padEnd(5)}  ${size}${skipped}`,
    ...reasons,
    ...(more > 0 ? [`           … and ${formatCount(more)} more`] : []),
    ...(normalisation ? normalisation.split("\n").map((line) => `         ${line}`) : []),
  ];
}

export function startLines(event: EventOf<"start">): string[] {
  const { runFolder, numParameters, numFrozen, freshParameters, epochs, totalSteps, firstStep } = event;
  const { maxMinutes, changes = [] } = event;
  const time = maxMinutes === undefined ? "" : ` or ${formatDuration(60 * maxMinutes)}, whichever is over first`;
  const from = firstStep > 0 ? `, going on after step ${formatCount(firstStep)}` : "";
  const frozen = numFrozen > 0 ? `, ${formatCount(numFrozen)} of them frozen` : "";
  const fresh = freshParameters.length > 0 ? `; not taken over: ${freshParameters.join(", ")}` : "";
  return [
    `Model  ${formatCount(numParameters)} parameters${frozen}${fresh}`,
    `Run    ${runFolder}: ${formatPlural(epochs, "epoch")}, ${formatPlural(totalSteps, "step")}${time}${from}`,
    ...changes.map(({ key, was, is }) => `Change ${key} was ${was} and is now ${is}`),
  ];
}

export function planLines(event: EventOf<"plan">): string[] {
  const { numBatches, paddingWaste, largest, maxBatchSeconds, totalSteps, outlook } = event;
  const size = `${largest.utterances} × ${largest.seconds.toFixed(1)} s`;
  const batches = `${formatPlural(numBatches, "batch", "batches")} of up to ${maxBatchSeconds} s an epoch`;
  return [
    `Plan   ${batches}, ${formatRate(paddingWaste)} padding; the largest, ${size}, fits`,
    ...(outlook === null ? [] : [`       ${formatPlural(totalSteps, "step")} in all: ${OUTLOOKS[outlook]}`]),
  ];
}

/** Of a model that begins with fresh weights, which answers blanks alone at first. */
const OUTLOOKS: Record<NonNullable<EventOf<"plan">["outlook"]>, string> = {
  likely: "enough for first words, as a rule",
  uncertain: "first words may take more; more --epochs make more steps, and so do smaller --max-batch-seconds",
  unlikely: "too few for first words, as a rule; make more steps by more --epochs or smaller --max-batch-seconds",
};

export function warningLine({ message }: EventOf<"warning">): string {
  return `! ${message}`;
}

/** How far a run is, in one line. */
export function stepLine(event: EventOf<"step">, epochs: number): string {
  return [
    `epoch ${event.epoch}/${epochs}`,
    `step ${formatCount(event.step)}/${formatCount(event.totalSteps)}`,
    stepFigures(event),
    `ETA ${formatDuration(event.etaSeconds)}`,
  ].join("  ");
}

/** The figures that change with every step, for the line and for the bar alike. */
export function stepFigures({ loss, learningRate, audioSecondsPerSecond }: EventOf<"step">): string {
  const speed = `${audioSecondsPerSecond.toFixed(audioSecondsPerSecond < 10 ? 1 : 0)} s audio/s`;
  return [`loss ${loss.toFixed(3)}`, `lr ${formatSmall(learningRate)}`, speed].join("  ");
}

export function skippedLine({ epoch, step, skippedIds = [] }: EventOf<"step">): string {
  const [first, ...others] = skippedIds;
  const with_ =
    first === undefined
      ? ""
      : ` (${first}${others.length > 0 ? ` and ${others.length} more; log.jsonl names them` : ""})`;
  return `epoch ${epoch}, step ${formatCount(step)}: the loss or a gradient was not finite; the step was skipped${with_}`;
}

export function failureLine({ id, reason }: EventOf<"failure">): string {
  return `${id}: could not be loaded and is skipped: ${reason}`;
}

export function epochLines({ epoch, epochs, trainLoss, isPartial, dev, isBest }: EventOf<"epoch">): string[] {
  const trained = Number.isNaN(trainLoss) ? "unknown" : trainLoss.toFixed(3);
  const losses = `train loss ${trained}  dev loss ${dev.loss?.toFixed(3) ?? "unknown"}`;
  const marker = isBest ? "  * best so far" : "";
  const part = isPartial ? " in part" : "";
  return [`epoch ${epoch}/${epochs}${part}  ${losses}  ${ratesText(dev.rates)}${marker}`, ...sampleLines(dev)];
}

export function averagedLines({ epochs, dev, isBest }: EventOf<"averaged">): string[] {
  const marker = isBest ? "  * best so far" : "";
  return [
    `average of epochs ${epochs.join(", ")}  dev loss ${dev.loss?.toFixed(3) ?? "unknown"}  ${ratesText(dev.rates)}${marker}`,
  ];
}

export function testLines({ test }: EventOf<"test">): string[] {
  const counts = [
    formatPlural(test.rates.numUtterances, "utterance"),
    formatPlural(test.rates.words.referenceLength, "word"),
  ];
  const alarms = test.falseAlarms ? [`  ${formatFalseAlarms(test.falseAlarms)}`] : [];
  return [`test, best checkpoint: ${ratesText(test.rates)} of ${counts.join(", ")}`, ...alarms, ...sampleLines(test)];
}

function ratesText({ cer, wer, words }: CorpusErrorRates): string {
  return `CER ${formatRate(cer)}  WER ${formatRate(wer)} (${formatEdits(words)})`;
}

function sampleLines({ samples }: EvaluationSummary): string[] {
  const [sample] = samples;
  return sample ? formatPair(sample.reference, sample.hypothesis, "  ") : [];
}

const ENDINGS: Record<EventOf<"finished">["reason"], string> = {
  epochs: "Finished",
  time: "Finished, as the time was up,",
  patience: "Finished, as dev no longer improved,",
  stopped: "Stopped",
};

/** @param test the test data, for the command that measures it again */
export function finishedLines(event: EventOf<"finished">, test: readonly string[]): string[] {
  const { reason, runFolder, steps, elapsedSeconds, best } = event;
  const folder = quoteForShell(runFolder);
  const data = test.map(quoteForShell).join(" ") || "<folder or manifest>";
  const next = [
    ["resume", `npx deepspeech-ts train --resume ${folder}`],
    ["measure", `npx deepspeech-ts evaluate ${folder} ${data}`],
    ["transcribe", `npx deepspeech-ts transcribe ${folder} <recording>`],
    ["curves", `npx deepspeech-ts dashboard ${quoteForShell(runsOf(runFolder))}`],
  ].filter(([title]) => (title === "resume" ? reason === "stopped" : best !== null || title === "curves"));
  return [
    "",
    `${ENDINGS[reason]} after ${formatPlural(steps, "step")} in ${formatDuration(elapsedSeconds)}. Saved in ${runFolder}`,
    ...(best ? [`${nameOf(best)}: dev WER ${formatRate(best.wer)}, CER ${formatRate(best.cer)}`] : []),
    "",
    "Next:",
    ...next.map(([title = "", command = ""]) => `  ${title.padEnd(10)}  ${command}`),
  ];
}

function nameOf({ epoch, averagedEpochs }: NonNullable<EventOf<"finished">["best"]>): string {
  return averagedEpochs ? `Best, the average of epochs ${averagedEpochs.join(", ")}` : `Best epoch ${epoch}`;
}

/** The folder of all runs, which holds <experiment>/version_N. */
function runsOf(runFolder: string): string {
  return runFolder.split("/").slice(0, -2).join("/") || ".";
}
