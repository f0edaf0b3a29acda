/**
 * A bundle's way into the page: fetched with progress, kept in the browser's Cache storage under its URL, and gone on
 * with where an earlier visit stopped.
 *
 * Pieces are kept as they come, so that a download which breaks off after 14 of 15 MB costs one of them. A kept bundle is
 * used without the network where there is none; where there is, one request without a body asks whether the server has
 * another by now, and where that one does not come, the kept one is used still. Nothing is used before its checksums hold.
 */
import type { Bundle } from "@deepspeech-ts/speech";
import { openVerified } from "../core/open-verified.js";
import { piecesOf } from "../core/readable.js";
import { RecognizerError } from "../errors.js";
import {
  isPiece,
  isSame,
  type Keeping,
  keyOf,
  Pieces,
  put,
  type Validator,
  validatorOf,
  wholeUrl,
} from "./kept-files.js";

/** How far a bundle has come. */
export interface LoadProgress {
  readonly loadedBytes: number;
  /** Undefined where the server does not say. */
  readonly totalBytes: number | undefined;
  /** Whether it came of the cache. */
  readonly isCached: boolean;
}

export interface FetchOptions {
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Keep it for the next visit, and take it from there. Default true. */
  cache?: boolean | undefined;
}

export interface FetchedBundle extends Keeping {
  readonly bundle: Bundle;
}

/** A bundle that is kept in the browser. */
export interface KeptBundle {
  readonly url: string;
  readonly bytes: number;
}

const CACHE = "deepspeech-ts";
/** A connection that breaks is tried again at once, after one second and after three. */
const RETRY_SECONDS = [0, 1, 3];
/** Where a bundle is kept, a server that has not answered by then is not waited for. */
const ANSWER_SECONDS = 5;

