/** The sound that both sides read, made from the sample corpus in a folder that goes with the benchmark. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { defaultFeatureConfig, defaultModelConfig, loadTrainingCorpus } from "@deepspeech-ts/toolkit/acoustic-model";
import { AudioLoader, packCorpus, planBatches, type Utterance, writeManifest } from "@deepspeech-ts/toolkit/data";

const SAMPLE_RATE = 16_000;
const TRAIN = fileURLToPath(new URL("../../../sample-corpus/train", import.meta.url));

export interface PlannedUtterance {
  /** Raw float32 samples. */
  path: string;
  targets: number[];
}
export type PlannedBatch = PlannedUtterance[];

/** An epoch of the sample corpus in batches of like lengths, decoded. */
export async function writeEpoch(
  folder: string,
  maxBatchSeconds: number,
): Promise<{ plan: string; numBatches: number; seconds: number }> {
  const { utterances } = await loadTrainingCorpus([TRAIN], {
    ...{ alphabet: englishAlphabet, features: defaultFeatureConfig, model: defaultModelConfig, normalise: true },
    ...{ minDurationSeconds: 0.2, maxDurationSeconds: 20, speedFactors: [1] },
  });
  const plan = planBatches(utterances, { seed: 1, epoch: 0, order: "shuffled", maxBatchSeconds });
  await using loader = new AudioLoader();
  const written: PlannedBatch[] = [];
  for await (const { utterances, waveforms, maxSamples, sampleLengths } of loader.batches(plan)) {
    written.push(
      utterances.map(({ id, targets }, row) => {
        const path = join(folder, `${id}.f32`);
        writeFileSync(path, waveforms.subarray(row * maxSamples, row * maxSamples + sampleLengths[row]!));
        return { path, targets: [...targets] };
      }),
    );
  }
  const planPath = join(folder, "epoch.json");
  writeFileSync(planPath, JSON.stringify(written));
  return { plan: planPath, numBatches: written.length, seconds: plan.audioSeconds };
}

/** FLAC files of 12 s, as LibriSpeech's are on average; undefined where no encoder is installed. */
export async function writeFlac(folder: string): Promise<{ manifest: string; utterances: Utterance[] } | undefined> {
  const encoder = ["flac", "ffmpeg"].find((name) => spawnSync(name, ["-version"]).error === undefined);
  if (encoder === undefined) return undefined;
  const sound = await decodedCorpus();
  const samplesEach = 12 * SAMPLE_RATE;
  const utterances = Array.from({ length: Math.floor(sound.length / samplesEach) }, (_, i): Utterance => {
    const audioPath = join(folder, `${i}.flac`);
    encodeFlac(encoder, sound.subarray(i * samplesEach, (i + 1) * samplesEach), audioPath);
    return { id: `${i}`, audioPath, durationSeconds: 12, text: "", speaker: "" };
  });
  const manifest = join(folder, "flac.jsonl");
  await writeManifest(manifest, utterances);
  return { manifest, utterances };
}

/** The same sound in shards. */
export async function writePacked(folder: string, utterances: readonly Utterance[]): Promise<string> {
  const packed = join(folder, "packed");
  await packCorpus(utterances, { folder: packed, numWorkers: 1 });
  return packed;
}

async function decodedCorpus(): Promise<Int16Array> {
  const scratch: Int16Array[] = [];
  const { utterances } = await loadTrainingCorpus([TRAIN], {
    ...{ alphabet: englishAlphabet, features: defaultFeatureConfig, model: defaultModelConfig, normalise: true },
    ...{ minDurationSeconds: 0.2, maxDurationSeconds: 20, speedFactors: [1] },
  });
  await using loader = new AudioLoader();
  const plan = planBatches(utterances, { seed: 1, epoch: 0, order: "as-is", maxBatchUtterances: 1 });
  for await (const { waveforms } of loader.batches(plan)) {
    scratch.push(Int16Array.from(waveforms, (value) => Math.max(-32768, Math.min(32767, Math.round(32768 * value)))));
  }
  const all = new Int16Array(scratch.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of scratch) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function encodeFlac(encoder: string, samples: Int16Array, path: string): void {
  const input = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const raw = ["--silent", "--force-raw-format", "--endian=little", "--sign=signed", "--channels=1", "--bps=16"];
  const words =
    encoder === "flac"
      ? [...raw, `--sample-rate=${SAMPLE_RATE}`, "-f", "-o", path, "-"]
      : ["-loglevel", "error", "-f", "s16le", "-ar", String(SAMPLE_RATE), "-ac", "1", "-i", "-", "-y", path];
  const { status, stderr } = spawnSync(encoder, words, { input });
  if (status !== 0) throw new Error(`${encoder}: ${stderr}`);
}

/** A folder of its own for each kind, so that names cannot meet. */
export function subfolder(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}
