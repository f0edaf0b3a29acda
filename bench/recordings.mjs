/** Speech for the recogniser's benchmarks: utterances of the sample corpus, decoded, one after another. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeWaveform } from "../packages/recognizer/dist/audio/index.js";

export const BUNDLE = fileURLToPath(new URL("../test/fixtures/bundles/quickstart-fp16.dsb", import.meta.url));
/** Of a model that streams. */
export const STREAMING_BUNDLE = fileURLToPath(new URL("../test/fixtures/bundles/streaming-fp16.dsb", import.meta.url));

/** @returns {{ path: string, text: string }[]} utterances of a subset, in the order of their names */
export function sampleUtterances(subset) {
  const folder = fileURLToPath(new URL(`../sample-corpus/${subset}`, import.meta.url));
  const lists = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".trans.txt"));
  return lists.sort().flatMap((list) => {
    const lines = readFileSync(join(folder, list), "utf8").split("\n");
    return lines.filter(Boolean).map((line) => {
      const space = line.indexOf(" ");
      return {
        path: join(folder, list, "..", `${line.slice(0, space)}.opus`),
        text: line.slice(space + 1).toLowerCase(),
      };
    });
  });
}

/** The utterances' samples and texts, with silence after each. */
export async function speechOf(utterances, gapSeconds) {
  const gap = new Float32Array(Math.round(gapSeconds * 16_000));
  const parts = [];
  for (const { path } of utterances) {
    parts.push((await decodeWaveform(readFileSync(path), { fileName: path })).samples, gap);
  }
  const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    samples.set(part, offset);
    offset += part.length;
  }
  return { samples, text: utterances.map(({ text }) => text).join(" ") };
}
