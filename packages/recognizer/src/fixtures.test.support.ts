/** Sound for tests: fixtures, the sample corpus with its transcripts, and folders that vanish with the test. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { joinArrays } from "./audio/join-arrays.js";
import { decodeWaveform } from "./audio/waveform.js";

const root = new URL("../../../", import.meta.url);

export function audioFixture(name: string): string {
  return fileURLToPath(new URL(`test/fixtures/audio/${name}`, root));
}

export function bytesOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return readFile(audioFixture(name));
}

export async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deepspeech-recognizer-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface SampleUtterance {
  readonly path: string;
  readonly text: string;
}

/** Utterances of a subset of the sample corpus, in the order of their names. */
export function sampleUtterances(subset: "train" | "dev" | "test"): SampleUtterance[] {
  const folder = fileURLToPath(new URL(`sample-corpus/${subset}`, root));
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return names.filter((name) => name.endsWith(".trans.txt")).flatMap((name) => transcripts(join(folder, name)));
}

function transcripts(path: string): SampleUtterance[] {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => {
    const space = line.indexOf(" ");
    return { path: join(path, "..", `${line.slice(0, space)}.opus`), text: line.slice(space + 1).toLowerCase() };
  });
}

export async function samplesOf(path: string): Promise<Float32Array<ArrayBuffer>> {
  return (await decodeWaveform(await readFile(path), { fileName: path })).samples;
}

/** Pearson's correlation of two waveforms at the same times. */
export function correlation(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

/** A small model of one voice, with a language model: see test/fixtures/bundles/README.md. */
export const BUNDLE = fileURLToPath(new URL("test/fixtures/bundles/quickstart-fp16.dsb", root));

/** As `BUNDLE`, of a model that streams and without a language model. */
export const STREAMING_BUNDLE = fileURLToPath(new URL("test/fixtures/bundles/streaming-fp16.dsb", root));

/** Deterministic numbers from 0 to 1 (mulberry32, by T. Ettinger). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Gaussian noise of a level in decibels relative to full scale. */
export function whiteNoise(numSamples: number, decibels: number): Float32Array<ArrayBuffer> {
  const random = randomNumbers(1);
  const scale = 10 ** (decibels / 20);
  const gaussian = () => Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
  return Float32Array.from({ length: numSamples }, () => scale * gaussian());
}

/** Utterances one after another, with a gap of faint noise after each, and their texts. */
export async function speechWithGaps(
  utterances: readonly SampleUtterance[],
  gapSeconds: number,
): Promise<{ samples: Float32Array<ArrayBuffer>; text: string }> {
  const gap = whiteNoise(Math.round(gapSeconds * 16_000), -85);
  const parts: Float32Array[] = [];
  for (const { path } of utterances) parts.push(await samplesOf(path), gap);
  return { samples: joinArrays(parts), text: utterances.map(({ text }) => text).join(" ") };
}
