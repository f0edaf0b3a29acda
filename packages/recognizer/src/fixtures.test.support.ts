/** Sound for tests: fixtures, and the sample corpus with its transcripts. */
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeWaveform } from "./audio/waveform.js";

const root = new URL("../../../", import.meta.url);

export function audioFixture(name: string): string {
  return fileURLToPath(new URL(`test/fixtures/audio/${name}`, root));
}

export function bytesOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return readFile(audioFixture(name));
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
