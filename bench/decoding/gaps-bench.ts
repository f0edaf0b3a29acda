/**
 * What a language model that lacks words does to a transcript, at every weight: the number of words must stay within 5% of
 * the reference's, and the word error rate must not leave greedy's interval upwards (95%, bootstrap over utterances).
 *
 *     node build/bench/decoding/gaps-bench.js RUN TEXT CORPUS [--gaps 0,60,300] [--weights 0.25,0.5,1,2,4] [--beam 100]
 *
 * RUN is a run's folder or a checkpoint, TEXT what the 3-gram is estimated from, one sentence a line: transcripts of the
 * run's training. A gap's words are drawn at random, the same at every weight. Defaults of decoding are chosen on dev, and
 * judged on test. Exits with 1 where the bar is missed.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  bootstrapInterval,
  corpusErrorRates,
  modelFromEstimate,
  NgramEstimator,
  type NgramModel,
  splitWords,
} from "@deepspeech-ts/speech";
import { Random } from "@deepspeech-ts/toolkit/data";
import { beamDecode, type Decode, decodeGreedily } from "@deepspeech-ts/toolkit/evaluation";
import { recordedEmissions } from "./recorded-emissions.js";

const MOST_DRIFT = 0.05;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    gaps: { type: "string", default: "0,60,300" },
    weights: { type: "string", default: "0.25,0.5,1,2,4" },
    beam: { type: "string", default: "100" },
  },
});
const [checkpoint, textFile, corpus] = positionals;
if (!checkpoint || !textFile || !corpus) throw new Error("give a run's folder, a text and a corpus");
const numbersOf = (list: string) => list.split(",").map(Number);
const text = readFileSync(textFile, "utf8").toLowerCase();
const { alphabet, frameSeconds, corpora } = await recordedEmissions(checkpoint, [corpus]);
const utterances = corpora.flat();
const spoken = utterances.flatMap(({ reference }) => splitWords(reference));
const greedy = measure(decodeGreedily(alphabet, frameSeconds));
const { low, high } = bootstrapInterval(greedy.counts);
console.log(`${utterances.length} utterances, ${spoken.length} words`);
console.log(`greedy: WER ${percent(greedy.wer)} (${percent(low)} to ${percent(high)}), ${drift(greedy.numWords)}`);
for (const gap of numbersOf(values.gaps)) {
  const { languageModel, vocabulary } = teach(gap);
  const unknown = spoken.filter((word) => !vocabulary.has(word)).length;
  console.log(`\na gap of ${gap} words; ${percent(unknown / spoken.length)} of what is said is unknown`);
  for (const lmWeight of numbersOf(values.weights)) {
    const options = { frameSeconds, languageModel, lmWeight, beamSize: Number(values.beam) };
    const { wer, numWords } = measure(beamDecode(alphabet, options));
    const holds = wer <= high && Math.abs(numWords / spoken.length - 1) <= MOST_DRIFT;
    if (!holds) process.exitCode = 1;
    console.log(`  weight ${lmWeight}: WER ${percent(wer)}, ${drift(numWords)}${holds ? "" : "  MISSED"}`);
  }
}

function measure(decode: Decode) {
  const pairs = utterances.map(({ reference, emissions }) => ({ reference, hypothesis: decode(emissions).text }));
  const numWords = pairs.reduce((sum, { hypothesis }) => sum + splitWords(hypothesis).length, 0);
  return { wer: corpusErrorRates(pairs).wer, counts: pairs.map((pair) => corpusErrorRates([pair]).words), numWords };
}

/** A 3-gram of the text that does not know `gap` of its words. */
function teach(gap: number): { languageModel: NgramModel; vocabulary: ReadonlySet<string> } {
  const words = [...new Set(splitWords(text.replaceAll("\n", " ")))].sort();
  const vocabulary = new Set(new Random("gap").shuffle(words).slice(gap));
  const estimator = new NgramEstimator({ order: 3, vocabulary });
  estimator.addText(new TextEncoder().encode(text));
  return { languageModel: modelFromEstimate(estimator.finish()), vocabulary };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function drift(numWords: number): string {
  return `${numWords} words (${percent(numWords / spoken.length - 1)})`;
}
