/**
 * The processes that train one model together. What decides how a run goes on is known to all of them alike: they speak
 * once a step, and whatever only the first of them can know (a file, the time) it tells the others.
 */
import { hostname } from "node:os";
import { setTimeout } from "node:timers/promises";
import { errorMessage, UserError } from "@deepspeech-ts/recognizer/system";
import { distributed, noGrad, type Tensor, TorchError } from "@deepspeech-ts/torch";
import { Heartbeat, type Sign } from "./heartbeat.js";
import { ownAddress } from "./own-address.js";
import type { Place } from "./place.js";

/** After so long without a sign of life a rank whose connections broke is taken for dead. */
const DEAD_SECONDS = 3;

/** How long whoever serves the store waits, when it fails, for the others to read why. */
const FAREWELL_SECONDS = 5;

/** How long the store may take for what needs no waiting. */
const ANSWER_SECONDS = 3;

interface Failure {
  rank: number;
  host: string;
  message: string;
  code: string;
  exitCode: number;
}

/** What joins a process to the others. */
interface Joined {
  place: Place;
  /** Asked for what needs no waiting; the groups have a store with more patience. */
  board: distributed.Store;
  store: distributed.Store;
  processes: distributed.Processes;
  heartbeat: Heartbeat;
  hosts: readonly string[];
}

export interface TeamOptions {
  /** How long to wait for a rank that does not answer. */
  timeoutSeconds: number;
  /** Where this rank computes. Default: "cpu". */
  device?: string;
}

export class Team implements Disposable {
  /** One process. */
  static readonly alone = new Team();

  readonly #joined: Joined | undefined;

  private constructor(joined?: Joined) {
    this.#joined = joined;
  }

  /**
   * Waits until all processes have come.
   * @throws UserError `peer-lost` where some do not
   */
  static async join(place: Place | undefined, { timeoutSeconds, device = "cpu" }: TeamOptions): Promise<Team> {
    if (!place) return Team.alone;
    const { rank, size, host, port, isServedByRank0 } = place;
    const meetingPoint = `${host}:${port}`;
    try {
      const serve = isServedByRank0 && rank === 0;
      const store = new distributed.Store({ host, port, serve, timeoutSeconds });
      const board = new distributed.Store({ host, port, serve: false, timeoutSeconds: ANSWER_SECONDS });
      const name = prefixOf(place);
      const heartbeat = await Heartbeat.begin(place, name);
      const address = await ownAddress(host);
      const joining = { store, rank, size, host: address, timeoutSeconds, name, device };
      const processes = new distributed.Processes(joining);
      const hosts = processes.gatherValues(hostname());
      return new Team({ place, store, board, processes, hosts, heartbeat });
    } catch (error) {
      if (!isLostContact(error)) throw error;
      throw new UserError(
        `rank ${rank} of ${size} could not meet the others at ${meetingPoint} within ${timeoutSeconds} s (${errorMessage(error)}); ` +
          "see that all are started, and that the address can be reached from all hosts.",
        { code: "peer-lost", cause: error },
      );
    }
  }

  get rank(): number {
    return this.#joined?.place.rank ?? 0;
  }

  get size(): number {
    return this.#joined?.place.size ?? 1;
  }

  /** What it was started as (`Place.job`). */
  get job(): string | undefined {
    return this.#joined?.place.job;
  }

  /** Whether this process is rank 0, which alone writes and tells. */
  get isFirst(): boolean {
    return this.rank === 0;
  }

  /** Undefined for one process alone. */
  get processes(): distributed.Processes | undefined {
    return this.#joined?.processes;
  }

  /** How a rank is called. */
  nameOf(rank: number): string {
    const host = this.#joined?.hosts[rank];
    return `rank ${rank}${host === undefined ? "" : ` on ${host}`}`;
  }

  /** Everybody's values, by rank; all ranks call it in the same order, as they do all that follows. */
  gather<T>(value: T): T[] {
    return this.processes?.gatherValues(value) ?? [value];
  }

  /** What rank 0 finds or does, on all ranks. */
  first<T>(body: () => T): T {
    const own = this.isFirst ? body() : undefined;
    return this.gather(own)[0] as T;
  }

  /** Gives all ranks rank 0's tensors, in place. */
  share(tensors: Iterable<Tensor>): void {
    const { processes } = this;
    if (processes) noGrad(() => [...tensors].forEach((tensor) => void processes.broadcast(tensor)));
  }

