import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { TimedWord } from "@deepspeech-ts/speech";
import { loadWaveform } from "../audio/waveform.js";
import { temporaryFolder, utterance, wav, writeFiles } from "../fixtures.test.support.js";
import { loadUtterances } from "../manifest.js";
import { Random } from "../random.js";
import type { Utterance } from "../types.js";
import { groupsOfSpeakers } from "./groups-of-speakers.js";
import { joinPieces } from "./join-pieces.js";
import { type CuttableUtterance, planSplices } from "./plan-splices.js";
import { spliceCorpus } from "./splice-corpus.js";

/** Ten words of half a second each; a pause before the last but one. */
function tenWords(name: string): CuttableUtterance {
  const words = Array.from({ length: 10 }, (_, i) => `${name}${i}`);
  const pauses = [Number.POSITIVE_INFINITY, 0, 0, 0, 0, 0, 0, 0, 0.3, 0, Number.POSITIVE_INFINITY];
  return { words, cuts: Array.from({ length: 11 }, (_, i) => i * 50), pauses };
}

test("splices are of pieces of two to six words, of all utterances, as long together as was asked for", () => {
  const utterances = ["a", "b", "c"].map(tenWords);
  const plan = (seed: number) => planSplices(utterances, { seconds: 2000, sampleRate: 100, random: new Random(seed) });
  const splices = plan(1);
  assert.deepEqual(splices, plan(1));
  assert.notDeepEqual(splices, plan(2));
  const pieces = splices.flat();
  const secondsOf = (some: typeof pieces) => some.reduce((sum, { first, end }) => sum + (end - first) / 2, 0);
  assert.ok(Math.abs(secondsOf(pieces) - 2000) < 16);
  for (const splice of splices) assert.ok(secondsOf(splice) >= 4 && secondsOf(splice) <= 13, `${secondsOf(splice)} s`);
  for (const { first, end } of pieces) {
    assert.ok(first >= 0 && end <= 10 && (end - first >= 2 || end === 10) && end - first <= 6);
  }
  for (const own of utterances) {
    const share = pieces.filter(({ utterance }) => utterance === own).length / pieces.length;
    assert.ok(share > 0.25 && share < 0.42, `${share}`);
  }
  // A pause that can be reached is an end more often than chance would have it, which is once in five.
  const reaching = pieces.filter(({ first }) => first === 2 || first === 3);
  const atPause = reaching.filter(({ end }) => end === 8);
  assert.ok(atPause.length / reaching.length > 0.4);
});

test("what cannot be cut into pieces that last is left out, and does not hold the others up", () => {
  const hurried = { words: ["a", "b"], cuts: [0, 1, 2], pauses: [9, 0, 9] };
  const options = { seconds: 20, sampleRate: 100, random: new Random(1) };
  assert.deepEqual(planSplices([hurried], options), []);
  assert.deepEqual(planSplices([], options), []);
  const slow = tenWords("s");
  const pieces = planSplices([hurried, slow], options).flat();
  assert.ok(pieces.length > 0 && pieces.every(({ utterance }) => utterance === slow));
  // Between words alone there is enough.
  const mixed = { words: ["a", "b", "c"], cuts: [0, 1, 2, 90], pauses: [9, 0, 0, 9] };
  for (const { end } of planSplices([mixed], options).flat()) assert.equal(end, 3);
});

test("no splice is longer than 13 s, whatever pauses a reader makes", () => {
  // Of a second each, but for one after which nothing is said for twenty, and one for eleven.
  const cuts = [0, 1, 22, 23, 24, 36, 37, 38, 39].map((seconds) => 100 * seconds);
  const words = Array.from({ length: 8 }, (_, i) => `w${i}`);
  const halting = { words, cuts, pauses: [9, 0, 20, 0, 0, 11, 0, 0, 9] };
  const endless = { words: ["o", "p"], cuts: [0, 1500, 3000], pauses: [9, 0, 9] };
  const options = { seconds: 500, sampleRate: 100, random: new Random(1) };
  const splices = planSplices([halting, endless], options);
  const secondsOf = (splice: (typeof splices)[number]) =>
    splice.reduce((sum, { utterance, first, end }) => sum + (utterance.cuts[end]! - utterance.cuts[first]!) / 100, 0);
  assert.ok(splices.every((splice) => splice.length > 0 && secondsOf(splice) <= 13));
  const said = new Set(splices.flat().flatMap(({ utterance, first, end }) => utterance.words.slice(first, end)));
  assert.deepEqual([...said].sort(), ["w2", "w3", "w4", "w5", "w6", "w7"]);
});

