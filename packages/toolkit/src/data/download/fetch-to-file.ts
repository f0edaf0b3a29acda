/**
 * One attempt to fetch a file, or the rest of one, by HTTP.
 *
 * What an earlier attempt left is asked for no more: a Range request (RFC 9110, section 14) continues at its end. A
 * server that ignores the range sends all, and the file starts anew. A connection over which nothing comes for a while
 * is given up, as a dead one looks exactly like a slow one.
 */
import { type FileHandle, open } from "node:fs/promises";
import { errorMessage, UserError } from "@deepspeech-ts/recognizer/system";

export interface FetchAttempt {
  readonly url: string;
  /** The file that grows; it is created where it is missing. */
  readonly path: string;
  /** Seconds without a byte after which the connection is given up. */
  readonly stallSeconds: number;
  readonly signal?: AbortSignal | undefined;
  /** Hears of the whole size before anything is written; what it throws ends the attempt. */
  readonly onSize: (size: { totalBytes: number; presentBytes: number }) => Promise<void>;
  /** Hears of progress. */
  readonly onBytes: (presentBytes: number, totalBytes: number) => void;
}

/** An attempt that failed for a reason that may pass, or that another mirror may not have. */
export class TransferError extends Error {
  override readonly name = "TransferError";
}

/** What a server's answer means for the file that is there. */
interface Plan {
  /** Where the body's first byte belongs. */
  readonly start: number;
  readonly totalBytes: number;
}

/**
 * Fetches until the file is as long as the server says. On failure, what came is kept for the next attempt.
 *
 * @throws TransferError where trying again may help; the signal's reason once it is aborted; whatever `onSize` throws;
 * system errors of the disk as they are.
 */
export async function fetchToFile(attempt: FetchAttempt): Promise<void> {
  const file = await open(attempt.path, "a+");
  try {
    const presentBytes = (await file.stat()).size;
    await using watch = new StallWatch(attempt.stallSeconds, attempt.signal);
    const response = await request(attempt.url, presentBytes, watch);
    const plan = await planTransfer(response, presentBytes, file);
    if (!plan) return;
    await attempt.onSize({ totalBytes: plan.totalBytes, presentBytes: plan.start });
    if (plan.start < presentBytes) await file.truncate(plan.start);
    await receive(response, plan, file, attempt, watch);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function request(url: string, presentBytes: number, watch: StallWatch): Promise<Response> {
  // An archive that the server compressed once more would not have the bytes that its checksum is of.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (presentBytes > 0) headers.range = `bytes=${presentBytes}-`;
  return watch.guard(() => fetch(url, { headers, signal: watch.signal }));
}

/** Undefined where the file is complete already. */
async function planTransfer(response: Response, presentBytes: number, file: FileHandle): Promise<Plan | undefined> {
  const encoding = response.headers.get("content-encoding") ?? "identity";
  if (response.ok && encoding !== "identity") throw await refuse(response, `sends the file encoded as ${encoding}`);
  if (response.status === 200) return { start: 0, totalBytes: await statedLength(response) };
  const range = parseContentRange(response.headers.get("content-range"));
  if (response.status === 206 && range && range.start === presentBytes) return range;
  if (response.status === 416 && range?.totalBytes === presentBytes) {
    await response.body?.cancel();
    return undefined;
  }
  if (response.status === 206 || response.status === 416) {
    // What is there is not the beginning of what the server has.
    await file.truncate(0);
    throw await refuse(response, "does not continue the partial file; the download starts over");
  }
  throw await refuse(response, `answers ${response.status} ${response.statusText}`.trimEnd());
}

async function statedLength(response: Response): Promise<number> {
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  if (Number.isSafeInteger(length) && length > 0) return length;
  throw await refuse(response, "does not say how long the file is");
}

/** "bytes 100-199/200", or of a range that cannot be had, with "*" for its beginning and end. */
function parseContentRange(header: string | null): Plan | undefined {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(header ?? "");
  return match ? { start: Number(match[1] ?? 0), totalBytes: Number(match[2]) } : undefined;
}

async function refuse(response: Response, reason: string): Promise<TransferError> {
  await response.body?.cancel().catch(() => {});
  return new TransferError(reason);
}

async function receive(
  response: Response,
  plan: Plan,
  file: FileHandle,
  { onBytes }: FetchAttempt,
  watch: StallWatch,
): Promise<void> {
  const reader = response.body?.getReader();
  if (!reader) throw new TransferError("sends no content");
  let presentBytes = plan.start;
  onBytes(presentBytes, plan.totalBytes);
  for (;;) {
    const { done, value } = await watch.guard(() => reader.read());
    if (done) break;
    if (presentBytes + value.length > plan.totalBytes) throw new TransferError("sends more than it said");
    await file.writeFile(value);
    presentBytes += value.length;
    onBytes(presentBytes, plan.totalBytes);
  }
  if (presentBytes < plan.totalBytes) {
    throw new TransferError(`ended the connection at ${presentBytes} of ${plan.totalBytes} bytes`);
  }
}

/** Gives up a connection that is silent for too long, or that the caller no longer wants. */
class StallWatch implements AsyncDisposable {
  readonly #controller = new AbortController();
  readonly #milliseconds: number;
  readonly #outer: AbortSignal | undefined;
  readonly #onOuterAbort = () => this.#controller.abort();

  constructor(seconds: number, outer: AbortSignal | undefined) {
    this.#milliseconds = seconds * 1000;
    this.#outer = outer;
    outer?.throwIfAborted();
    outer?.addEventListener("abort", this.#onOuterAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Waits for one step of the network. */
  async guard<T>(step: () => Promise<T>): Promise<T> {
    let stalled = false;
    const timer = setTimeout(() => {
      stalled = true;
      this.#controller.abort();
    }, this.#milliseconds);
    try {
      return await step();
    } catch (error) {
      this.#outer?.throwIfAborted();
      if (stalled) throw new TransferError(`sent nothing for ${this.#milliseconds / 1000} s`);
      throw new TransferError(`breaks off: ${describeNetworkError(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Drops a connection that is still open: an error may have ended the attempt in its middle. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#outer?.removeEventListener("abort", this.#onOuterAbort);
    this.#controller.abort();
  }
}

/** fetch says "fetch failed" of everything, and puts the reason into the cause. */
function describeNetworkError(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return errorMessage(cause) || "the connection failed";
}

/** Errors that no other mirror and no second attempt would mend. */
export function isFinal(error: unknown): boolean {
  return error instanceof UserError || !(error instanceof TransferError);
}
