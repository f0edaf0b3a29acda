/**
 * How fast the beam search is on one core: frames a second and multiples of real time, with and without a 4-gram, a
 * lexicon and hot words, and what it does to the error rates.
 *
 *     node --expose-gc bench/decoding/beam-search-bench.mjs [--text sentences.txt] [--sentences 200] [--beam 100] [--fps 40] [--rounds 5]
 *
 * Needs the built packages. The text, one sentence a line, is split: the last sentences are spoken, by synthetic
 * emissions, and the others teach the language model. Default: the transcripts of the sample corpus, which are too
 * few for the error rates to mean anything.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  corpusErrorRates,
  createBeamSearchDecoder,
  englishAlphabet,
  greedyDecode,
  Lexicon,
  modelFromEstimate,
  NgramEstimator,
} from "../../packages/speech/dist/index.js";
import { seededRandom, syntheticEmissions } from "./synthetic-emissions.mjs";

const { values: args } = parseArgs({
  options: {
    text: { type: "string" },
    sentences: { type: "string", default: "200" },
    beam: { type: "string", default: "100" },
    fps: { type: "string", default: "40" },
    rounds: { type: "string", default: "5" },
  },
});
const LM_WEIGHT = 0.5;
const WORD_SCORE = 1;

const sentences = readSentences();
const spoken = sentences.slice(-Number(args.sentences));
const taught = sentences.slice(0, sentences.length - spoken.length);
const random = seededRandom(7);
const utterances = spoken.map((text) => ({ text, emissions: syntheticEmissions(text, englishAlphabet, random) }));
const numFrames = utterances.reduce((sum, { emissions }) => sum + emissions.numFrames, 0);
const frameSeconds = 1 / Number(args.fps);
const languageModel = teach(taught.join("\n"));
const lexicon = new Lexicon(languageModel.words(), englishAlphabet);
const hotWords = phrasesOf(taught.join(" ").split(" "), 200);
const fused = { languageModel, lmWeight: LM_WEIGHT, wordScore: WORD_SCORE };

console.log(
  `${utterances.length} utterances, ${numFrames} frames (${(numFrames * frameSeconds).toFixed(0)} s at ${args.fps} frames/s); ` +
    `4-gram of ${taught.length} sentences, lexicon of ${lexicon.numWords} words; beam ${args.beam}`,
);
const ways = [
  { name: "greedy", decode: (emissions) => greedyDecode(emissions, englishAlphabet) },
  beamSearch("beam", {}),
  beamSearch("beam + 4-gram", fused),
  beamSearch("beam + 4-gram + 200 hot words", { ...fused, hotWords }),
  beamSearch("beam + 4-gram + lexicon", { ...fused, lexicon }),
  beamSearch("beam + 4-gram + lexicon + 200 hot words", { ...fused, lexicon, hotWords }),
];
// Round by round, so that a slow spell of the machine strikes all ways alike; the fastest round counts.
const best = ways.map(() => Number.POSITIVE_INFINITY);
for (let round = 0; round < Number(args.rounds); round++) {
  for (const [index, way] of ways.entries())
    best[index] = Math.min(
      best[index],
      cpuMilliseconds(() => decodeAll(way)),
    );
}
for (const [index, way] of ways.entries()) console.log(line(way, best[index]));
console.log(`making 200 hot words ready: ${readyingMilliseconds().toFixed(2)} ms a request`);
console.log(hourInOnePiece());

function teach(text) {
  const estimator = new NgramEstimator({ order: 4 });
  estimator.addText(new TextEncoder().encode(text));
  return modelFromEstimate(estimator.finish());
}

/** One decoder for all utterances: 200 phrases are made ready once, which takes about 0.7 ms, told apart below. */
function beamSearch(name, options) {
  const decoder = createBeamSearchDecoder(englishAlphabet, {
    ...{ frameSeconds, beamSize: Number(args.beam) },
    ...options,
  });
  const decode = (emissions) => {
    decoder.begin();
    decoder.step(emissions);
    return decoder.end();
  };
  return { name, decode };
}

/** What a request pays for hot words of its own. */
function readyingMilliseconds() {
  const rounds = 200;
  const options = { frameSeconds, ...fused };
  const make = (words) => () => {
    for (let i = 0; i < rounds; i++) createBeamSearchDecoder(englishAlphabet, { ...options, ...words });
  };
  return (cpuMilliseconds(make({ hotWords })) - cpuMilliseconds(make({}))) / rounds;
}

function decodeAll({ decode }) {
  return utterances.map(({ text, emissions }) => ({ reference: text, hypothesis: decode(emissions).text }));
}

/** Processor time, which neighbours on the machine do not count towards. */
function cpuMilliseconds(run) {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function line(way, milliseconds) {
  const { wer, cer } = corpusErrorRates(decodeAll(way));
  const columns = [
    way.name.padEnd(40),
    `${((1000 * milliseconds) / numFrames).toFixed(1).padStart(6)} µs/frame`,
    `${((1000 * numFrames) / milliseconds).toFixed(0).padStart(8)} frames/s`,
    `${((1000 * numFrames * frameSeconds) / milliseconds).toFixed(0).padStart(6)}× real time`,
    `CER ${(100 * cer).toFixed(1)}%`,
    `WER ${(100 * wer).toFixed(1)}%`,
  ];
  return columns.join("  ");
}

/** Memory after one minute and after one hour of an utterance that does not end. */
function hourInOnePiece() {
  const decoder = createBeamSearchDecoder(englishAlphabet, {
    ...{ frameSeconds, beamSize: Number(args.beam) },
    ...{ ...fused, hotWords },
  });
  decoder.begin();
  const megabytes = [];
  let seconds = 0;
  for (let index = 0; seconds < 3600; index = (index + 1) % utterances.length) {
    const { emissions } = utterances[index];
    decoder.step(emissions);
    seconds += emissions.numFrames * frameSeconds;
    if (megabytes.length === 0 && seconds >= 60) megabytes.push(memoryInUse());
  }
  megabytes.push(memoryInUse());
  const numWords = decoder.end().words.length;
  return `one hour in one piece, ${numWords} words: ${megabytes.map((value) => value.toFixed(1)).join(" MB after a minute, ")} MB at the end`;
}

function memoryInUse() {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

function readSentences() {
  const lines = args.text === undefined ? sampleTranscripts() : readFileSync(args.text, "utf8").split("\n");
  return lines.filter((line) => /^[a-z' ]+$/.test(line));
}

function sampleTranscripts() {
  const corpus = fileURLToPath(new URL("../../sample-corpus/", import.meta.url));
  const files = readdirSync(corpus, { recursive: true }).filter((name) => name.endsWith(".trans.txt"));
  const lines = files.flatMap((name) => readFileSync(join(corpus, name), "utf8").split("\n"));
  return lines.map((line) => line.slice(line.indexOf(" ") + 1).toLowerCase());
}

/** `count` phrases of one to three words that occur in a text, each with a long word: what hot words are for. */
function phrasesOf(words, count) {
  const phrases = [];
  while (phrases.length < count) {
    const at = Math.floor(random() * (words.length - 3));
    const phrase = words.slice(at, at + 1 + Math.floor(random() * 3));
    if (phrase.some((word) => word.length >= 7)) phrases.push({ phrase: phrase.join(" "), weight: 3 });
  }
  return phrases;
}
