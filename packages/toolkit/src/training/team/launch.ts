/**
 * Trains in several processes on this machine. They meet at a store that is served from here; rank 0's events come back
 * by the channel that Node gives to children, a request to stop goes the same way. Whichever ends first with an error
 * ends all.
 */
import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { setNativeDefaults } from "@deepspeech-ts/torch/environment";
import type { TaskOptions } from "../../worker-task.js";
import type { TrainConfig } from "../config.js";
import type { TrainingEvent } from "../events.js";
import type { MessageFromProcess, MessageToProcess, ProcessFailure } from "./team-process.js";
import { checkTeamSize } from "./team-size.js";

/** A rank that lost the others often says so before the one that was lost. So long its own word is waited for. */
const FIRST_WORD_MS = 1000;

/** Signals' numbers, which a shell adds to 128 for the exit code of what they killed. */
const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

/** What is kept of a process's standard error, for one that dies without a word. */
const KEPT_ERROR_CHARACTERS = 2000;

/** @throws UserError the first failure of a process, with its exit code; by then all have ended */
export async function launchTeam(config: TrainConfig, options: TaskOptions<TrainingEvent>): Promise<void> {
  checkTeamSize(config.processes, config.accumulateBatches);
  setNativeDefaults();
  const { distributed } = await import("@deepspeech-ts/torch");
  using store = new distributed.Store({ serve: true });
  const ranks = Array.from({ length: config.processes }, (_, rank) => new Rank(config, rank, store.port, options));
  const stop = () => ranks.forEach((rank) => void rank.send({ kind: "stop" }));
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted) stop();
  try {
    await Promise.all(ranks.map(({ ended }) => ended));
  } catch (failure) {
    throw await firstWord(ranks, failure);
  } finally {
    options.signal?.removeEventListener("abort", stop);
    await Promise.all(ranks.map((rank) => rank.kill()));
  }
}

/** What one failed of that did not merely lose another. */
async function firstWord(ranks: readonly Rank[], failure: unknown): Promise<unknown> {
  const isEcho = (error: unknown) => error instanceof UserError && error.code === "peer-lost";
  if (!isEcho(failure)) return failure;
  const words = ranks.map(async ({ ended }) => {
    const error = await ended.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined || isEcho(error)) throw new Error("nothing new");
    return error;
  });
  const late = new Promise<unknown>((resolve) => setTimeout(() => resolve(failure), FIRST_WORD_MS).unref());
  return await Promise.race([late, Promise.any(words).catch(() => failure)]);
}

class Rank {
  /** Resolves when the process is done, and throws what it failed of. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #errors = "";

  constructor(config: TrainConfig, rank: number, port: number, { onEvent }: TaskOptions<TrainingEvent>) {
    const script = fileURLToPath(new URL("./team-process.js", import.meta.url));
    this.#child = fork(script, { stdio: ["ignore", "inherit", "pipe", "ipc"], serialization: "advanced" });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-KEPT_ERROR_CHARACTERS);
    });
    this.#exited = new Promise((resolve) => void this.#child.once("exit", () => resolve()));
    this.ended = this.#whenEnded(rank, onEvent);
    // It is awaited with the others'; that it comes before is no crash.
    this.ended.catch(() => {});
    this.send({ kind: "start", config: ownConfig(config, rank), place: placeOf(config, rank, port) });
  }

  send(message: MessageToProcess): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  async #whenEnded(rank: number, onEvent: (event: TrainingEvent) => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#child.on("message", (message: MessageFromProcess) => {
        if (message.kind === "event") onEvent(message.event);
        else if (message.kind === "done") resolve();
        else reject(failureOf(rank, message));
      });
      this.#child.once("error", reject);
      this.#child.once("close", (code, signal) => reject(this.#death(rank, code, signal)));
    });
  }

  #death(rank: number, code: number | null, signal: NodeJS.Signals | null): UserError {
    const how = signal ? `was killed by ${signal}` : `ended with exit code ${code}`;
    const words = this.#errors.trim();
    const exitCode = signal ? 128 + (SIGNAL_NUMBERS[signal] ?? 0) : (code ?? 1);
    return new UserError(
      `rank ${rank} (process ${this.#child.pid}) ${how}; the others were ended. --resume continues from the last checkpoint.${words && `\n${words}`}`,
      { code: "process-died", exitCode },
    );
  }
}

function failureOf(rank: number, { message, code, exitCode }: ProcessFailure): UserError {
  const isOwn = rank === 0 || code === "peer-lost";
  return new UserError(isOwn ? message : `rank ${rank}: ${message}`, { code, exitCode });
}

function placeOf({ processes }: TrainConfig, rank: number, port: number) {
  const here = { localRank: rank, localSize: processes, host: "127.0.0.1", port };
  return {
    rank,
    size: processes,
    ...here,
    isServedByRank0: false,
    restarts: 0,
    startedBy: "deepspeech",
    job: undefined,
  };
}

/** The machine's threads are shared out, and its cards. */
function ownConfig(config: TrainConfig, rank: number): TrainConfig {
  const { processes, devices } = config;
  const threads = config.threads ?? Math.max(1, Math.floor(availableParallelism() / processes));
  return { ...config, threads, device: devices[rank % devices.length] ?? config.device };
}
