/** One run's folder, read as it grows: its log, its configuration, and what the page is told of both. */
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorMessage } from "@deepspeech-ts/recognizer/system";
import { splitWords } from "@deepspeech-ts/speech";
import { wordDiff } from "../evaluation/report/word-diff.js";
import type { TranscriptSample, WorstUtterance } from "../training/events.js";
import { type DamagedLine, LogFollower } from "./log-follower.js";
import type { HeardUtterances, RunDetail, RunSummary, TranscribedUtterance, WorstRecording } from "./page/api-types.js";
import { type Measured, type MeasuredCorpus, RunHistory } from "./run-history.js";

/** A run that has not ended and says nothing for so long has died; a long epoch's evaluation takes less. */
const SILENT_MILLISECONDS = 10 * 60_000;
const SHOWN_DAMAGED = 20;

export class WatchedRun {
  colour = 0;
  #history = new RunHistory();
  #damaged: DamagedLine[] = [];
  /** Why the log cannot be read at all; null where it can. */
  #problem: string | null = null;
  readonly #follower: LogFollower;
  #createdAt = 0;
  #changedAt = 0;
  #revision = 0;
  #hasLog = false;
  #looking: Promise<void> | null = null;

  constructor(
    readonly id: string,
    readonly folder: string,
  ) {
    this.#follower = new LogFollower(folder, {
      onRestart: () => {
        this.#revision++;
        this.#history = new RunHistory();
        this.#damaged = [];
      },
      onEvent: (event) => {
        this.#revision++;
        this.#history.add(event);
      },
      onDamaged: (damaged) => {
        this.#revision++;
        this.#damaged.push(damaged);
      },
    });
  }

  get startedAt(): number {
    return this.#history.startedAt ?? this.#createdAt;
  }

  /** Reads what the log has gained. Who calls while another look is going on waits for that one. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  summary(): RunSummary {
    const { id, folder, colour, startedAt } = this;
    const names = { experiment: basename(dirname(folder)), version: basename(folder) };
    const times = { startedAt, changedAt: this.#changedAt, revision: this.#revision };
    return { id, ...names, folder, colour, ...times, ...this.#state(), ...this.#history.course() };
  }

  detail(): RunDetail {
    const { curves, evaluations, measured, numSkippedSteps, numFailures, failures } = this.#history;
    return {
      ...{ summary: this.summary(), curves: curves.toJson(), evaluations },
      heard: measured.map((one) => this.#heard(one)),
      ...{ numSkippedSteps, numFailures, failures, problem: this.#problem },
      ...{ numDamaged: this.#damaged.length, damaged: this.#damaged.slice(0, SHOWN_DAMAGED) },
    };
  }

  /** The recording of an utterance that the log speaks of; undefined for any other. */
  audioPathOf(corpus: MeasuredCorpus, utteranceId: string): string | undefined {
    return this.#history.audioPaths[corpus].get(utteranceId);
  }

  /** What config.json holds; an empty object where it cannot be read. */
  async config(): Promise<unknown> {
    try {
      return JSON.parse(await readFile(join(this.folder, "config.json"), "utf8"));
    } catch {
      return {};
    }
  }

  #state(): Pick<RunSummary, "state" | "ending"> {
    const { end } = this.#history;
    if (end) return { state: end.isFinished ? "finished" : "stopped", ending: end.ending };
    const isSilent = Date.now() - this.#changedAt > SILENT_MILLISECONDS;
    if (!isSilent) return { state: "running", ending: null };
    return { state: "stopped", ending: this.#hasLog ? "its log ends without a last word" : "it has no log" };
  }

  async #look(): Promise<void> {
    const problem = await this.#follower.read().then(() => null, errorMessage);
    if (problem !== this.#problem) this.#revision++;
    this.#problem = problem;
    await this.#lookAtTimes();
  }

  async #lookAtTimes(): Promise<void> {
    const [log, config] = await Promise.all([
      changeTime(this.folder, "log.jsonl"),
      changeTime(this.folder, "config.json"),
    ]);
    this.#hasLog = log !== null;
    this.#createdAt = config ?? log ?? 0;
    this.#changedAt = log ?? config ?? 0;
  }

  #heard({ corpus, title, summary: { samples, worst } }: Measured): HeardUtterances {
    return {
      title,
      samples: samples.map(transcribed),
      worst: worst.map((one) => this.#worst(corpus, one)),
    };
  }

  #worst(corpus: MeasuredCorpus, utterance: WorstUtterance): WorstRecording {
    const { id, durationSeconds, wordErrors, reference } = utterance;
    const numWords = splitWords(reference).length;
    const audioUrl = `/api/runs/${this.id}/recording?corpus=${corpus}&utterance=${encodeURIComponent(id)}`;
    const wordErrorRate = wordErrors / Math.max(1, numWords);
    return { ...transcribed(utterance), durationSeconds, wordErrors, wordErrorRate, numWords, audioUrl };
  }
}

function transcribed({ id, reference, hypothesis }: TranscriptSample): TranscribedUtterance {
  return { id, difference: wordDiff(reference, hypothesis).text };
}

/** Milliseconds since 1970; null where there is no such file. */
async function changeTime(folder: string, name: string): Promise<number | null> {
  try {
    return (await stat(join(folder, name))).mtimeMs;
  } catch {
    return null;
  }
}
