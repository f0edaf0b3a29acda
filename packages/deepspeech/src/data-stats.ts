/** `deepspeech data stats`. */

import { requireWritable, writeFileAtomically } from "@deepspeech-ts/recognizer/system";
import { usageError } from "@deepspeech-ts/server/command-line";
import {
  type CorpusStatistics,
  corpusStatistics,
  type HistogramBin,
} from "@deepspeech-ts/toolkit/internal/data/check/corpus-statistics.js";
import { loadCorpora } from "@deepspeech-ts/toolkit/internal/data/load-corpora.js";
import type { Command } from "commander";
import { leftOutLines } from "./data-lines.js";
import { statisticsPicture } from "./data-stats-picture.js";
import { formatAudio, formatCount, formatPlural } from "./format.js";

const HELP = `
Durations are those that manifests state or headers give: nothing is decoded.

Examples:
  $ npx deepspeech-ts data stats data/LibriSpeech/dev-clean
  $ npx deepspeech-ts data stats my/train.jsonl --json
  $ npx deepspeech-ts data stats my/train.jsonl --picture my/train.svg`;

const BAR_WIDTH = 40;
const MOST_SPEAKERS = 5;

export function configure(command: Command): void {
  command
    .argument("<data...>", "manifests, packed corpora, or folders in LibriSpeech's layout")
    .option("--json", "print the numbers as JSON")
    .option("--picture <file>", "also draw the histograms of lengths, speech rates and speakers: a .svg")
    .addHelpText("after", HELP)
    .action(show);
}

async function show(data: string[], { json, picture }: { json?: true; picture?: string }): Promise<void> {
  if (picture !== undefined && !/\.svg$/i.test(picture)) {
    throw usageError(`--picture must be a file ending in .svg, not "${picture}"`);
  }
  if (picture !== undefined) requireWritable(picture, data);
  const { utterances, leftOut } = await loadCorpora(data);
  const problems = leftOutLines(leftOut);
  if (problems.length > 0) process.stderr.write(`${problems.join("\n")}\n`);
  const statistics = corpusStatistics(utterances);
  if (picture !== undefined) await writeFileAtomically(picture, statisticsPicture(statistics, data.join(", ")));
  const text = json ? JSON.stringify(statistics, null, 2) : statisticsLines(statistics).join("\n");
  process.stdout.write(`${text}\n`);
}

export function statisticsLines(statistics: CorpusStatistics): string[] {
  const { numUtterances, audioSeconds, numSpeakers, numWithoutSpeaker, numWords, numDistinctWords } = statistics;
  const unnamed = numWithoutSpeaker > 0 ? `, ${formatPlural(numWithoutSpeaker, "utterance")} without one` : "";
  return [
    `Utterances  ${formatCount(numUtterances)}`,
    `Audio       ${formatAudio(audioSeconds)}, ${(audioSeconds / numUtterances).toFixed(1)} s each`,
    `Speakers    ${formatCount(numSpeakers)}${unnamed}`,
    `Words       ${formatCount(numWords)}, ${formatCount(numDistinctWords)} distinct`,
    ...speakerLines(statistics),
    "",
    "Seconds an utterance",
    ...histogramLines(statistics.durations),
    "",
    "Characters a second",
    ...histogramLines(statistics.characterRates),
  ];
}

function speakerLines({ speakers }: CorpusStatistics): string[] {
  if (speakers.length < 2) return [];
  const named = speakers.slice(0, MOST_SPEAKERS);
  const width = Math.max(...named.map(({ speaker }) => speaker.length));
  const longest = named[0]?.audioSeconds ?? 0;
  return [
    "",
    speakers.length > MOST_SPEAKERS ? `Audio of the ${MOST_SPEAKERS} who speak longest` : "Audio by speaker",
    ...named.map(({ speaker, audioSeconds }) => {
      return `  ${speaker.padEnd(width)}  ${bar(audioSeconds / longest)} ${formatAudio(audioSeconds)}`;
    }),
  ];
}

function histogramLines(bins: readonly HistogramBin[]): string[] {
  const labels = bins.map(({ from, to }) => `${from} – ${to}`);
  const width = Math.max(...labels.map((label) => label.length));
  const most = Math.max(...bins.map(({ count }) => count));
  return bins.map(({ count }, i) => `  ${labels[i]!.padStart(width)}  ${bar(count / most)} ${formatCount(count)}`);
}

/** Something is drawn for every share above 0. */
function bar(share: number): string {
  const length = share > 0 ? Math.max(1, Math.round(BAR_WIDTH * share)) : 0;
  return "█".repeat(length);
}
