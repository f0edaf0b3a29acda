/** The place of this process among several that train one model, as whoever started it says: torchrun, Slurm, or ourselves. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { firstHostOf } from "./slurm-hosts.js";

export interface Place {
  /** From 0. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /** Among those on this machine, from 0. */
  readonly localRank: number;
  /** How many are on this machine. */
  readonly localSize: number;
  /** Where the store is at which they meet. */
  readonly host: string;
  readonly port: number;
  /** Whether rank 0 serves the store, and not who started the processes. */
  readonly isServedByRank0: boolean;
  /** How often all of them were started again. */
  readonly restarts: number;
  /** Who started it, for people. */
  readonly startedBy: string;
  /** What it was started as, the same at each restart and no other's; undefined where nobody says. */
  readonly job: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Slurm gives a step no port; as good as its number is told apart from other steps' ports on the same machine. */
const FIRST_SLURM_PORT = 20_000;
const NUM_SLURM_PORTS = 10_000;

/**
 * Reads torchrun's variables (RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT and
 * TORCHELASTIC_RESTART_COUNT), which Kubernetes' operators and bare shells set too, else those of a step of Slurm's.
 *
 * @returns undefined where this process trains alone
 * @throws UserError (exit 2) where a variable is missing, or is no number
 */
export function placeIn(environment: Environment): Place | undefined {
  const { RANK, WORLD_SIZE, SLURM_PROCID, SLURM_STEP_ID } = environment;
  if (RANK !== undefined || WORLD_SIZE !== undefined) return torchrunPlace(environment);
  if (SLURM_PROCID !== undefined && SLURM_STEP_ID !== undefined) return slurmPlace(environment);
  return undefined;
}

function torchrunPlace(environment: Environment): Place | undefined {
  const size = wholeNumber(environment, "WORLD_SIZE", { least: 1 });
  const rank = wholeNumber(environment, "RANK", { most: size - 1 });
  if (size === 1) return undefined;
  const isAgent = environment.TORCHELASTIC_USE_AGENT_STORE === "True";
  return {
    ...{ rank, size },
    localRank: wholeNumber(environment, "LOCAL_RANK", { unless: 0 }),
    localSize: wholeNumber(environment, "LOCAL_WORLD_SIZE", { least: 1, unless: 1 }),
    host: text(environment, "MASTER_ADDR"),
    port: wholeNumber(environment, "MASTER_PORT", { least: 1, most: 65_535 }),
    isServedByRank0: !isAgent,
    restarts: wholeNumber(environment, "TORCHELASTIC_RESTART_COUNT", { unless: 0 }),
    startedBy: environment.TORCHELASTIC_RUN_ID === undefined ? "RANK and WORLD_SIZE" : "torchrun",
    job: torchrunJob(environment),
  };
}

/** Without --rdzv-id, torchrun calls every job "none". */
function torchrunJob({ TORCHELASTIC_RUN_ID: id }: Environment): string | undefined {
  return id === undefined || id === "none" ? undefined : `torchrun ${id}`;
}

function slurmPlace(environment: Environment): Place | undefined {
  // A shell in an allocation of several tasks is a step of one.
  const own = environment.SLURM_STEP_NUM_TASKS === undefined ? "SLURM_NTASKS" : "SLURM_STEP_NUM_TASKS";
  const size = wholeNumber(environment, own, { least: 1 });
  if (size === 1) return undefined;
  const rank = wholeNumber(environment, "SLURM_PROCID", { most: size - 1 });
  const [job, step] = [wholeNumber(environment, "SLURM_JOB_ID", {}), wholeNumber(environment, "SLURM_STEP_ID", {})];
  const hosts = environment.SLURM_STEP_NODELIST ?? environment.SLURM_JOB_NODELIST ?? "";
  const chosen = environment.MASTER_ADDR ?? firstHostOf(hosts);
  if (chosen === undefined) throw refuse(`SLURM_STEP_NODELIST is "${hosts}", which names no host; set MASTER_ADDR.`);
  return {
    ...{ rank, size },
    localRank: wholeNumber(environment, "SLURM_LOCALID", { unless: 0 }),
    localSize: localTasks(environment),
    host: chosen,
    port: wholeNumber(environment, "MASTER_PORT", {
      ...{ least: 1, most: 65_535 },
      unless: FIRST_SLURM_PORT + ((job + step) % NUM_SLURM_PORTS),
    }),
    isServedByRank0: true,
    restarts: wholeNumber(environment, "SLURM_RESTART_COUNT", { unless: 0 }),
    startedBy: "Slurm",
    job: `Slurm ${job}.${step}`,
  };
}

/** Of SLURM_STEP_TASKS_PER_NODE, "4" or "4(x2),3", the largest, since none says whose is whose. */
function localTasks({ SLURM_STEP_TASKS_PER_NODE = "1" }: Environment): number {
  return Math.max(...SLURM_STEP_TASKS_PER_NODE.split(",").map((count) => Number.parseInt(count, 10) || 1));
}

interface Range {
  least?: number;
  most?: number;
  /** What an unset variable stands for. Default: it must be set. */
  unless?: number;
}

function wholeNumber(environment: Environment, name: string, { least = 0, most, unless }: Range): number {
  if (environment[name] === undefined && unless !== undefined) return unless;
  const given = text(environment, name);
  const value = Number(given);
  if (/^\d+$/.test(given) && value >= least && value <= (most ?? Number.MAX_SAFE_INTEGER)) return value;
  const range = most === undefined ? `${least} or more` : `from ${least} to ${most}`;
  throw refuse(`${name} is "${given}"; it must be a whole number, ${range}.`);
}

function text(environment: Environment, name: string): string {
  const value = environment[name];
  if (value) return value;
  throw refuse(
    `${name} is not set, where RANK, WORLD_SIZE or Slurm's variables say that several processes train together; ` +
      "set it, or unset them to train in one process.",
  );
}

function refuse(message: string): UserError {
  return new UserError(message, { code: "bad-environment", exitCode: 2 });
}
