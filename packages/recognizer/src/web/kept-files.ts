/**
 * Files, and pieces of files that are still being fetched, in a browser's Cache storage: each under its URL, with the headers
 * that tell one state of it from another.
 */
import { joinBytes } from "../audio/join-arrays.js";
import { RecognizerError } from "../errors.js";

const PIECE_BYTES = 1 << 20;

/** Whether a file is kept. */
export interface Keeping {
  /** Whether it is kept for the next visit; false too where the browser's quota has no room for it. */
  readonly isKept: boolean;
  /** `quota`, where the browser has no room for it. */
  readonly notKept?: RecognizerError;
}

/** What tells one state of a file from another, as far as a server says it, and lets a page of elsewhere read it. */
export interface Validator {
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Bytes of the whole file. */
  readonly size: number | undefined;
}

/** @param numBefore bytes of the file before those of a partial answer, which need not say of how many it is a part */
export function validatorOf({ headers }: Response, numBefore = 0): Validator {
  const length = headers.get("content-length");
  // What is packed for its way is of another length there.
  const own = length === null || headers.has("content-encoding") ? undefined : numBefore + Number(length);
  const range = headers.get("content-range");
  const size = range === null ? own : wholeNumberOf(range.split("/")[1]);
  return { etag: headers.get("etag"), lastModified: headers.get("last-modified"), size };
}

/** Undefined for the star of a server that does not know. */
function wholeNumberOf(text = "*"): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Whether both may be of one state; no, where nothing tells. */
export function isSame(one: Validator, other: Validator): boolean {
  if (one.etag !== null || other.etag !== null) return one.etag === other.etag;
  if (one.lastModified !== other.lastModified) return false;
  if (one.size !== undefined && other.size !== undefined) return one.size === other.size;
  return one.lastModified !== null;
}

/**
 * Bytes as they come, kept a megabyte at a time where there is a store, each piece by where it begins: those of several
 * pages that fetch at once fit together, or are not found.
 */
export class Pieces {
  readonly #store: Cache | undefined;
  readonly #url: string;
  #bytes: Uint8Array[] = [];
  /** Not yet kept. */
  #unkept: Uint8Array[] = [];
  #numKept = 0;
  size = 0;
  validator: Validator = UNKNOWN;

  constructor(store: Cache | undefined, url: string) {
    this.#store = store;
    this.#url = keyOf(url);
  }

  /** What an earlier visit left. */
  async restore(): Promise<void> {
    for (;;) {
      const piece = await this.#store?.match(pieceUrl(this.#url, this.size));
      if (!piece) return;
      const validator = validatorOf(piece);
      if (this.size > 0 && !isSame(validator, this.validator)) return;
      this.validator = validator;
      const bytes = new Uint8Array(await piece.arrayBuffer());
      this.#bytes.push(bytes);
      this.size += bytes.length;
      this.#numKept = this.size;
    }
  }

  async push(bytes: Uint8Array): Promise<void> {
    this.#bytes.push(bytes);
    this.#unkept.push(bytes);
    this.size += bytes.length;
    if (this.#unkept.reduce((sum, { length }) => sum + length, 0) < PIECE_BYTES) return;
    const body = joinBytes(this.#unkept);
    this.#unkept = [];
    const start = this.#numKept;
    this.#numKept += body.length;
    await put(this.#store, pieceUrl(this.#url, start), body, this.validator, start);
  }

  joined(): Uint8Array<ArrayBuffer> {
    return joinBytes(this.#bytes);
  }

  async clear(): Promise<void> {
    for (const request of (await this.#store?.keys()) ?? []) {
      if (isPiece(request.url) && wholeUrl(request.url) === this.#url) await this.#store?.delete(request);
    }
    [this.#bytes, this.#unkept, this.#numKept, this.size, this.validator] = [[], [], 0, 0, UNKNOWN];
  }
}

const UNKNOWN: Validator = { etag: null, lastModified: null, size: undefined };

const PIECE = /[?&]deepspeech-piece=\d+$/;

/** Keys of the store are URLs. The rest of one stays as it is written, so that it is found again. */
function pieceUrl(url: string, start: number): string {
  return `${url}${url.includes("?") ? "&" : "?"}deepspeech-piece=${start}`;
}

/** Whether it is the key of a piece. */
export function isPiece(url: string): boolean {
  return PIECE.test(url);
}

/** The URL of what it is a piece of. */
export function wholeUrl(url: string): string {
  return url.replace(PIECE, "");
}

/** The store does without fragments, and so do servers. */
export function keyOf(url: string): string {
  return url.replace(/#.*$/s, "");
}

/** As all browsers call it, and as Firefox lets one of its own errors through. */
const NO_ROOM = new Set(["QuotaExceededError", "NS_ERROR_FILE_NO_DEVICE_SPACE"]);

/**
 * Keeps bytes under the headers that a server would give them. Nothing is kept where there is no room, or no store.
 *
 * @param start where a piece begins
 */
export async function put(
  store: Cache | undefined,
  url: string,
  bytes: Uint8Array<ArrayBuffer>,
  { etag, lastModified, size }: Validator,
  start = 0,
): Promise<Keeping> {
  if (!store) return { isKept: false };
  const headers = {
    "content-length": String(bytes.length),
    ...(etag !== null && { etag }),
    ...(lastModified !== null && { "last-modified": lastModified }),
    "content-range": `bytes ${start}-${start + bytes.length - 1}/${size ?? "*"}`,
  };
  try {
    await store.put(url, new Response(bytes, { headers }));
    return { isKept: true };
  } catch (cause) {
    if (!NO_ROOM.has((cause as DOMException).name)) return { isKept: false };
    const message = `${url}: the browser has no room to keep it (${bytes.length} bytes); it is used from memory, and fetched again next time`;
    return { isKept: false, notKept: new RecognizerError("quota", message, { cause }) };
  }
}
