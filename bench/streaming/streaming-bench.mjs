/**
 * What live recognition costs, and what it gives, by chunk length: error rate, processor time, and how long after a
 * word's end it has begun to show, and is stable.
 *
 *     node bench/streaming/streaming-bench.mjs [--bundle model.dsb] [--gap 0.3]
 *
 * The held-out utterances of the sample corpus are streamed as one recording. Delays are counted in the stream's own
 * time, as if the model took none, plus the time that the step took: what a speaker sees on an idle machine.
 */
import { parseArgs } from "node:util";
import { Recognizer } from "../../packages/recognizer/dist/index.js";
import { corpusErrorRates } from "../../packages/speech/dist/index.js";
import { treeUsage } from "../process-tree.mjs";
import { BUNDLE, sampleUtterances, speechOf } from "../recordings.mjs";

const { values: args } = parseArgs({
  options: { bundle: { type: "string", default: BUNDLE }, gap: { type: "string", default: "0.3" } },
});
const { samples, text } = await speechOf([...sampleUtterances("dev"), ...sampleUtterances("test")], Number(args.gap));
const recognizer = await Recognizer.load(args.bundle, { threads: 1 });
const seconds = samples.length / recognizer.header.sampleRate;
const wer = (hypothesis) => `${(100 * corpusErrorRates([{ reference: text, hypothesis }]).wer).toFixed(1)}%`;

console.log(`${seconds.toFixed(0)} s of speech, model of ${recognizer.header.training.numParameters} parameters`);
console.log(`whole recording: WER ${wer((await recognizer.transcribe(samples)).text)}`);
for (const contextSeconds of [2, 4, 8]) {
  for (const chunkSeconds of [0.25, 0.5, 1, 2]) await measure({ chunkSeconds, contextSeconds });
}
await recognizer.close();

async function measure(options) {
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
    `context ${options.contextSeconds} s`.padEnd(13),
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
