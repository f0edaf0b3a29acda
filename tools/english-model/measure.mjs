/** What a bundle hears of the development recordings, through the recogniser: detector, windows and search included. */
import { cpus } from "node:os";
import { dirname, resolve } from "node:path";
import { Recognizer } from "@deepspeech-ts/recognizer";
import {
  beamSearchDecode,
  bootstrapInterval,
  corpusErrorRates,
  encodeBundle,
  NgramModel,
  openBundle,
  PronouncedModel,
  scoreUtterance,
  withoutUndefined,
} from "@deepspeech-ts/speech";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { groupBy, linesOf } from "./files.mjs";

/** @typedef {import("@deepspeech-ts/speech").DecodingSettings} DecodingSettings */
/** @typedef {{ reference: string, hypothesis: string, source: string }} Heard */

/**
 * @typedef {object} Rates
 * @property {number} wer
 * @property {number} cer
 * @property {[number, number]} werInterval of 95%, by bootstrap over utterances
 */

/** @typedef {{ source: string, utterances: number, words: number, rates: Rates }} SourceRates */

const GREEDY = { hotWords: [], hotWordWeight: 4 };
const JOBS = 4;
const SPOKEN_SECONDS = 10;
const REPEATS = 10;

/**
 * The bundle with other decoding in it, in memory.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {{ languageModel?: import("@deepspeech-ts/speech").SectionContent, decoding?: DecodingSettings }} [options] default:
 * greedy, without one
 */
export async function withDecoding(bytes, { languageModel = {}, decoding = GREEDY } = {}) {
  const { header, section } = openBundle(bytes);
  const { format: _format, version: _version, sections: _sections, ...description } = header;
  const graph = /** @type {Uint8Array<ArrayBuffer>} */ (section("model.onnx"));
  const sections = { "model.onnx": graph, ...languageModel };
  return new Uint8Array(Buffer.concat(await encodeBundle({ ...description, decoding }, sections)));
}

/**
 * @param {Uint8Array<ArrayBuffer>} bundle
 * @param {string} manifest
 * @returns {Promise<Heard[]>}
 */
export async function hear(bundle, manifest) {
  const entries = linesOf(manifest).map((line) => JSON.parse(line));
  const recognizer = await Recognizer.load(bundle, { threads: 1 });
  /** @type {Heard[]} */
  const heard = [];
  try {
    for (let i = 0; i < entries.length; i += JOBS) {
      const requests = entries.slice(i, i + JOBS).map(async ({ audio_filepath: path, text, source }) => {
        const { text: hypothesis } = await recognizer.transcribe(resolve(dirname(manifest), path));
        return { reference: text, hypothesis, source };
      });
      heard.push(...(await Promise.all(requests)));
    }
  } finally {
    await recognizer.close();
  }
  return heard;
}

/**
 * @param {readonly Heard[]} heard
 * @returns {SourceRates[]}
 */
export function ratesBySource(heard) {
  return [...groupBy(heard, ({ source }) => source)].map(([source, own]) => ({
    source,
    utterances: own.length,
    words: corpusErrorRates(own).words.referenceLength,
    rates: ratesOf(own),
  }));
}

/**
 * @param {readonly Heard[]} heard
 * @returns {Rates}
 */
export function ratesOf(heard) {
  const { wer, cer } = corpusErrorRates(heard);
  const counts = heard.map(({ reference, hypothesis }) => scoreUtterance(reference, hypothesis).words);
  const { low, high } = bootstrapInterval(counts);
  return { wer, cer, werInterval: [low, high] };
}

/**
 * Processor time that ten seconds of speech take on one core: the least of several runs.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {Float32Array} speech at the model's rate, of that length
 */
export async function measureSpeed(bytes, speech) {
  const { header, section } = openBundle(bytes);
  const graph = /** @type {Uint8Array} */ (section("model.onnx"));
  const session = await InferenceSession.create(graph, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const feeds = {
    waveforms: new Tensor("float32", speech, [1, speech.length]),
    lengths: new Tensor("int64", BigInt64Array.of(BigInt(speech.length)), [1]),
  };
  const { log_probs: logProbs } = await session.run(feeds);
  const [, numFrames = 0, numTokens = 0] = logProbs?.dims ?? [];
  const emissions = { logProbs: /** @type {Float32Array} */ (logProbs?.data), numFrames, numTokens };
  const words = NgramModel.fromBuffer(
    Uint8Array.from(/** @type {Uint8Array} */ (section("language-model.bin"))).buffer,
  );
  const lines = section("pronunciations.txt");
  const languageModel = lines ? new PronouncedModel(words, new TextDecoder().decode(lines)) : words;
  const { beamSize, lmWeight, wordScore, unknownWordScore } = header.decoding;
  const search = withoutUndefined({ languageModel, beamSize, lmWeight, wordScore, unknownWordScore });
  const { frameSeconds, alphabet } = header;
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    spokenSeconds: SPOKEN_SECONDS,
    modelMilliseconds: await leastProcessorTime(() => session.run(feeds)),
    searchMilliseconds: await leastProcessorTime(() =>
      beamSearchDecode(emissions, alphabet, { ...search, frameSeconds }),
    ),
  };
}

/** @param {string} path samples of one channel, of which the first ten seconds count */
export async function firstSeconds(path) {
  const { loadWaveform } = await import("@deepspeech-ts/toolkit/data");
  const { samples, sampleRate } = await loadWaveform(path);
  return samples.slice(0, SPOKEN_SECONDS * sampleRate);
}

/** @param {() => unknown} work */
async function leastProcessorTime(work) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPEATS; i++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
