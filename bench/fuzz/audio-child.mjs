/**
 * Decodes the damaged files of fuzz-audio.mjs, by each of the ways in which a file can come in, and tells its parent of
 * every one.
 */

import { decodeChunks } from "../../packages/recognizer/dist/audio/decode.js";
import {
  DamagedAudioError,
  decodeAudio,
  decodeWaveform,
  headerDurationSeconds,
  inMemory,
  RecognizerError,
} from "../../packages/recognizer/dist/audio/index.js";
import { mutatedFile } from "../../packages/recognizer/dist/audio/mutate.test.support.js";
import { Recognizer } from "../../packages/recognizer/dist/index.js";
import { BUNDLE } from "../recordings.mjs";
import { isLine, runCases, told } from "./cases.mjs";
import { seedFiles } from "./seed-files.mjs";

const { seed, first, end, seeds: folder } = JSON.parse(process.argv[2]);
const seeds = seedFiles(folder);
const options = { fileName: "file" };
const recognizer = await Recognizer.load(BUNDLE, { threads: 1 });

const WAYS = [
  ["transcribe", (bytes) => recognizer.transcribe(bytes, options)],
  ["decodeChunks, small pieces", (bytes) => inPieces(bytes, 700)],
  ["decodeChunks, large pieces", (bytes) => inPieces(bytes, 5000)],
  ["decodeWaveform", (bytes) => decodeWaveform(bytes, options)],
  ["decodeWaveform", (bytes) => decodeWaveform(bytes, options)],
  ["decodeAudio", async (bytes) => checkSound(await decodeAudio(bytes, options))],
  [
    "decodeAudio at 16 kHz",
    async (bytes) => checkSound(await decodeAudio(bytes, { ...options, targetSampleRate: 16_000 })),
  ],
];

await runCases({ first, end }, async (index) => {
  const { bytes } = mutatedFile(seeds, seed, index);
  const [name, decode] = WAYS[index % WAYS.length];
  const results = [await resultOf(() => decode(bytes)), await resultOf(() => duration(bytes))];
  return { outcome: `${name}: ${results[0].outcome}`, defect: results.map((result) => result.defect).find(Boolean) };
});

async function resultOf(run) {
  try {
    await run();
    return { outcome: "result" };
  } catch (error) {
    if (error instanceof RecognizerError && isLine(error.message)) return { outcome: error.code };
    if (error instanceof DamagedAudioError && isLine(error.message)) return { outcome: "damaged" };
    return { outcome: "another error", defect: told(error) };
  }
}

/** What the headers tell must be what decoding gives, where it gives anything. */
async function duration(bytes) {
  const seconds = await headerDurationSeconds(inMemory(bytes));
  if (seconds !== undefined && !(seconds >= 0 && seconds < Number.POSITIVE_INFINITY))
    throw new Error(`lasts ${seconds} s`);
  if (seconds === undefined) return;
  const { channels, sampleRate } = await decodeAudio(bytes, options);
  const decoded = channels[0].length / sampleRate;
  if (Math.abs(seconds - decoded) > 1e-4) throw new Error(`lasts ${decoded} s, and ${seconds} s by its headers`);
}

/** Channels of one length, of numbers. */
function checkSound({ channels }) {
  const lengths = new Set(channels.map(({ length }) => length));
  if (lengths.size !== 1 || lengths.has(0)) throw new Error(`channels of ${[...lengths].join(", ")} samples`);
  if (!channels.every((channel) => channel.every(Number.isFinite))) throw new Error("samples that are no numbers");
}

async function inPieces(bytes, size) {
  const starts = [0];
  for (let at = 4096; at < bytes.length; at += size) starts.push(at);
  const pieces = starts.map((start, i) => bytes.subarray(start, starts[i + 1]));
  const chunks = decodeChunks(pieces, { ...options, fileBytes: bytes.length });
  for await (const chunk of chunks) checkSound(chunk);
}
