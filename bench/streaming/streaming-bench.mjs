/**
 * What live recognition costs, and what it gives, by chunk length: error rate, processor time, and how long after a
 * word's end it has begun to show, and is stable.
 *
 *     node bench/streaming/streaming-bench.mjs [--bundle model.dsb]… [--gap 0.3]
 *
 * The held-out utterances of the sample corpus are streamed as one recording. Delays are counted in the stream's own
 * time, as if the model took none, plus the time that the step took: what a speaker sees on an idle machine.
 */
import { parseArgs } from "node:util";
import { Recognizer } from "../../packages/recognizer/dist/index.js";
import { corpusErrorRates } from "../../packages/speech/dist/index.js";
import { treeUsage } from "../process-tree.mjs";
import { BUNDLE, STREAMING_BUNDLE, sampleUtterances, speechOf } from "../recordings.mjs";

const { values: args } = parseArgs({
  options: {
    bundle: { type: "string", multiple: true, default: [BUNDLE, STREAMING_BUNDLE] },
    gap: { type: "string", default: "0.3" },
  },
});
const { samples, text } = await speechOf([...sampleUtterances("dev"), ...sampleUtterances("test")], Number(args.gap));
const wer = (hypothesis) => `${(100 * corpusErrorRates([{ reference: text, hypothesis }]).wer).toFixed(1)}%`;

for (const bundle of args.bundle) {
  const recognizer = await Recognizer.load(bundle, { threads: 1 });
  const { sampleRate, streaming, training } = recognizer.header;
  const seconds = samples.length / sampleRate;
  const kind = streaming ? "streams" : "reads both ways";
  console.log(`${seconds.toFixed(0)} s of speech, model of ${training.numParameters} parameters that ${kind}`);
  await measureWhole(recognizer, seconds);
  if (streaming) for (const chunkSeconds of [0.1, 0.2, 0.5]) await measure(recognizer, seconds, { chunkSeconds });
  else {
    for (const contextSeconds of [2, 4, 8]) {
      for (const chunkSeconds of [0.25, 0.5, 1, 2])
        await measure(recognizer, seconds, { chunkSeconds, contextSeconds });
    }
  }
  await recognizer.close();
}

async function measureWhole(recognizer, seconds) {
  const before = treeUsage();
  const found = await recognizer.transcribe(samples);
  const cpuMs = treeUsage().cpuMs - before.cpuMs;
  console.log(`whole recording: WER ${wer(found.text)}  processor ${(cpuMs / 10 / seconds).toFixed(1)}% of its time`);
}

async function measure(recognizer, seconds, options) {
  const segments = [];
  let partials = [];
  const before = treeUsage();
  let resumed = performance.now();
  for await (const event of recognizer.stream(pieces(), { ...options, wordTimes: true })) {
    const stepSeconds = (performance.now() - resumed) / 1000;
    if (event.kind === "partial") partials.push({ ...event, stepSeconds });
    else {
      segments.push({ ...event, partials });
      partials = [];
    }
    resumed = performance.now();
  }
  const cpuMs = treeUsage().cpuMs - before.cpuMs;
  const shown = delays(segments, ({ stable, tail }) => count(stable) + count(tail));
  const stable = delays(segments, (partial) => count(partial.stable));
  const columns = [
    `chunk ${options.chunkSeconds} s`.padEnd(13),
    ...(options.contextSeconds ? [`context ${options.contextSeconds} s`.padEnd(13)] : []),
    `WER ${wer(segments.map((segment) => segment.text).join(" "))}`,
    `processor ${(cpuMs / 10 / seconds).toFixed(1)}% of the stream's time`,
    `begun to show after ${quantiles(shown)} s`,
    `stable after ${quantiles(stable)} s`,
  ];
  console.log(columns.join("  "));
}

function* pieces() {
  for (let at = 0; at < samples.length; at += 1600) yield samples.slice(at, at + 1600);
}

function count(words) {
  return words === "" ? 0 : words.split(" ").length;
}

/** For each final word, from its end to the first result that has so many words. */
function delays(segments, numWords) {
  return segments.flatMap(({ timedWords, partials, heardSeconds }) =>
    timedWords.map(({ endSeconds }, index) => {
      const first = partials.find((partial) => numWords(partial) > index);
      return (first?.heardSeconds ?? heardSeconds) + (first?.stepSeconds ?? 0) - endSeconds;
    }),
  );
}

/** Median and 95th percentile. */
function quantiles(values) {
  const sorted = values.sort((a, b) => a - b);
  const [median, late] = [0.5, 0.95].map((share) => sorted[Math.floor(share * sorted.length)].toFixed(2));
  return `${median} (95%: ${late})`;
}
