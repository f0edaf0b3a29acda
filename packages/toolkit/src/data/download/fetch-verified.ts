/**
 * A file from whichever mirror has it, known by its checksum.
 *
 * It grows under another name, `<path>.part`, and takes its own when its MD5 is right: a file at `path` is whole. Cut
 * connections are continued, on the next mirror in turn; a wrong checksum throws everything away, because nothing says
 * which byte was the wrong one.
 */
import { createHash } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage, explainReadError, UserError } from "@deepspeech-ts/recognizer/system";
import { type FetchAttempt, fetchToFile, isFinal } from "./fetch-to-file.js";

export interface FetchOptions {
  /** The same file in several places, in the order of preference. */
  readonly urls: readonly string[];
  readonly path: string;
  /** In hexadecimal. */
  readonly md5: string;
  /** Seconds without a byte after which a connection is given up. Default 30. */
  readonly stallSeconds?: number;
  /** Attempts in a row on which not one byte comes, for each mirror, before giving up. Default 5. */
  readonly attemptsPerMirror?: number;
  /** Seconds before the first repeated attempt; each further one waits twice as long, up to 30. Default 1. */
  readonly retrySeconds?: number;
  readonly signal?: AbortSignal | undefined;
  /** Hears of the whole size before anything is written; what it throws ends the fetch. */
  readonly onSize?: FetchAttempt["onSize"];
  readonly onBytes?: FetchAttempt["onBytes"];
  /** Hears of each failed attempt that another one follows. */
  readonly onRetry?: (url: string, reason: string) => void;
  /** Hears of progress with the checksum. */
  readonly onVerify?: (checkedBytes: number, totalBytes: number) => void;
}

const LONGEST_PAUSE_SECONDS = 30;
const HASH_BLOCK_BYTES = 1 << 20;

/**
 * Fetches a file, continuing what an earlier call left in `<path>.part`.
 *
 * @throws UserError where every mirror fails again and again, or none has a file with that checksum; whatever `onSize`
 * throws; the signal's reason once it is aborted.
 */
export async function fetchVerified(options: FetchOptions): Promise<void> {
  const partPath = `${options.path}.part`;
  const mirrors = [...options.urls];
  let isOwn = (await sizeOf(partPath)) === 0;
  while (mirrors.length > 0) {
    const url = await fetchWhole({ ...options, urls: mirrors }, partPath);
    if ((await md5OfFile(partPath, options)) === options.md5) {
      await rename(partPath, options.path);
      return;
    }
    await rm(partPath);
    options.onRetry?.(url, "sent a file whose MD5 is wrong; it was thrown away");
    // Of what came in this call, the mirror that sent the end is the likeliest culprit, and is not asked again.
    if (isOwn) mirrors.splice(mirrors.indexOf(url), 1);
    isOwn = true;
  }
  throw new UserError(
    `${options.urls.join(", ")}: no mirror sent a file with the MD5 ${options.md5}; ` +
      "the connection damages data, or the file was replaced. Try again later.",
    { code: "bad-download" },
  );
}

/** Continues until the file is as long as it should be. Returns the address that sent its end. */
async function fetchWhole(options: FetchOptions, path: string): Promise<string> {
  const { urls, stallSeconds = 30, attemptsPerMirror = 5, retrySeconds = 1, signal, onRetry } = options;
  let mostBytes = await sizeOf(path);
  let fruitless = 0;
  for (let attempt = 0; ; attempt++) {
    const url = urls[attempt % urls.length] as string;
    const before = mostBytes;
    const onBytes: FetchAttempt["onBytes"] = (present, total) => {
      mostBytes = Math.max(mostBytes, present);
      options.onBytes?.(present, total);
    };
    try {
      await fetchToFile({ url, path, stallSeconds, signal, onSize: options.onSize ?? noCheck, onBytes });
      return url;
    } catch (error) {
      signal?.throwIfAborted();
      if (isFinal(error)) throw error;
      // A server that cannot continue and always breaks off at the same place brings nothing, however much it sends.
      fruitless = mostBytes > before ? 0 : fruitless + 1;
      if (fruitless >= attemptsPerMirror * urls.length) throw unreachable(urls, error);
      onRetry?.(url, errorMessage(error));
    }
    // The next mirror is asked at once; all of them again, after a pause.
    if ((attempt + 1) % urls.length > 0) continue;
    const pauseSeconds = Math.min(retrySeconds * 2 ** Math.floor(fruitless / urls.length), LONGEST_PAUSE_SECONDS);
    await sleep(1000 * pauseSeconds, undefined, signal ? { signal } : {});
  }
}

/** 0 where there is no file. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function noCheck(): Promise<void> {}

function unreachable(urls: readonly string[], error: unknown): UserError {
  const hosts = urls.map((url) => new URL(url).host).join(", ");
  return new UserError(
    `${urls[0]}: could not be fetched from ${hosts}; the last of them ${errorMessage(error)}. ` +
      "Check the connection and run the command again: it resumes where it stopped.",
    { code: "download-failed", cause: error },
  );
}

/** The MD5 of a file, in hexadecimal; a UserError names the file where it cannot be read. */
export async function md5OfFile(
  path: string,
  { onVerify, signal }: Pick<FetchOptions, "onVerify" | "signal"> = {},
): Promise<string> {
  const file = await open(path).catch((error) => Promise.reject(explainReadError(path, error)));
  try {
    const { size } = await file.stat();
    const hash = createHash("md5");
    const block = new Uint8Array(HASH_BLOCK_BYTES);
    for (let position = 0; ; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(block, 0, block.length, position);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(block.subarray(0, bytesRead));
      position += bytesRead;
      onVerify?.(position, size);
    }
  } finally {
    await file.close();
  }
}
