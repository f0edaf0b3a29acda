/** Small training runs on real recordings, for the tests of training and evaluation. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tidy } from "@deepspeech-ts/torch";
import { loadTrainingState } from "../acoustic-model/index.js";
import { audioFixture, sampleCorpus } from "../data/fixtures.test.support.js";
import { readLibriSpeech } from "../data/librispeech.js";
import { writeManifest } from "../data/manifest.js";
import type { Utterance } from "../data/types.js";
import { type TrainConfig, type TrainConfigInput, trainConfigSchema } from "./config.js";
import type { TrainingEvent } from "./events.js";
import { checkpointPath } from "./run-folder.js";
import { runTraining } from "./run-training.js";
import { type LoggedValue, readEvents } from "./tensorboard/event-reader.js";
import { train } from "./train.js";

/** Prompts of a word or two, from all over the sample corpus. */
export async function shortUtterances(count: number): Promise<Utterance[]> {
  const { utterances } = await readLibriSpeech(sampleCorpus("train"));
  const isShort = ({ text, durationSeconds }: Utterance) =>
    text.length >= 8 && text.length <= 20 && durationSeconds > 0.6 && durationSeconds < 2;
  const short = utterances.filter(isShort);
  const stride = Math.floor(short.length / count);
  return Array.from({ length: count }, (_, i) => short[i * stride]!);
}

/** Writes a manifest into a folder, and gives its path. */
export async function manifestIn(folder: string, utterances: readonly Utterance[], name = "corpus"): Promise<string> {
  const path = join(folder, `${name}.jsonl`);
  await writeManifest(path, utterances);
  return path;
}

/** A manifest's lines as they are, for what `writeManifest` would not write. */
export function rawManifestIn(folder: string, name: string, lines: readonly object[]): string {
  const path = join(folder, `${name}.jsonl`);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}

/** Lines of a corpus of many batches, of which the first, being the shortest, say nothing of error rates. */
export function wordsLast(shorter: object = { text: "" }): object[] {
  const line = { audio_filepath: audioFixture("speech-16k.flac"), text: "hello" };
  const many = Array.from({ length: 80 }, (_, i) => ({ ...line, duration: 1.064, ...shorter, id: `u${i}` }));
  return [...many, { ...line, duration: 1.5, id: "worded" }];
}

/** A model of some thousand parameters, trained on and measured by one manifest, on one thread. */
export function tinyConfig(folder: string, manifest: string, overrides: TrainConfigInput = {}): TrainConfig {
  return trainConfigSchema.parse({
    train: [manifest],
    dev: [manifest],
    test: [],
    runs: join(folder, "runs"),
    experiment: "tiny",
    epochs: 2,
    threads: 1,
    workers: 1,
    maxBatchUtterances: 2,
    phones: false,
    features: { numMels: 16 },
    model: { convChannels: 2, residualLayers: 1, recurrentLayers: 1, hiddenSize: 8 },
    ...overrides,
  });
}

export type EventOf<K extends TrainingEvent["kind"]> = Extract<TrainingEvent, { kind: K }>;

/** What a run told. */
export class RunRecord {
  readonly events: TrainingEvent[] = [];

  all<K extends TrainingEvent["kind"]>(kind: K): EventOf<K>[] {
    return this.events.filter((event): event is EventOf<K> => event.kind === kind);
  }

  one<K extends TrainingEvent["kind"]>(kind: K): EventOf<K> {
    const found = this.all(kind);
    if (found.length !== 1) throw new Error(`the run told ${found.length} times of '${kind}'`);
    return found[0]!;
  }

  get runFolder(): string {
    return this.one("start").runFolder;
  }
}

export interface TrialOptions {
  /** Asked at each event: true asks the run to stop. */
  stopWhen?: (event: TrainingEvent) => boolean;
  /** Takes the events, for runs that fail. */
  record?: RunRecord;
}

/** Trains in a worker thread, which goes on for a little while after an event that asks it to stop. */
export async function trainInWorker(
  config: TrainConfig,
  { stopWhen = () => false, record = new RunRecord() }: TrialOptions = {},
): Promise<RunRecord> {
  const controller = new AbortController();
  const onEvent = (event: TrainingEvent) => {
    record.events.push(event);
    if (stopWhen(event)) controller.abort();
  };
  await runTraining(config, { onEvent, signal: controller.signal });
  return record;
}

/** Trains on this thread, where a stop takes effect right after the event that asks for it. */
export async function trainHere(
  config: TrainConfig,
  { stopWhen = () => false, record = new RunRecord() }: TrialOptions = {},
): Promise<RunRecord> {
  let stopped = false;
  const emit = (event: TrainingEvent) => {
    record.events.push(event);
    stopped ||= stopWhen(event);
  };
  await train(config, { emit, shouldStop: () => stopped });
  return record;
}

/** All that a run logged, from its event files in the order of their writing. */
export function loggedValues(runFolder: string): LoggedValue[] {
  const files = readdirSync(runFolder).filter((name) => name.startsWith("events.out.tfevents."));
  return files.flatMap((name) => readEvents(join(runFolder, name)));
}

/** The weights in one of a run's checkpoints, by their parameters' names. */
export function weightsOf({ runFolder }: RunRecord, which: "best" | "last"): Map<string, number[]> {
  return tidy(() => {
    const { tensors } = loadTrainingState(checkpointPath(runFolder, which));
    const own = [...tensors].filter(([name]) => name.startsWith("model."));
    return new Map(own.map(([name, tensor]) => [name.slice("model.".length), tensor.toNumbers()]));
  });
}
