/** Sound for tests: fixtures, the sample corpus, and folders that vanish with the test. */
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { wavFile } from "@deepspeech-ts/recognizer/audio";
import type { Utterance } from "./types.js";

const root = new URL("../../../../", import.meta.url);

export function audioFixture(name: string): string {
  return fileURLToPath(new URL(`test/fixtures/audio/${name}`, root));
}

export function sampleCorpus(subset: "train" | "dev" | "test"): string {
  return fileURLToPath(new URL(`sample-corpus/${subset}`, root));
}

export async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deepspeech-data-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files into a folder: content as it is, or `{ copyOf }` the path of a file to copy. */
export async function writeFiles(
  folder: string,
  files: Record<string, string | Uint8Array | { copyOf: string }>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    if (typeof content === "object" && "copyOf" in content) await cp(content.copyOf, path);
    else await writeFile(path, content);
  }
}

/** A WAV file of 16-bit samples, one channel. */
export function wav(samples: Float32Array, sampleRate = 16_000): Uint8Array {
  return wavFile(samples, sampleRate);
}

export function utterance(id: string, fields: Partial<Utterance> = {}): Utterance {
  return { id, audioPath: `${id}.wav`, durationSeconds: 1, text: "good morning", speaker: "1", ...fields };
}

/** Pearson's correlation of two waveforms at the same times, without `edge` samples at either end. */
export function correlation(a: Float32Array, b: Float32Array, edge = 0): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = edge; i < Math.min(a.length, b.length) - edge; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

/** Two recordings, one of them a film; links that lead back, and a link to each of two folders that lead to each other. */
export async function loopingFolder(t: TestContext): Promise<string> {
  const root = await temporaryFolder(t);
  await writeFiles(root, {
    "corpus/a.wav": { copyOf: audioFixture("speech-16k.wav") },
    "corpus/a.txt": "activated",
    "corpus/deeper/clip.MP4": { copyOf: audioFixture("speech.m4a") },
    "corpus/deeper/clip.txt": "activated",
    "corpus/deeper/._clip.MP4": "what macOS keeps",
    "elsewhere/one/b.flac": { copyOf: audioFixture("speech-16k.flac") },
    "elsewhere/one/b.txt": "activated",
    "elsewhere/two/c.txt": "no recording",
  });
  await symlink(".", join(root, "corpus/again"));
  await symlink("..", join(root, "corpus/deeper/up"));
  await symlink("../two", join(root, "elsewhere/one/two"));
  await symlink("../one", join(root, "elsewhere/two/one"));
  await symlink("../elsewhere/two", join(root, "corpus/linked"));
  return join(root, "corpus");
}
