/** No cue, word or segment ends after its recording, in any format: recordings that are cut within a word show it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadWaveform } from "@deepspeech-ts/toolkit/internal/data/audio/waveform.js";
import {
  audioFixture,
  temporaryFolder,
  wav,
  writeFiles,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { babblingCheckpoint } from "@deepspeech-ts/toolkit/internal/evaluation/evaluation.test.support.js";
import { BUNDLE, deepspeech } from "./command.test.support.js";

/** Samples at 16 kHz, none of them a whole number of frames or milliseconds. */
const LENGTHS = [8_007, 11_213, 13_491, 15_003];

/** Ends in seconds, by format, as its readers take them. */
const ENDS: Record<string, (content: string) => number[]> = {
  json: (content) => endsIn(JSON.parse(content)),
  srt: (content) => subtitleEnds(content, ","),
  vtt: (content) => subtitleEnds(content, "."),
  ctm: (content) => rows(content, " ").map(([, , start, duration]) => Number(start) + Number(duration)),
  tsv: (content) =>
    rows(content, "\t")
      .slice(1)
      .map(([, end]) => Number(end)),
};

/** Whatever is called an end, at any depth. */
function endsIn(value: unknown): number[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (/^end/.test(key) ? [Number(inner)] : endsIn(inner)));
}

function rows(content: string, separator: string): string[][] {
  return content
    .trimEnd()
    .split("\n")
    .map((line) => line.split(separator));
}

function subtitleEnds(content: string, point: string): number[] {
  return [...content.matchAll(/--> (.*)$/gm)].map(([, end = ""]) =>
    end
      .replace(point, ".")
      .split(":")
      .reduce((seconds, part) => 60 * seconds + Number(part), 0),
  );
}

async function cutRecordings(t: TestContext): Promise<{ folder: string; durations: Map<string, number> }> {
  const folder = await temporaryFolder(t);
  const { samples } = await loadWaveform(audioFixture("speech-16k.flac"));
  const durations = new Map<string, number>();
  for (const length of LENGTHS) {
    const path = join(folder, `${length}.wav`);
    await writeFiles(folder, { [basename(path)]: wav(samples.slice(0, length)) });
    durations.set(path, length / 16_000);
  }
  return { folder, durations };
}

/** To the millisecond, in which formats tell times. */
function assertWithin(ends: readonly number[], duration: number, what: string): void {
  assert.ok(ends.length > 0, `${what} tells no end`);
  assert.ok(Math.max(...ends) <= Math.round(1000 * duration) / 1000 + 1e-9, `${what}: ${ends} in ${duration} s`);
}

async function assertTranscribedWithin(t: TestContext, modelIn: (folder: string) => string): Promise<void> {
  const { folder, durations } = await cutRecordings(t);
  const formats = Object.keys(ENDS);
  const words = ["--threads", "1", "--format", formats.join(","), "--output", join(folder, "out")];
  const { status, stderr } = deepspeech("transcribe", modelIn(folder), ...durations.keys(), ...words);
  assert.deepEqual([status, stderr], [0, ""]);
  for (const [path, duration] of durations) {
    for (const format of formats) {
      const content = readFileSync(join(folder, "out", `${basename(path, ".wav")}.${format}`), "utf8");
      assertWithin(ENDS[format]!(content), duration, `${path} ${format}`);
    }
  }
}

test("what a bundle hears", (t) => assertTranscribedWithin(t, () => BUNDLE));

// It writes letters at every frame, the last among them.
test("what a checkpoint hears", (t) => assertTranscribedWithin(t, babblingCheckpoint));

test("what is aligned", async (t) => {
  const { durations } = await cutRecordings(t);
  for (const [path, duration] of durations) {
    for (const format of Object.keys(ENDS)) {
      const words = ["--text", "activated", "--threads", "1", "--format", format];
      const { status, stdout, stderr } = deepspeech("align", BUNDLE, path, ...words);
      assert.deepEqual([status, stderr], [0, ""]);
      assertWithin(ENDS[format]!(stdout), duration, `${path} ${format}`);
    }
  }
});
