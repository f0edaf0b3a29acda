import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { corpusErrorRates, type Emissions, greedyDecode, openBundle } from "@deepspeech-ts/speech";
import { joinArrays } from "../audio/join-arrays.js";
import type { DetectorSound } from "../core/detector-runs.js";
import { type HeardSegment, LongAudio } from "../core/long-audio.js";
import type { Platform } from "../core/platform.js";
import type { Segment } from "../core/transcription.js";
import { BUNDLE, samplesOf, sampleUtterances, speechWithGaps } from "../fixtures.test.support.js";
import { startNodePlatform } from "./node-platform.js";
import { Recognizer } from "./recognizer.js";

/** Of the training set: the model knows them well enough for its errors to tell of cutting and joining. */
const utterances = sampleUtterances("train").slice(0, 150);
const { header } = openBundle(await readFile(BUNDLE));
let platform: Platform;
let recognizer: Recognizer;

before(async () => {
  platform = await startNodePlatform(openBundle(await readFile(BUNDLE)), { workers: 1, threads: 1 });
  recognizer = await Recognizer.load(BUNDLE, { threads: 1 });
});

after(async () => {
  await recognizer.close();
  await platform.close();
});

const wer = (reference: string, hypothesis: string): number => corpusErrorRates([{ reference, hypothesis }]).wer;

/** Greedy, without cutting or joining anything. */
async function inOnePiece(samples: Float32Array<ArrayBuffer>): Promise<string> {
  const [emissions] = await platform.infer([samples]);
  return greedyDecode(emissions!, header.alphabet).text;
}

async function joined(samples: Float32Array<ArrayBuffer>): Promise<string> {
  const found: Promise<{ emissions: Emissions }>[] = [];
  const infer = async (window: Float32Array<ArrayBuffer>) => (await platform.infer([window]))[0]!;
  const engine = { infer, detect: async (sound: DetectorSound) => (await platform.detectSpeech([sound]))[0]! };
  const audio = new LongAudio(header, engine, (segment) => found.push(segment));
  for (let at = 0; at < samples.length; at += 100_000) await audio.push(samples.slice(at, at + 100_000));
  await audio.end();
  const segments = await Promise.all(found);
  return segments.map(({ emissions }) => greedyDecode(emissions, header.alphabet).text).join(" ");
}

for (const gapSeconds of [0, 0.5]) {
  test(`three minutes with pauses of ${gapSeconds} s lose no more words than in one piece`, async () => {
    const { samples, text } = await speechWithGaps(utterances, gapSeconds);
    assert.ok(samples.length > 180 * 16_000);
    const [whole, parts] = [wer(text, await inOnePiece(samples)), wer(text, await joined(samples))];
    assert.ok(parts <= whole + 0.01 && parts <= 1.03 * whole, `in one piece ${whole}, joined ${parts}`);
  });
}

test("windows of a segment without a pause join to what one piece gives", async () => {
  // One utterance again and again, too close for a pause: every repetition has the same text.
  const samples = await samplesOf(utterances[0]!.path);
  const row = joinArrays(Array.from({ length: Math.ceil((70 * 16_000) / samples.length) }, () => samples));
  const repetitions = (text: string) => text.split(" ").length;
  const [whole, parts] = [await inOnePiece(row), await joined(row)];
  assert.ok(Math.abs(repetitions(whole) - repetitions(parts)) <= 2, `${repetitions(whole)} and ${repetitions(parts)}`);
  assert.ok(wer(whole, parts) < 0.08, `${wer(whole, parts)} of the words differ`);
});

test("segments come in order and as they are done, with times that hold", async () => {
  const { samples, text } = await speechWithGaps(utterances.slice(0, 12), 2);
  const told: Segment[] = [];
  const result = await recognizer.transcribe(samples, { wordTimes: true, onSegment: (segment) => told.push(segment) });
  assert.deepEqual(told, result.segments);
  assert.equal(result.segments.length, 12);
  assert.equal(result.text, result.segments.map((segment) => segment.text).join(" "));
  assert.ok(wer(text, result.text) < 0.6);
  let last = 0;
  for (const { startSeconds, endSeconds, timedWords = [] } of result.segments) {
    assert.ok(startSeconds >= last && endSeconds > startSeconds);
    for (const word of timedWords) {
      assert.ok(word.startSeconds >= startSeconds - 0.05 && word.endSeconds <= endSeconds + 0.1);
    }
    last = endSeconds;
  }
});

test("what the model says of each segment is handed out, and is what greedy decoding reads", async () => {
  const { samples } = await speechWithGaps(utterances.slice(0, 4), 2);
  const heard: HeardSegment[] = [];
  const { segments } = await recognizer.transcribe(samples, {
    decoding: "greedy",
    onEmissions: (segment) => heard.push(segment),
  });
  assert.equal(segments.length, 4);
  heard.sort((a, b) => a.startSeconds - b.startSeconds);
  const read = heard.map(({ startSeconds, endSeconds, emissions }) => {
    const { text } = greedyDecode(emissions, recognizer.header.alphabet);
    return { startSeconds, endSeconds, text };
  });
  assert.deepEqual(
    read.filter(({ text }) => text !== ""),
    segments.map(({ startSeconds, endSeconds, text }) => ({ startSeconds, endSeconds, text })),
  );
});

test("an error of the caller's own ends the recording at once", async () => {
  const { samples } = await speechWithGaps(utterances.slice(0, 60), 2);
  for (const name of ["onSegment", "onEmissions"] as const) {
    let numHeard = 0;
    const options = {
      onEmissions: () => {
        numHeard += 1;
      },
      [name]: () => {
        numHeard += 1;
        throw new Error("not mine");
      },
    };
    await assert.rejects(recognizer.transcribe(samples, options), { message: "not mine" });
    assert.ok(numHeard < 30, `${numHeard} of 60 segments were heard`);
  }
});

test("waveforms of a batch get the log-probabilities that each gets alone", async () => {
  const waveforms = await Promise.all(utterances.slice(0, 6).map(({ path }) => samplesOf(path)));
  const together = await platform.infer(waveforms);
  for (const [i, waveform] of waveforms.entries()) {
    const [alone] = await platform.infer([waveform]);
    assert.equal(together[i]!.numFrames, alone!.numFrames);
    const differences = alone!.logProbs.map((value, at) => Math.abs(value - together[i]!.logProbs[at]!));
    assert.ok(Math.max(...differences) < 1e-4, `utterance ${i}: ${Math.max(...differences)}`);
  }
});

/** Of this process and of the model's, where the system tells it. */
function residentMegabytes(): number {
  const pids = [process.pid, ...childrenOf(process.pid)];
  const statuses = pids.map((pid) => readFileSync(`/proc/${pid}/status`, "utf8"));
  return statuses.reduce((sum, status) => sum + Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024, 0);
}

function childrenOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
  );
}

test("memory does not grow with the number of requests", { skip: process.platform !== "linux" }, async () => {
  const samples = await samplesOf(utterances[0]!.path);
  const round = async (count: number) => {
    for (let i = 0; i < count; i++) await Promise.all([recognizer.transcribe(samples), recognizer.transcribe(samples)]);
    return residentMegabytes();
  };
  await round(50);
  const before = await round(50);
  const after = await round(150);
  assert.ok(after - before < 40, `${before.toFixed(0)} MB after 100 rounds, ${after.toFixed(0)} MB after 250`);
});