/** @throws RecognizerError `offline`, `bad-bundle`; or the signal's reason */
export async function fetchBundle(request: string | URL | Request, options: FetchOptions): Promise<FetchedBundle> {
  const source = new Request(request);
  const store = options.cache === false ? undefined : await openStore();
  const kept = await openKept(await store?.match(source.url), source, options.signal);
  const useKept = ({ bundle, numBytes }: Kept): FetchedBundle => {
    options.onProgress?.({ loadedBytes: numBytes, totalBytes: numBytes, isCached: true });
    return { bundle, isKept: true };
  };
  if (kept?.isCurrent) return useKept(kept);
  try {
    return await fetchAnew(source, store, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    // What the server has by now does not come, or is no bundle; the page goes on with what it had.
    if (kept) return useKept(kept);
    throw error;
  }
}

async function fetchAnew(source: Request, store: Cache | undefined, options: FetchOptions): Promise<FetchedBundle> {
  const pieces = new Pieces(store, source.url);
  await pieces.restore();
  for (let isSecond = false; ; isSecond = true) {
    const { bytes, validator, isJoined } = await download(source, pieces, options);
    const bundle = await openFetched(bytes, source.url)
      .catch((error: unknown) => {
        // Not every server tells one state of a file from another: these may be parts of two.
        if (!isJoined || isSecond) throw error;
      })
      // Damaged ones must not be gone on with, and the whole may need the room of its pieces.
      .finally(() => pieces.clear());
    if (bundle) return { bundle, ...(await put(store, keyOf(source.url), bytes, validator)) };
  }
}

/** Every bundle that is kept in this browser for this site. */
export async function keptBundles(): Promise<KeptBundle[]> {
  const store = await openStore();
  const kept: KeptBundle[] = [];
  for (const { url } of (await store?.keys()) ?? []) {
    if (isPiece(url)) continue;
    const answer = await store?.match(url);
    kept.push({ url, bytes: Number(answer?.headers.get("content-length") ?? 0) });
  }
  return kept;
}

/** Forgets one bundle, or all of them, half-fetched ones included. */
export async function forgetBundles(url?: string | URL): Promise<void> {
  const store = await openStore();
  const wanted = url === undefined ? undefined : keyOf(new Request(url).url);
  for (const request of (await store?.keys()) ?? []) {
    if (wanted === undefined || wholeUrl(request.url) === wanted) await store?.delete(request);
  }
}

/** @throws RecognizerError `bad-bundle` */
async function openFetched(bytes: Uint8Array<ArrayBuffer>, url: string): Promise<Bundle> {
  if (!/^\s*</.test(new TextDecoder().decode(bytes.subarray(0, 64)))) return openVerified(bytes, url);
  throw new RecognizerError("bad-bundle", `${url}: is a page of HTML, where a bundle (.dsb) is due; check the URL`);
}

/** Private windows and pages without https have none. */
async function openStore(): Promise<Cache | undefined> {
  try {
    return await globalThis.caches?.open(CACHE);
  } catch {
    return undefined;
  }
}

interface Kept {
  readonly bundle: Bundle;
  readonly numBytes: number;
  readonly isCurrent: boolean;
}

/** Undefined where nothing is kept, or what is kept is damaged. */
async function openKept(
  kept: Response | undefined,
  source: Request,
  signal: AbortSignal | undefined,
): Promise<Kept | undefined> {
  if (!kept) return undefined;
  // At the same time: neither is quick.
  const [isTheServers, buffer] = await Promise.all([isCurrent(kept, source, signal), kept.arrayBuffer()]);
  const bytes = new Uint8Array(buffer);
  const bundle = await openFetched(bytes, source.url).catch(() => undefined);
  return bundle && { bundle, numBytes: bytes.length, isCurrent: isTheServers };
}

/** Whether the server's is the kept one still; yes, where the server cannot be asked or does not answer soon. */
async function isCurrent(kept: Response, source: Request, signal: AbortSignal | undefined): Promise<boolean> {
  signal?.throwIfAborted();
  const asking = new AbortController();
  const giveUp = () => asking.abort();
  const timer = setTimeout(giveUp, 1000 * ANSWER_SECONDS);
  signal?.addEventListener("abort", giveUp);
  try {
    const question = new Request(source, { method: "HEAD", cache: "no-cache" });
    const answer = await fetch(question, { signal: asking.signal });
    return !answer.ok || isSame(validatorOf(answer), validatorOf(kept));
  } catch {
    signal?.throwIfAborted();
    return true;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

interface Download {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly validator: Validator;
  /** Whether it came in several answers. */
  readonly isJoined: boolean;
}

async function download(source: Request, pieces: Pieces, options: FetchOptions): Promise<Download> {
  let numRetries = 0;
  for (;;) {
    const before = pieces.size;
    try {
      return await continueDownload(source, pieces, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof RecognizerError) throw error;
      // What makes headway may break as often as it likes.
      if (pieces.size > before) numRetries = 0;
      const wait = RETRY_SECONDS[numRetries++];
      if (wait === undefined) throw unreachable(source.url, error);
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}

async function continueDownload(
  source: Request,
  pieces: Pieces,
  { onProgress, signal }: FetchOptions,
): Promise<Download> {
  const request = new Request(source, signal ? { signal } : {});
  if (pieces.size > 0) request.headers.set("range", `bytes=${pieces.size}-`);
  const answer = await fetch(request);
  const isPart = answer.status === 206;
  const isNext = isPart && pieces.size > 0;
  const validator = validatorOf(answer, isNext ? pieces.size : 0);
  if (answer.status === 416 || (isNext && !isSame(validator, pieces.validator))) {
    // It has changed since, or what is here is longer than it.
    await answer.body?.cancel();
    await pieces.clear();
    return continueDownload(source, pieces, { onProgress, signal });
  }
  if (!answer.ok || !answer.body) {
    throw refusal(source.url, answer.status);
  }
  if (!isPart) await pieces.clear();
  pieces.validator = validator;
  const totalBytes = validator.size;
  for await (const bytes of piecesOf<Uint8Array>(answer.body)) {
    await pieces.push(bytes);
    onProgress?.({ loadedBytes: pieces.size, totalBytes, isCached: false });
  }
  // A connection that is cut need not be an error.
  if (totalBytes !== undefined && pieces.size < totalBytes) throw new Error("the connection ended early");
  return { bytes: pieces.joined(), validator, isJoined: isNext };
}

function refusal(url: string, status: number): RecognizerError {
  const remedy = status === 401 || status === 403 ? "it takes a key or a login that the server knows" : "check the URL";
  return new RecognizerError("bad-bundle", `${url}: answers with status ${status}; ${remedy}`);
}

function unreachable(url: string, cause: unknown): RecognizerError {
  const reason = (cause as Error).message;
  return new RecognizerError("offline", `${url}: cannot be fetched (${reason}); is there a network?`, { cause });
}
