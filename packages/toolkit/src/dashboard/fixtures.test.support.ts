/** Runs for tests, as training leaves them: a configuration, a checkpoints folder, and a log of real events. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { corpusErrorRates } from "@deepspeech-ts/speech";
import { audioFixture } from "../data/fixtures.test.support.js";
import type { EvaluationSummary } from "../training/events.js";
import { formatEvent, type LoggedEvent, type LoggedEventOf } from "../training/logging/logged-event.js";

export const STEPS_IN_EPOCH = 50;
const SECONDS_A_STEP = 2;
const NUM_PARAMETERS = 14_233_053;

const REFERENCES = [
  "please hold the line while we connect your call",
  "the number you have dialled is not in service",
  "press one to leave a message after the tone",
  "good morning and welcome to the conference",
  "your call may be recorded for training",
];
/** What a model hears of REFERENCES, worse and better. */
const HEARD = [
  ["pleas hold line wile we conect you call", "please hold the line while we connect you call"],
  ["the numbr you have dial is not in in servis", "the number you have dialled is not in service"],
  ["pres on to leev message after tone", "press one to leave a message after the tone"],
  ["good mornin an welcome the conference", "good morning and welcome to conference"],
  ["you call may recorded for four training", "your call may be recorded for training"],
] as const;

export interface RunOptions {
  epochs?: number;
  /** How low the loss gets. */
  floor?: number;
  /** When the run began, in milliseconds since 1970. Default now. */
  begin?: number;
  config?: object;
  /** What is heard of every utterance, instead of what gets better. */
  heard?: string;
  /** The recordings of the worst utterances, in turn. */
  recordings?: readonly string[];
}

/** Writes a run piece by piece, as training does. */
export class TestRun {
  readonly #options: Required<RunOptions>;
  #step = 0;

  constructor(
    readonly folder: string,
    options: RunOptions = {},
  ) {
    const recordings = ["speech-16k.wav", "speech-16k.flac"].map(audioFixture);
    this.#options = { epochs: 10, floor: 0.3, begin: Date.now(), config: {}, heard: "", recordings, ...options };
    mkdirSync(join(folder, "checkpoints"), { recursive: true });
    writeFileSync(join(folder, "config.json"), `${JSON.stringify(this.#options.config, null, 2)}\n`);
  }

  get logPath(): string {
    return join(this.folder, "log.jsonl");
  }

  start(): this {
    const { epochs } = this.#options;
    const model = { numParameters: NUM_PARAMETERS, numFrozen: 0, freshParameters: [] };
    const plan = { epochs, totalSteps: epochs * STEPS_IN_EPOCH, firstStep: 0 };
    return this.#log({ kind: "start", runFolder: this.folder, ...model, ...plan });
  }

  steps(count: number): this {
    const events = Array.from({ length: count }, () => this.#nextStep());
    appendFileSync(this.logPath, events.map(formatEvent).join(""));
    return this;
  }

  /** An epoch's steps, and its evaluation. */
  epoch(): this {
    this.steps(STEPS_IN_EPOCH);
    const { epochs, floor } = this.#options;
    const epoch = Math.floor(this.#step / STEPS_IN_EPOCH);
    const dev = this.#evaluation(epoch / epochs);
    const elapsedSeconds = this.#step * SECONDS_A_STEP;
    const trainLoss = this.#lossAt(this.#step, floor);
    return this.#log({ kind: "epoch", epoch, epochs, step: this.#step, trainLoss, dev, isBest: true, elapsedSeconds });
  }

  /** The mean of the last epochs' weights, which is best. */
  average(epochs: number[]): this {
    return this.#log({ kind: "averaged", epochs, step: this.#step, dev: this.#evaluation(1), isBest: true });
  }

  /** @param recordings of the test set's utterances, whose ids are those of dev. Default: dev's */
  test(recordings = this.#options.recordings): this {
    return this.#log({ kind: "test", step: this.#step, test: this.#evaluation(1, recordings) });
  }

  finish(reason: LoggedEventOf<"finished">["reason"] = "epochs"): this {
    const elapsedSeconds = this.#step * SECONDS_A_STEP;
    return this.#log({
      kind: "finished",
      reason,
      runFolder: this.folder,
      steps: this.#step,
      elapsedSeconds,
      best: null,
    });
  }

  /** Text as it is, damaged or not. */
  raw(text: string): this {
    appendFileSync(this.logPath, text);
    return this;
  }

  /** The whole of a run that is over. */
  whole(): this {
    this.start();
    for (let epoch = 0; epoch < this.#options.epochs; epoch++) this.epoch();
    return this.test().finish();
  }

  #nextStep(): LoggedEventOf<"step"> {
    const { epochs, floor } = this.#options;
    const step = ++this.#step;
    const totalSteps = epochs * STEPS_IN_EPOCH;
    const rates = { learningRate: 5e-4 * Math.sin((Math.PI * step) / totalSteps), gradientNorm: 1 };
    const noise = 1 + 0.25 * Math.sin(step * 12.9898) * Math.sin(step * 78.233);
    return {
      ...{ time: this.#now(), kind: "step", epoch: Math.ceil(step / STEPS_IN_EPOCH), step, totalSteps, ...rates },
      loss: this.#lossAt(step, floor) * noise,
      ...{ audioSecondsPerSecond: 180 + 20 * Math.sin(step / 30), etaSeconds: (totalSteps - step) * SECONDS_A_STEP },
      skipped: false,
    };
  }

  #lossAt(step: number, floor: number): number {
    return floor + 2.6 * Math.exp((-4 * step) / (this.#options.epochs * STEPS_IN_EPOCH));
  }

  /** @param progress from 0, where the worse is heard, to 1 */
  #evaluation(progress: number, recordings = this.#options.recordings): EvaluationSummary {
    const utterances = REFERENCES.map((reference, i) => {
      const hypothesis = this.#options.heard || HEARD[i]![i / REFERENCES.length < progress ? 1 : 0];
      return { id: `84-121123-000${i}`, reference, hypothesis };
    });
    const { floor } = this.#options;
    const worst = utterances.map((utterance, i) => {
      const audioPath = recordings[i % recordings.length]!;
      const { words } = corpusErrorRates([utterance]);
      const wordErrors = words.substitutions + words.deletions + words.insertions;
      return { ...utterance, audioPath, durationSeconds: 3.2, wordErrors };
    });
    const loss = this.#lossAt(this.#step, floor * 1.3);
    const rates = corpusErrorRates(utterances);
    return { rates, loss, samples: utterances, worst: worst.filter(({ wordErrors }) => wordErrors > 0) };
  }

  #log(event: OmitTime<LoggedEvent>): this {
    return this.raw(formatEvent({ ...event, time: this.#now() } as LoggedEvent));
  }

  #now(): string {
    return new Date(this.#options.begin + this.#step * SECONDS_A_STEP * 1000).toISOString();
  }
}

type OmitTime<Event> = Event extends unknown ? Omit<Event, "time"> : never;
