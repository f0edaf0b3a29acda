/**
 * The recogniser under load: throughput with and without company, an hour in one file, and memory over thousands of
 * requests.
 *
 *     node bench/recognizer/recognizer-bench.mjs [--bundle model.dsb] [--minutes 60] [--requests 3000]
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Recognizer } from "../../packages/recognizer/dist/index.js";
import { corpusErrorRates } from "../../packages/speech/dist/index.js";
import { BUNDLE, sampleUtterances, speechOf } from "../recordings.mjs";

const { values: args } = parseArgs({
  options: {
    bundle: { type: "string", default: BUNDLE },
    minutes: { type: "string", default: "60" },
    requests: { type: "string", default: "3000" },
  },
});
const megabytes = () => (process.memoryUsage().rss / 2 ** 20).toFixed(0);
const recognizer = await Recognizer.load(args.bundle, { threads: 1 });
const utterances = [...sampleUtterances("dev"), ...sampleUtterances("test")];

await throughput(1);
await throughput(16);
await manyRequests();
await longFile();
await recognizer.close();

/** All held-out utterances, so many at a time. */
async function throughput(together) {
  const waiting = [...utterances];
  let audioSeconds = 0;
  const start = performance.now();
  const client = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { durationSeconds } = await recognizer.transcribe(next.path);
      audioSeconds += durationSeconds;
    }
  };
  await Promise.all(Array.from({ length: together }, client));
  const seconds = (performance.now() - start) / 1000;
  console.log(`${together} at a time: ${(audioSeconds / seconds).toFixed(0)} times real time`);
}

async function manyRequests() {
  const readings = [];
  const total = Number(args.requests);
  for (let done = 0; done < total; done += 10) {
    if (done % (10 * Math.ceil(total / 60)) === 0) readings.push(megabytes());
    await Promise.all(utterances.slice(0, 10).map(({ path }) => recognizer.transcribe(path)));
  }
  console.log(`${total} requests: ${readings.join(", ")}, ${megabytes()} MB of resident memory`);
}

/** The sample corpus again and again, as a WAV file. */
async function longFile() {
  const { samples, text } = await speechOf(utterances, 0.5);
  const repeats = Math.ceil((Number(args.minutes) * 60 * 16_000) / samples.length);
  const folder = mkdtempSync(join(tmpdir(), "deepspeech-bench-"));
  const path = join(folder, "long.wav");
  writeLongWav(path, samples, repeats);
  let most = 0;
  const before = megabytes();
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss / 2 ** 20);
  }, 50);
  const start = performance.now();
  const { text: found, durationSeconds, segments } = await recognizer.transcribe(path);
  const seconds = (performance.now() - start) / 1000;
  clearInterval(timer);
  rmSync(folder, { recursive: true });
  const { wer } = corpusErrorRates([{ reference: `${text} `.repeat(repeats).trim(), hypothesis: found }]);
  console.log(
    `${(durationSeconds / 60).toFixed(1)} minutes in one file: ${seconds.toFixed(1)} s, ${(durationSeconds / seconds).toFixed(0)} ` +
      `times real time, ${segments.length} segments, WER ${(100 * wer).toFixed(1)}%, memory ${before} MB before, ${most.toFixed(0)} MB at most`,
  );
}

/** Piece by piece, so that the memory measured is the recogniser's. */
function writeLongWav(path, samples, repeats) {
  const data = Int16Array.from(samples, (sample) => Math.round(32_767 * sample));
  const file = openSync(path, "w");
  writeSync(file, wavHeader(data.byteLength * repeats));
  for (let i = 0; i < repeats; i++) writeSync(file, data);
  closeSync(file);
}

/** One channel of 16 bits at 16 kHz. */
function wavHeader(dataBytes) {
  const header = new DataView(new ArrayBuffer(44));
  const text = (at, value) => new Uint8Array(header.buffer).set(new TextEncoder().encode(value), at);
  text(0, "RIFF");
  header.setUint32(4, 36 + dataBytes, true);
  text(8, "WAVEfmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true);
  header.setUint16(22, 1, true);
  header.setUint32(24, 16_000, true);
  header.setUint32(28, 32_000, true);
  header.setUint16(32, 2, true);
  header.setUint16(34, 16, true);
  text(36, "data");
  header.setUint32(40, dataBytes, true);
  return header;
}
