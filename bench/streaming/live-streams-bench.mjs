/**
 * Many live streams at once, in real time, by a model that streams and by one that reads both ways: whether they fall behind,
 * how soon words show, and what a stream costs.
 *
 *     node bench/streaming/live-streams-bench.mjs [--streams 100] [--seconds 30] [--workers 2] [--bundle model.dsb]…
 *
 * Each stream says the sample corpus's held-out utterances from another place on, with half a second between them, in
 * pieces of 0.1 s that come when they would have been spoken. A stream that runs late takes pieces later than they come.
 * What a stream costs is told beside what the same sound costs as one recording.
 */
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Recognizer } from "../../packages/recognizer/dist/index.js";
import { treeUsage } from "../process-tree.mjs";
import { BUNDLE, STREAMING_BUNDLE, sampleUtterances, speechOf } from "../recordings.mjs";

const PIECE_SECONDS = 0.1;

const { values: args } = parseArgs({
  options: {
    streams: { type: "string", default: "100" },
    seconds: { type: "string", default: "30" },
    workers: { type: "string", default: String(availableParallelism()) },
    bundle: { type: "string", multiple: true, default: [STREAMING_BUNDLE, BUNDLE] },
  },
});
const { samples } = await speechOf([...sampleUtterances("dev"), ...sampleUtterances("test")], 0.5);
const [numStreams, seconds, workers] = [Number(args.streams), Number(args.seconds), Number(args.workers)];
/** Without an end. */
const endless = new Float32Array(2 * samples.length);
endless.set(samples);
endless.set(samples, samples.length);
console.log(`${numStreams} live streams of ${seconds} s, ${availableParallelism()} cores, ${workers} model processes`);
for (const bundle of args.bundle) await measure(bundle);

async function measure(bundle) {
  const sizes = [];
  const recognizer = await Recognizer.load(bundle, { threads: 1, workers, onBatch: (size) => sizes.push(size) });
  const { training, streaming } = recognizer.header;
  // Models and helpers are loaded by the first.
  for await (const _ of recognizer.stream(samples.slice(0, 48_000)));
  await recognizer.transcribe(samples.slice(0, 48_000));
  const share = (before, ofSeconds) => ((treeUsage().cpuMs - before.cpuMs) / 10 / ofSeconds).toFixed(2);
  const start = treeUsage();
  await recognizer.transcribe(samples, { wordTimes: true });
  const shareOfFile = share(start, samples.length / recognizer.header.sampleRate);
  sizes.length = 0;
  const before = treeUsage();
  const started = performance.now();
  const found = await Promise.all(Array.from({ length: numStreams }, (_, index) => live(recognizer, index)));
  const wallSeconds = (performance.now() - started) / 1000;
  const shareOfStream = share(before, numStreams * seconds);
  await recognizer.close();
  const shown = found.flatMap(({ shown }) => shown);
  const stable = found.flatMap(({ stable }) => stable);
  const lags = found.map(({ lastLag }) => lastLag);
  const rows = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  console.log(
    [
      streaming ? "streams" : "reads both ways",
      `${training.numParameters} parameters`,
      `${wallSeconds.toFixed(1)} s by the clock`,
      `processor ${shareOfStream}% of a stream's time, ${shareOfFile}% as one recording`,
      `${rows.toFixed(1)} streams a run`,
      `late at the end by ${quantiles(lags)} s`,
      `begun to show after ${quantiles(shown)} s`,
      `stable after ${quantiles(stable)} s`,
    ].join("  "),
  );
}

/** One stream, and for each of its final words how long after its end it was begun to show, and was stable, by the clock. */
async function live(recognizer, index) {
  // So that they do not all pause at once.
  await sleep((1000 * PIECE_SECONDS * index) / numStreams);
  const rate = recognizer.header.sampleRate;
  const offset = Math.floor((index * samples.length) / numStreams);
  const started = performance.now();
  const now = () => (performance.now() - started) / 1000;
  let lastLag = 0;
  async function* sound() {
    const length = Math.round(PIECE_SECONDS * rate);
    for (let piece = 0; piece * PIECE_SECONDS < seconds; piece++) {
      const due = (piece + 1) * PIECE_SECONDS;
      if (due > now()) await sleep(1000 * (due - now()));
      lastLag = now() - due;
      const from = (offset + piece * length) % samples.length;
      yield endless.subarray(from, from + length);
    }
  }
  const [shown, stable] = [[], []];
  let partials = [];
  for await (const event of recognizer.stream(sound(), { wordTimes: true })) {
    if (event.kind === "partial") {
      const numStable = numWords(event.stable);
      partials.push({ numStable, numShown: numStable + numWords(event.tail), at: now() });
    } else {
      const at = now();
      const firstWith = (isThere) => partials.find(isThere)?.at ?? at;
      for (const [word, { endSeconds }] of event.timedWords.entries()) {
        shown.push(firstWith(({ numShown }) => numShown > word) - endSeconds);
        stable.push(firstWith(({ numStable }) => numStable > word) - endSeconds);
      }
      partials = [];
    }
  }
  return { shown, stable, lastLag };
}

function numWords(text) {
  return text === "" ? 0 : text.split(" ").length;
}

/** Median and 95th percentile. */
function quantiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return "-";
  const [median, late] = [0.5, 0.95].map((share) => sorted[Math.floor(share * sorted.length)].toFixed(2));
  return `${median} (95%: ${late})`;
}