test("pieces are joined without a step, and lose nothing but what they overlap", () => {
  const pieces = [new Float32Array(1000).fill(0.5), new Float32Array(320).fill(0.5), new Float32Array(400).fill(0.5)];
  const joined = joinPieces(pieces, 16_000);
  assert.equal(joined.length, 1720 - 160 - 160);
  for (const [i, value] of joined.subarray(0, -160).entries()) {
    const expected = 0.5 * Math.min(1, (i + 1) / 161);
    assert.ok(Math.abs(value - expected) < 1e-6, `sample ${i} is ${value}`);
  }
  assert.ok(Math.abs(joined.at(-1)!) < 0.01);
  assert.equal(joinPieces([], 16_000).length, 0);
});

test("a speaker's utterances stay together, those of rare speakers are one group, and hours are dealt out", () => {
  const speak = (speaker: string, count: number, durationSeconds: number) =>
    Array.from({ length: count }, (_, i) => utterance(`${speaker}${i}`, { speaker, durationSeconds }));
  const all = [...speak("ada", 9, 10), ...speak("bob", 3, 10), ...speak("eve", 5, 10), ...speak("max", 250, 15)];
  const groups = groupsOfSpeakers(all, new Random(1));
  const speakers = groups.map((group) => [...new Set(group.map(({ speaker }) => speaker))].sort().join());
  assert.deepEqual(speakers, ["ada", "max", "max", "max", "bob,eve"]);
  assert.deepEqual(
    groups.map(({ length }) => length),
    [9, 84, 83, 83, 8],
  );
  assert.deepEqual(new Set(groups.flat()), new Set(all));
  assert.deepEqual(groupsOfSpeakers([], new Random(1)), []);
});

test("what is too little for a group of its own is with another, and groups last about as long as each other", () => {
  const speak = (speaker: string, durations: number[]) =>
    durations.map((durationSeconds, i) => utterance(`${speaker}${i}`, { speaker, durationSeconds }));
  const few = speak("bob", [1, 1]);
  const many = [speak("ada", Array<number>(9).fill(10)), speak("max", Array<number>(20).fill(10))] as const;
  const speakers = groupsOfSpeakers([...few, ...many.flat()], new Random(1)).map((group) =>
    [...new Set(group.map(({ speaker }) => speaker))].sort().join(),
  );
  assert.deepEqual(speakers, ["ada,bob", "max"]);
  assert.deepEqual(
    groupsOfSpeakers(few, new Random(1)).map((group) => group.length),
    [2],
    "where there is no other",
  );
  // An hour and a half, most of it in a few long ones.
  const uneven = speak("eve", [900, 900, 900, 900, ...Array<number>(180).fill(10)]);
  const seconds = groupsOfSpeakers(uneven, new Random(1)).map((group) =>
    group.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0),
  );
  assert.equal(seconds.length, 3);
  assert.ok(
    seconds.every((each) => each >= 1000 && each <= 2700),
    `${seconds}`,
  );
});

/** A second each, of the value that the word names. */
async function corpusOfNumbers(folder: string): Promise<Utterance[]> {
  const levels = [1, 2, 3, 4, 5, 6, 7, 8];
  const sounds = levels.map((first) => [first, first + 10, first + 20]);
  const utterances = sounds.map((words) =>
    utterance(`u${words[0]}`, {
      audioPath: join(folder, `u${words[0]}.wav`),
      durationSeconds: 3,
      text: words.join(" "),
      speaker: "ada",
    }),
  );
  for (const [i, words] of sounds.entries()) {
    const samples = Float32Array.from({ length: 48_000 }, (_, k) => words[Math.floor(k / 16_000)]! / 100);
    await writeFiles(folder, { [`u${levels[i]}.wav`]: wav(samples) });
  }
  return utterances;
}

/** The words' seconds, one after the other, with a tenth of silence between them, of which each has half. */
async function atTheirSeconds(_: Float32Array, { text }: Utterance): Promise<TimedWord[]> {
  return text.split(" ").map((word, i) => {
    const [startSeconds, endSeconds] = [i + 0.05, i + 0.95];
    return { word, startSeconds, endSeconds, confidence: 1, characters: [] };
  });
}

