/** What the server can be told, and what it does unless it is told otherwise. */
import type { LoadOptions } from "@deepspeech-ts/recognizer";
import { withoutUndefined } from "@deepspeech-ts/speech";

/** What one client, and all of them together, may ask of the server. Every limit has a clear answer of its own. */
export interface Limits {
  /** The largest request body, in bytes; 413 beyond it. */
  maxUploadBytes: number;
  /** Bytes of all uploads that are held at a time; 429 beyond them. */
  maxHeldBytes: number;
  /** The longest recording, in seconds; 413 beyond it. */
  maxAudioSeconds: number;
  /** Recordings that are worked on at a time. */
  maxConcurrent: number;
  /** Recordings that wait for their turn; 429 beyond them. */
  maxQueued: number;
  /** Live streams at a time; 429 beyond them. */
  maxStreams: number;
  /** A live stream's greatest length, in seconds of sound. */
  maxStreamSeconds: number;
  /** A live stream that brings no sound for so many seconds is closed. */
  streamIdleSeconds: number;
  /** Seconds within which a request's headers must arrive; 408 beyond them. */
  headerSeconds: number;
  /** Seconds within which a whole request must arrive; 408 beyond them. */
  uploadSeconds: number;
  /** The slowest pace of an upload, averaged over `paceSeconds`; 408 below it. */
  minUploadBytesPerSecond: number;
  /** Seconds over which an upload's pace is averaged. */
  paceSeconds: number;
  /** Seconds from a whole upload to its answer, waiting included; 504 beyond them. */
  requestSeconds: number;
  /** Seconds that work which has begun may take after the server was told to stop; 503 beyond them. */
  graceSeconds: number;
  /** Seconds of service as usual after the server was told to stop, while /readyz says no already. */
  drainDelaySeconds: number;
}

/** What a server bears unless told otherwise. */
export const DEFAULT_LIMITS: Readonly<Limits> = {
  maxUploadBytes: 25 * 2 ** 20,
  maxHeldBytes: 512 * 2 ** 20,
  maxAudioSeconds: 7200,
  maxConcurrent: 16,
  maxQueued: 64,
  maxStreams: 8,
  maxStreamSeconds: 14_400,
  streamIdleSeconds: 30,
  headerSeconds: 10,
  uploadSeconds: 120,
  minUploadBytesPerSecond: 1024,
  paceSeconds: 10,
  requestSeconds: 300,
  graceSeconds: 30,
  drainDelaySeconds: 0,
};

/** Node's timers go no further, and fire at once where they are asked to. */
const MOST_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/** All limits: those that are given, in whole bytes and in times that a timer can wait for, and the defaults. */
export function resolveLimits(given: ServerOptions["limits"] = {}): Limits {
  const limits = { ...DEFAULT_LIMITS, ...withoutUndefined(given) };
  for (const name of Object.keys(limits) as (keyof Limits)[]) {
    if (name.endsWith("Bytes")) limits[name] = Math.round(limits[name]);
    if (name.endsWith("Seconds")) limits[name] = Math.min(limits[name], MOST_SECONDS);
  }
  return limits;
}

/** This machine alone. */
export const DEFAULT_HOST = "127.0.0.1";
/** Where a server listens unless told otherwise. */
export const DEFAULT_PORT = 8080;

/** From the most that is logged to nothing. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
/** How much a server logs. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What `startServer` serves, where, to whom, and how much of it. */
export interface ServerOptions {
  /** The path of a .dsb file. */
  bundle: string;
  /** Names that clients may call the model; the first is its own. Default: the bundle's file name without ".dsb". */
  modelIds?: readonly string[] | undefined;
  /** The address to listen at. Default 127.0.0.1: this machine alone. */
  host?: string | undefined;
  /** Default 8080; 0 for any that is free. */
  port?: number | undefined;
  /** Who has one of these may use /v1. Default: everybody may. */
  apiKeys?: readonly string[] | undefined;
  /** Origins whose pages may use the server ("https://example.org"), or "*" for all. Default: none. */
  corsOrigins?: readonly string[] | undefined;
  /** Whether the page for people is there, at /. It gives out a bundle too. Default true. */
  page?: boolean | undefined;
  /** The path of the bundle that the page fetches, to recognise in its visitor's browser. Default: the one that is served. */
  pageBundle?: string | undefined;
  /** Whatever is absent is as in `DEFAULT_LIMITS`. */
  limits?: { readonly [Name in keyof Limits]?: Limits[Name] | undefined } | undefined;
  /** How the model runs. */
  recognizer?: Pick<LoadOptions, "workers" | "threads" | "maxBatchSeconds" | "maxWaitMilliseconds"> | undefined;
  /** Default "info". */
  logLevel?: LogLevel | undefined;
  /** Whether logs hold transcripts. Default false: they never hold what was said. */
  logText?: boolean | undefined;
  /** Where the logs go, a JSON object a line. Default: standard output. */
  logStream?: { write(line: string): void } | undefined;
}