  /** Tells the others, between two times that they speak, that this rank is asked to stop. */
  askToStop(): void {
    this.#joined?.board.set(this.#key("stop"), "");
  }

  /** Whether some rank was asked to stop. */
  get isAskedToStop(): boolean {
    return this.#joined?.board.has(this.#key("stop")) ?? false;
  }

  /** How far this rank is, should it be lost. */
  set step(step: number) {
    if (this.#joined) this.#joined.heartbeat.step = step;
  }

  /**
   * Has the others know what this rank failed of, or finds out which other failed.
   * @returns what to throw
   */
  async explain(error: unknown): Promise<unknown> {
    const joined = this.#joined;
    if (!joined) return error;
    try {
      if (isLostContact(error)) return await this.#whoFailed(joined, error);
      await this.#bidFarewell(joined, error);
    } catch (storeError) {
      if (!isLostContact(storeError)) throw storeError;
      if (isLostContact(error)) return this.#storeIsGone(joined.place, error);
    }
    return error;
  }

  [Symbol.dispose](): void {
    if (!this.#joined) return;
    const { heartbeat, processes, board, store } = this.#joined;
    for (const each of [heartbeat, processes, board, store]) each[Symbol.dispose]();
  }

  async #bidFarewell({ place, board, processes }: Joined, error: unknown): Promise<void> {
    const { message, code, exitCode } = failureOf(error);
    const failure: Failure = { rank: this.rank, host: hostname(), message, code, exitCode };
    if (board.add(this.#key("failures"), 1) === 1) board.set(this.#key("failure"), JSON.stringify(failure));
    processes[Symbol.dispose]();
    if (!place.isServedByRank0 || !this.isFirst) return;
    const until = performance.now() + 1000 * FAREWELL_SECONDS;
    while (board.add(this.#key("read"), 0) < this.size - 1 && performance.now() < until) await setTimeout(50);
  }

  async #whoFailed({ place, board, heartbeat }: Joined, error: unknown): Promise<UserError> {
    const until = performance.now() + 1000 * (DEAD_SECONDS + 1);
    while (performance.now() < until) {
      if (board.has(this.#key("failure"))) {
        const failure = JSON.parse(board.getText(this.#key("failure"))) as Failure;
        board.add(this.#key("read"), 1);
        return peerFailed(`${this.nameOf(failure.rank)} failed: ${failure.message}`, failure);
      }
      const [silent] = heartbeat.signs();
      if (silent && silent.silentSeconds >= DEAD_SECONDS) return this.#isSilent(silent, place);
      await setTimeout(100);
    }
    return peerFailed(`the connection to another rank was lost (${errorMessage(error)}). ${REMEDY}`);
  }

  #isSilent({ rank, silentSeconds, step }: Sign, { rank: own }: Place): UserError {
    const since = Number.isFinite(silentSeconds) ? `for ${Math.round(silentSeconds)} s` : "at all";
    const message = `${this.nameOf(rank)} has been silent ${since} by rank ${own}, last at step ${step}. ${REMEDY}`;
    return peerFailed(message);
  }

  #storeIsGone({ host, port, isServedByRank0 }: Place, error: unknown): UserError {
    const server = isServedByRank0 ? `${this.nameOf(0)}, which serves` : "whoever serves";
    const message = `${server} the store at ${host}:${port}, does not answer any more (${errorMessage(error)}). ${REMEDY}`;
    return peerFailed(message);
  }

  #key(name: string): string {
    return `${prefixOf(this.#joined!.place)}/${name}`;
  }
}

const REMEDY = "Start all again with --resume to continue from the last checkpoint.";

/** Keys of an attempt; a store may outlive it. */
function prefixOf({ restarts }: Place): string {
  return `attempt-${restarts}`;
}

function isLostContact(error: unknown): boolean {
  return error instanceof TorchError && (error.code === "PEER_LOST" || error.code === "TIMEOUT");
}

function failureOf(error: unknown): Pick<Failure, "message" | "code" | "exitCode"> {
  if (error instanceof UserError) return { message: error.message, code: error.code, exitCode: error.exitCode };
  return { message: errorMessage(error), code: "internal", exitCode: 1 };
}

/** `peer-lost`: whose fault it is, another rank's, is in the message. */
function peerFailed(message: string, { exitCode = 1 }: { exitCode?: number } = {}): UserError {
  return new UserError(message, { code: "peer-lost", exitCode });
}
