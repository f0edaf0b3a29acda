/** The recogniser under load: throughput with and without company, memory over thousands of requests, an hour in one file. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pcm16, wavHeader } from "../../packages/recognizer/dist/audio/index.js";
import { corpusErrorRates } from "../../packages/speech/dist/index.js";
import { treeUsage } from "../process-tree.mjs";
import { sampleUtterances, speechOf } from "../recordings.mjs";
import { row } from "./speed.mjs";
import { withRecognizer } from "./with-recognizer.mjs";

const utterances = [...sampleUtterances("dev"), ...sampleUtterances("test")];
const residentMegabytes = () => treeUsage().residentMegabytes;

export async function* load({ bundle, requests }) {
  yield* await withRecognizer(bundle, async (recognizer) => [
    await throughput(recognizer, 1),
    await throughput(recognizer, 16),
    await manyRequests(recognizer, requests),
  ]);
}

/** All held-out utterances, so many at a time. */
async function throughput(recognizer, together) {
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
  return row(`quickstart's model, ${together} at a time`, audioSeconds / seconds, null, "× real time");
}

async function manyRequests(recognizer, total) {
  const readings = [];
  for (let done = 0; done < total; done += 10) {
    if (done % (10 * Math.ceil(total / 60)) === 0) readings.push(residentMegabytes());
    await Promise.all(utterances.slice(0, 10).map(({ path }) => recognizer.transcribe(path)));
  }
  readings.push(residentMegabytes());
  const settings = readings.map((megabytes) => megabytes.toFixed(0)).join(", ");
  return { ...row(`memory after ${total} requests`, readings.at(-1), null, "MB"), settings };
}

/** The sample corpus again and again, as a WAV file. */
export async function* longFile({ bundle, minutes }) {
  const { samples, text } = await speechOf(utterances, 0.5);
  const repeats = Math.ceil((minutes * 60 * 16_000) / samples.length);
  const folder = mkdtempSync(join(tmpdir(), "deepspeech-bench-"));
  const path = join(folder, "long.wav");
  writeLongWav(path, samples, repeats);
  const { seconds, before, most, result } = await withRecognizer(bundle, (recognizer) => timed(recognizer, path));
  rmSync(folder, { recursive: true });
  const { text: found, durationSeconds, segments } = result;
  const { wer } = corpusErrorRates([{ reference: `${text} `.repeat(repeats).trim(), hypothesis: found }]);
  const name = `${(durationSeconds / 60).toFixed(1)} minutes in one file`;
  const settings = `${seconds.toFixed(1)} s, ${segments.length} segments, WER ${(100 * wer).toFixed(1)}%`;
  yield { ...row(name, durationSeconds / seconds, null, "× real time"), settings };
  yield { ...row(`${name}: memory`, most, null, "MB"), settings: `${before.toFixed(0)} MB before` };
}

async function timed(recognizer, path) {
  const before = residentMegabytes();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, residentMegabytes());
  }, 50);
  const start = performance.now();
  const result = await recognizer.transcribe(path);
  clearInterval(timer);
  return { seconds: (performance.now() - start) / 1000, before, most, result };
}

/** Piece by piece, so that the memory measured is the recogniser's. */
function writeLongWav(path, samples, repeats) {
  const data = pcm16(samples);
  const file = openSync(path, "w");
  writeSync(
    file,
    wavHeader({ encoding: 1, numChannels: 1, sampleRate: 16_000, sampleBits: 16 }, data.length * repeats),
  );
  for (let i = 0; i < repeats; i++) writeSync(file, data);
  closeSync(file);
}
