/**
 * How soon a live stream shows something, and what it costs. The sound comes as from a microphone, a tenth of a second
 * every tenth of a second; what is told is the time from the end of the first word to its first showing, by the clock,
 * as a speaker sees it. The cost is that of the full-size model, whose random weights show nothing worth timing.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { treeUsage } from "../process-tree.mjs";
import { sampleUtterances, speechOf } from "../recordings.mjs";
import { median, row } from "./speed.mjs";
import { withRecognizer } from "./with-recognizer.mjs";

const PIECE_SAMPLES = 1600;
const SPEAKERS_TURNS = 12;
const COST_SECONDS = 30;

export async function* live({ bundle, bundles }) {
  const delays = await withRecognizer(bundle, firstResults);
  const range = `${delays[0].ms.toFixed(0)} to ${delays.at(-1).ms.toFixed(0)} ms, ${delays.length} utterances`;
  yield { ...row("live: a first word's end to its showing", median(delays, "ms"), null, "ms"), settings: range };
  const { samples } = await speechOf(sampleUtterances("dev"), 0);
  for (const [precision, path] of Object.entries(await bundles())) {
    const percent = await withRecognizer(path, (recognizer) =>
      cost(recognizer, samples.slice(0, 16_000 * COST_SECONDS)),
    );
    yield row(`live, full-size model, ${precision}: share of one core`, percent, null, "%");
  }
}

/** Sorted. */
async function firstResults(recognizer) {
  const delays = [];
  for (const utterance of sampleUtterances("test").slice(0, SPEAKERS_TURNS)) {
    const { samples } = await speechOf([utterance], 0);
    const delay = await firstResult(recognizer, samples);
    if (delay !== undefined) delays.push({ ms: 1000 * delay });
  }
  return delays.sort((a, b) => a.ms - b.ms);
}

/** Seconds; below zero where the beginning of a word is enough. Undefined where there are no words. */
async function firstResult(recognizer, samples) {
  const { timedWords } = await recognizer.transcribe(samples, { wordTimes: true });
  if (timedWords.length === 0) return undefined;
  const start = performance.now();
  for await (const event of recognizer.stream(microphone(samples, start))) {
    const text = event.kind === "partial" ? event.stable + event.tail : event.text;
    if (text !== "") return (performance.now() - start) / 1000 - timedWords[0].endSeconds;
  }
  return undefined;
}

async function* microphone(samples, start) {
  for (let at = 0; at < samples.length; at += PIECE_SAMPLES) {
    const piece = samples.slice(at, at + PIECE_SAMPLES);
    await sleep(start + (at + piece.length) / 16 - performance.now());
    yield piece;
  }
}

/** Percent of the stream's time, as fast as it will go. */
async function cost(recognizer, samples) {
  const { cpuMs } = treeUsage();
  for await (const _ of recognizer.stream(pieces(samples), { chunkSeconds: 0.5 }));
  return (treeUsage().cpuMs - cpuMs) / 10 / (samples.length / 16_000);
}

function* pieces(samples) {
  for (let at = 0; at < samples.length; at += PIECE_SAMPLES) yield samples.slice(at, at + PIECE_SAMPLES);
}