test("each word of a splice's text is heard in its sound", async (t) => {
  const folder = await temporaryFolder(t);
  const corpus = await corpusOfNumbers(folder);
  const to = join(folder, "spliced");
  const { utterances, leftOut } = await spliceCorpus(corpus, { folder: to, findWords: atTheirSeconds, times: 4 });
  assert.deepEqual(leftOut, []);
  assert.deepEqual((await loadUtterances(to)).utterances, utterances);
  const seconds = utterances.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  assert.ok(Math.abs(seconds - 4 * 24) < 16, `${seconds}`);
  const texts = new Set(corpus.map(({ text }) => text));
  for (const { audioPath, text, speaker, durationSeconds } of utterances) {
    const words = text.split(" ").map(Number);
    const { samples } = await loadWaveform(audioPath);
    assert.equal(samples.length, durationSeconds * 16_000);
    assert.equal(speaker, "ada");
    assert.ok(!texts.has(text));
    // Each is a second long, but for 10 ms where pieces overlap.
    for (const [i, word] of words.entries()) {
      const middle = samples[Math.round(((i + 0.5) * samples.length) / words.length)]!;
      assert.ok(Math.abs(middle - word / 100) < 1e-3, `word ${i} of "${text}" sounds like ${100 * middle}`);
    }
  }
});

test("silence at a recording's ends is no part of a splice", async (t) => {
  const folder = await temporaryFolder(t);
  const audioPath = join(folder, "late.wav");
  // Twenty seconds of nothing, four words of a second, and twenty of nothing.
  const isSpoken = (k: number) => k >= 20 * 16_000 && k < 24 * 16_000;
  await writeFiles(folder, { "late.wav": wav(Float32Array.from({ length: 44 * 16_000 }, (_, k) => +isSpoken(k) / 2)) });
  const corpus = [utterance("late", { audioPath, durationSeconds: 44, text: "a b c d" })];
  const findWords = async () =>
    ["a", "b", "c", "d"].map((word, i) => {
      return { word, startSeconds: 20 + i, endSeconds: 21 + i, confidence: 1, characters: [] };
    });
  const { utterances } = await spliceCorpus(corpus, { folder: join(folder, "spliced"), findWords, times: 4 });
  for (const { audioPath: path, text } of utterances) {
    const { samples } = await loadWaveform(path);
    const silent = samples.reduce((sum, value) => sum + Number(Math.abs(value) < 0.01), 0) / 16_000;
    assert.ok(silent < 0.31 * text.split(" ").length, `${silent} s of silence in "${text}"`);
  }
  const seconds = utterances.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  assert.ok(seconds > 4 * 4 && seconds < 4 * 4.6 + 13, `${seconds}`);
});

test("what cannot be read or aligned is left out and named; where nothing is left, no folder is", async (t) => {
  const folder = await temporaryFolder(t);
  const corpus = await corpusOfNumbers(folder);
  const gone = utterance("gone", { audioPath: join(folder, "gone.wav"), speaker: "ada" });
  const to = join(folder, "spliced");
  const findWords = async (samples: Float32Array, each: Utterance) =>
    each.id === "u3" ? "u3.wav: mumbled" : each.id === "u4" ? [] : atTheirSeconds(samples, each);
  const { utterances, leftOut } = await spliceCorpus([gone, ...corpus], { folder: to, findWords });
  assert.deepEqual(
    leftOut.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    [
      { id: "gone", reason: `${folder}/gone.wav: no such file; check the path.` },
      { id: "u3", reason: "u3.wav: mumbled" },
      { id: "u4", reason: "has no words" },
    ],
  );
  assert.doesNotMatch(utterances.map(({ text }) => text).join(" "), /\b[12]?[34]\b/);
  const none = { folder: join(folder, "none"), findWords: async () => "silence" };
  await assert.rejects(spliceCorpus(corpus, none), {
    message: /none: nothing could be spliced; the first: silence\.?$/,
  });
  const stopped = { ...none, signal: AbortSignal.abort(new Error("stopped")) };
  await assert.rejects(spliceCorpus(corpus, stopped), { message: "stopped" });
  await assert.rejects(spliceCorpus(corpus, { folder, findWords }), /exists already/);
  assert.ok(!(await readdir(folder)).includes("none"));
});
