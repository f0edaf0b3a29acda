/**
 * A bundle's way into the page: fetched with progress, kept in the browser's Cache storage under its URL, and gone on
 * with where an earlier visit stopped.
 *
 * Pieces are kept as they come, so that a download which breaks off after 14 of 15 MB costs one of them. A kept bundle is
 * used without the network where there is none; where there is, one request without a body asks whether the server has
 * another by now, and where that one does not come, the kept one is used still. Nothing is used before its checksums hold.
 */
import type { Bundle } from "@deepspeech-ts/speech";
import { joinBytes } from "../audio/join-arrays.js";
import { openVerified } from "../core/open-verified.js";
import { piecesOf } from "../core/readable.js";
import { RecognizerError } from "../errors.js";

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

export interface FetchedBundle {
  readonly bundle: Bundle;
  /** Whether it is kept for the next visit; false too where the browser's quota has no room for it. */
  readonly isKept: boolean;
  /** `quota`, where the browser has no room for it. */
  readonly notKept?: RecognizerError;
}

/** A bundle that is kept in the browser. */
export interface KeptBundle {
  readonly url: string;
  readonly bytes: number;
}

const CACHE = "deepspeech-ts";
const PIECE_BYTES = 1 << 20;
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
  const pieces = new Pieces(store, source.url);
  let fetched: Download;
  try {
    fetched = await download(source, pieces, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    // What the server has by now does not come; the page goes on with what it had.
    if (kept) return useKept(kept);
    throw error;
  }
  const { bytes, validator } = fetched;
  try {
    const bundle = await openFetched(bytes, source.url);
    return { bundle, ...(await put(store, keyOf(source.url), bytes, validator)) };
  } finally {
    // Damaged ones too: they must not be gone on with.
    await pieces.clear();
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
    return !answer.ok || validatorOf(answer) === kept.headers.get("x-validator");
  } catch {
    signal?.throwIfAborted();
    return true;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

/** What tells one state of a file from another. */
function validatorOf({ headers }: Response): string {
  const range = headers.get("content-range");
  const size = range ? range.split("/")[1] : headers.get("content-length");
  return [headers.get("etag") ?? headers.get("last-modified"), size].join(" ");
}

interface Download {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly validator: string;
}

async function download(source: Request, pieces: Pieces, options: FetchOptions): Promise<Download> {
  await pieces.restore();
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
  if (answer.status === 416 || (isPart && pieces.size > 0 && validatorOf(answer) !== pieces.validator)) {
    // It has changed since, or what is here is longer than it.
    await answer.body?.cancel();
    await pieces.clear();
    return continueDownload(source, pieces, { onProgress, signal });
  }
  if (!answer.ok || !answer.body) {
    throw new RecognizerError("bad-bundle", `${source.url}: answers with status ${answer.status}; check the URL`);
  }
  if (!isPart) await pieces.clear();
  pieces.validator = validatorOf(answer);
  const length = answer.headers.get("content-length");
  const totalBytes = length === null ? undefined : pieces.size + Number(length);
  for await (const bytes of piecesOf<Uint8Array>(answer.body)) {
    await pieces.push(bytes);
    onProgress?.({ loadedBytes: pieces.size, totalBytes, isCached: false });
  }
  // A connection that is cut need not be an error.
  if (totalBytes !== undefined && pieces.size < totalBytes) throw new Error("the connection ended early");
  return { bytes: pieces.joined(), validator: pieces.validator };
}

function unreachable(url: string, cause: unknown): RecognizerError {
  const reason = (cause as Error).message;
  return new RecognizerError("offline", `${url}: cannot be fetched (${reason}); is there a network?`, { cause });
}

/** Bytes as they come, kept a megabyte at a time where there is a store. */
class Pieces {
  readonly #store: Cache | undefined;
  readonly #url: string;
  #bytes: Uint8Array[] = [];
  /** Not yet kept. */
  #unkept: Uint8Array[] = [];
  #numKept = 0;
  size = 0;
  validator = "";

  constructor(store: Cache | undefined, url: string) {
    this.#store = store;
    this.#url = keyOf(url);
  }

  /** What an earlier visit left. */
  async restore(): Promise<void> {
    for (;;) {
      const piece = await this.#store?.match(pieceUrl(this.#url, this.#numKept));
      if (!piece) return;
      const validator = piece.headers.get("x-validator") ?? "";
      if (this.#numKept > 0 && validator !== this.validator) return;
      this.validator = validator;
      const bytes = new Uint8Array(await piece.arrayBuffer());
      this.#bytes.push(bytes);
      this.size += bytes.length;
      this.#numKept += 1;
    }
  }

  async push(bytes: Uint8Array): Promise<void> {
    this.#bytes.push(bytes);
    this.#unkept.push(bytes);
    this.size += bytes.length;
    if (this.#unkept.reduce((sum, { length }) => sum + length, 0) < PIECE_BYTES) return;
    const body = joinBytes(this.#unkept);
    this.#unkept = [];
    await put(this.#store, pieceUrl(this.#url, this.#numKept), body, this.validator);
    this.#numKept += 1;
  }

  joined(): Uint8Array<ArrayBuffer> {
    return joinBytes(this.#bytes);
  }

  async clear(): Promise<void> {
    for (const request of (await this.#store?.keys()) ?? []) {
      if (isPiece(request.url) && wholeUrl(request.url) === this.#url) await this.#store?.delete(request);
    }
    [this.#bytes, this.#unkept, this.#numKept, this.size, this.validator] = [[], [], 0, 0, ""];
  }
}

const PIECE = /[?&]deepspeech-piece=\d+$/;

/** Keys of the store are URLs. The rest of one stays as it is written, so that it is found again. */
function pieceUrl(url: string, index: number): string {
  return `${url}${url.includes("?") ? "&" : "?"}deepspeech-piece=${index}`;
}

function isPiece(url: string): boolean {
  return PIECE.test(url);
}

function wholeUrl(url: string): string {
  return url.replace(PIECE, "");
}

/** The store does without fragments, and so do servers. */
function keyOf(url: string): string {
  return url.replace(/#.*$/s, "");
}

/** As all browsers call it, and as Firefox lets one of its own errors through. */
const NO_ROOM = new Set(["QuotaExceededError", "NS_ERROR_FILE_NO_DEVICE_SPACE"]);

/** Nothing is kept where there is no room, or no store. */
async function put(
  store: Cache | undefined,
  url: string,
  bytes: Uint8Array<ArrayBuffer>,
  validator: string,
): Promise<Pick<FetchedBundle, "isKept" | "notKept">> {
  if (!store) return { isKept: false };
  const headers = { "content-length": String(bytes.length), "x-validator": validator };
  try {
    await store.put(url, new Response(bytes, { headers }));
    return { isKept: true };
  } catch (cause) {
    if (!NO_ROOM.has((cause as DOMException).name)) return { isKept: false };
    const message = `${url}: the browser has no room to keep it (${bytes.length} bytes); it is used from memory, and fetched again next time`;
    return { isKept: false, notKept: new RecognizerError("quota", message, { cause }) };
  }
}
