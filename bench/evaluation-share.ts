/**
 * What measuring an epoch costs beside training it: all that happens between an epoch's last step and the next one's
 * first, and what it consists of.
 *
 *     node build/bench/evaluation-share.js [--size small|full] [--corpora FOLDER] [--minutes N] [--dev-minutes N]
 *       [--epochs N] [--threads N] [--precision bf16] [--json FILE]
 *
 * Trains on the sample corpus, or on FOLDER's train.jsonl and dev.jsonl, or so many minutes of them. The small model is
 * the quickstart's, with its batches; the full one has the defaults. In the first epoch, sound is decoded for the first
 * time. The last epoch, which no other follows, is not counted.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DeepSpeech, FeatureExtractor } from "@deepspeech-ts/toolkit/acoustic-model";
import { AudioLoader, loadUtterances, type Utterance, writeManifest } from "@deepspeech-ts/toolkit/data";
import { type TrainConfigInput, TrainingSession, train, trainConfigSchema } from "@deepspeech-ts/toolkit/training";
import { difference, Stopwatch, type Times } from "./stopwatch.js";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "small" },
    corpora: { type: "string" },
    minutes: { type: "string", default: "Infinity" },
    "dev-minutes": { type: "string", default: "Infinity" },
    epochs: { type: "string", default: "3" },
    threads: { type: "string", default: "1" },
    precision: { type: "string", default: "fp32" },
    json: { type: "string" },
  },
});

const SMALL: TrainConfigInput = {
  ...{ maxBatchSeconds: 5, maxDurationSeconds: 32, features: { numMels: 64 } },
  model: { convChannels: 16, timeStride: 3, residualLayers: 1, recurrentLayers: 2, hiddenSize: 128 },
};
/** Too much to train on here. */
const LIBRISPEECH = { train: 960.9 * 3600, dev: 5.4 * 3600 };

const sample = (subset: string) => fileURLToPath(new URL(`../../sample-corpus/${subset}`, import.meta.url));

/** About so many seconds of a corpus, taken from all over it. */
function excerpt(utterances: readonly Utterance[], seconds: number): Utterance[] {
  const share = Math.min(1, seconds / secondsOf(utterances));
  return utterances.filter((_, i) => Math.floor((i + 1) * share) > Math.floor(i * share));
}

function secondsOf(utterances: readonly Utterance[]): number {
  return utterances.reduce((total, { durationSeconds }) => total + durationSeconds, 0);
}

interface Seconds {
  train: number;
  dev: number;
}

/** One epoch: its steps, what lies between it and the next, and the parts of that. */
interface Epoch {
  training: Times;
  between: Times;
  parts: Record<string, Times>;
}

/** Trains, and gives the epochs that another one follows. */
async function measure(config: TrainConfigInput): Promise<Epoch[]> {
  const watch = new Stopwatch();
  watch.time(TrainingSession.prototype, "saveLast", "checkpoints");
  watch.time(TrainingSession.prototype, "saveWeights", "checkpoints");
  watch.time(FeatureExtractor.prototype, "extract", "features");
  watch.time(DeepSpeech.prototype, "forward", "forward");
  watch.timeWaiting(AudioLoader.prototype, "batches", "waiting for sound");
  const epochs: Epoch[] = [];
  let epochBegan = watch.now();
  let stepEnded = watch.now();
  let isMeasured = false;
  // A step begins by setting its model to training.
  watch.before(DeepSpeech.prototype, "train", (isTraining = true) => {
    if (!isMeasured || !isTraining) return;
    const training = difference(stepEnded, epochBegan);
    epochs.push({ training, between: difference(watch.now(), stepEnded), parts: watch.take() });
    isMeasured = false;
    epochBegan = watch.now();
  });
  await train(trainConfigSchema.parse(config), {
    shouldStop: () => false,
    emit: ({ kind }) => {
      if (kind === "plan") epochBegan = watch.now();
      if (kind === "epoch") isMeasured = true;
      if (kind !== "step") return;
      watch.take();
      stepEnded = watch.now();
    },
  });
  return epochs;
}

/** What an epoch spent on each part, in milliseconds, and as shares of the whole epoch. */
function report(name: string, { training, between, parts }: Epoch): void {
  const known = Object.values(parts).reduce((a, b) => ({ wallMs: a.wallMs + b.wallMs, cpuMs: a.cpuMs + b.cpuMs }));
  const rows = { training, between, ...parts, "decoding, losses, logs": difference(between, known) };
  const share = (clock: keyof Times, own: Times) =>
    `${((100 * own[clock]) / (training[clock] + between[clock])).toFixed(2)}%`;
  console.log(`\n${name}`);
  console.table(
    Object.fromEntries(
      Object.entries(rows).map(([part, own]) => [
        part,
        {
          "CPU ms": Math.round(own.cpuMs),
          "of CPU": share("cpuMs", own),
          "wall ms": Math.round(own.wallMs),
          "of wall": share("wallMs", own),
        },
      ]),
    ),
  );
}

/**
 * What lies between the epochs of a corpus of this size, as a share of processor time, from what a second of its sound took
 * to train on and to measure here.
 */
function shareAt(whole: Seconds, { training, between, parts }: Epoch, measured: Seconds): number {
  const checkpoints = parts.checkpoints?.cpuMs ?? 0;
  const trainingMs = (training.cpuMs * whole.train) / measured.train;
  const betweenMs = checkpoints + ((between.cpuMs - checkpoints) * whole.dev) / measured.dev;
  return betweenMs / (trainingMs + betweenMs);
}

const folder = mkdtempSync(join(tmpdir(), "deepspeech-bench-"));
try {
  const { corpora } = values;
  const [trainSource, devSource] =
    corpora === undefined
      ? [sample("train"), sample("dev")]
      : [join(corpora, "train.jsonl"), join(corpora, "dev.jsonl")];
  const trainCorpus = (await loadUtterances(trainSource)).utterances;
  const devCorpus = (await loadUtterances(devSource)).utterances;
  const trained = excerpt(trainCorpus, 60 * Number(values.minutes));
  const measured = excerpt(devCorpus, 60 * Number(values["dev-minutes"]));
  const manifests = { train: join(folder, "train.jsonl"), dev: join(folder, "dev.jsonl") };
  await writeManifest(manifests.train, trained);
  await writeManifest(manifests.dev, measured);
  const seconds = { train: secondsOf(trained), dev: secondsOf(measured) };
  console.log(`trains on ${(seconds.train / 60).toFixed(1)} min, measures on ${(seconds.dev / 60).toFixed(1)} min`);
  const epochs = await measure({
    ...{ train: [manifests.train], dev: [manifests.dev], test: [], runs: folder, epochs: Number(values.epochs) },
    ...{ threads: Number(values.threads), workers: 1, precision: values.precision as "fp32" | "bf16" },
    ...(values.size === "small" && SMALL),
  });
  for (const [i, epoch] of epochs.entries()) report(`epoch ${i + 1}`, epoch);
  const wholes = {
    "the whole corpus": { train: secondsOf(trainCorpus), dev: secondsOf(devCorpus) },
    LibriSpeech: LIBRISPEECH,
  };
  for (const [name, whole] of Object.entries(wholes)) {
    const hours = `${(whole.train / 3600).toFixed(1)} h, dev ${(whole.dev / 3600).toFixed(2)} h`;
    const shares = epochs.map((epoch) => `${(100 * shareAt(whole, epoch, seconds)).toFixed(2)}%`);
    console.log(`between the epochs of ${name} (${hours}) at these rates: ${shares.join(", ")} of processor time`);
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ seconds, epochs }, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
