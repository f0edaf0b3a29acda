/**
 * A bundle's way into the page: fetched with progress, kept in the browser's Cache storage under its URL, and gone on
 * with where an earlier visit stopped.
 *
 * Pieces are kept as they come, so that a download which breaks off after 14 of 15 MB costs one of them. A kept bundle is
 * used without the network where there is none; where there is, one request without a body asks whether the server has
 * another by now. Nothing is used before its checksums hold.
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

/** @throws RecognizerError `offline`, `bad-bundle`; or the signal's reason */
export async function fetchBundle(request: string | URL | Request, options: FetchOptions): Promise<FetchedBundle> {
  const source = new Request(request);
  const store = options.cache === false ? undefined : await openStore();
  const kept = await store?.match(source.url);
  if (kept) {
    // At the same time: neither is quick.
    const [isTheServers, buffer] = await Promise.all([isCurrent(kept, source, options.signal), kept.arrayBuffer()]);
    const bytes = new Uint8Array(buffer);
    const bundle = isTheServers && (await openFetched(bytes, source.url).catch(() => undefined));
    if (bundle) {
      options.onProgress?.({ loadedBytes: bytes.length, totalBytes: bytes.length, isCached: true });
      return { bundle, isKept: true };
    }
  }
  const pieces = new Pieces(store, source.url);
  const { bytes, validator } = await download(source, pieces, options);
  try {
    const bundle = await openFetched(bytes, source.url);
    return { bundle, ...(await put(store, source.url, bytes, validator)) };
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
  const wanted = url === undefined ? undefined : new Request(url).url;
  for (const request of (await store?.keys()) ?? []) {
    if (wanted === undefined || request.url === wanted || wholeUrl(request.url) === wanted)
      await store?.delete(request);
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

/** Whether the server's is the kept one still; yes, where the server cannot be asked. */
async function isCurrent(kept: Response, source: Request, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const answer = await fetch(new Request(source, { method: "HEAD", cache: "no-cache" }), signal ? { signal } : {});
    return !answer.ok || validatorOf(answer) === kept.headers.get("x-validator");
  } catch {
    signal?.throwIfAborted();
    return true;
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
    this.#url = url;
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
      if (wholeUrl(request.url) === this.#url) await this.#store?.delete(request);
    }
    [this.#bytes, this.#unkept, this.#numKept, this.size, this.validator] = [[], [], 0, 0, ""];
  }
}

/** Keys of the store are URLs, and their fragment does not count. */
function pieceUrl(url: string, index: number): string {
  const key = new URL(url);
  key.searchParams.set("deepspeech-piece", String(index));
  return key.href;
}

function isPiece(url: string): boolean {
  return new URL(url).searchParams.has("deepspeech-piece");
}

function wholeUrl(url: string): string | undefined {
  if (!isPiece(url)) return undefined;
  const whole = new URL(url);
  whole.searchParams.delete("deepspeech-piece");
  return whole.href;
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
