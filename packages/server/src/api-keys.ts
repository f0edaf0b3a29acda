/**
 * Who may use the server. Keys are compared by their hashes, in constant time: how long an answer takes tells nothing of
 * how much of a key was right, nor of its length.
 *
 * A browser cannot send a key with a WebSocket. So who has one may ask for a token, which goes into the URL and is good
 * for a minute: it is the time of its end, signed with what follows from the keys, so that replicas with the same keys
 * take each other's.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { ApiError } from "./api-error.js";

/** To connect in; a stream that has begun goes on. */
export const TOKEN_SECONDS = 60;

export class ApiKeys {
  readonly #hashes: readonly Buffer[];
  readonly #secret: Buffer;

  constructor(keys: readonly string[]) {
    this.#hashes = keys.map(hashOf);
    this.#secret = hashOf(`live token\n${keys.toSorted().join("\n")}`);
  }

  /** @param now milliseconds since 1970 */
  makeToken(now = Date.now()): string {
    const expires = String(Math.ceil(now / 1000) + TOKEN_SECONDS);
    return `${expires}.${this.#signed(expires).toString("base64url")}`;
  }

  /**
   * A token, or else what `check` expects.
   *
   * @throws ApiError 401
   */
  checkToken(token: string | undefined, request: FastifyRequest, now = Date.now()): void {
    if (token === undefined || this.#hashes.length === 0) {
      this.check(request);
      return;
    }
    const [expires = "", signature = ""] = token.split(".");
    const given = Buffer.from(signature, "base64url");
    const own = this.#signed(expires);
    if (given.length !== own.length || !timingSafeEqual(given, own)) {
      throw new ApiError(401, "The token is none of this server's.", { code: "invalid_token" });
    }
    if (Number(expires) * 1000 >= now) return;
    const message = `The token is older than ${TOKEN_SECONDS} s; POST /v1/audio/stream/token gives another.`;
    throw new ApiError(401, message, { code: "expired_token" });
  }

  #signed(expires: string): Buffer {
    return createHmac("sha256", this.#secret).update(expires).digest();
  }

  /**
   * Expects "Authorization: Bearer <key>". Without any keys, everybody may.
   *
   * @throws ApiError 401
   */
  check({ headers }: FastifyRequest): void {
    if (this.#hashes.length === 0) return;
    const [, key] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "") ?? [];
    if (key === undefined) {
      throw new ApiError(401, "An API key is needed: send it as Authorization: Bearer <key>.", {
        code: "missing_api_key",
      });
    }
    if (!this.#isKnown(key)) throw new ApiError(401, "The API key is not known here.", { code: "invalid_api_key" });
  }

  /** Compares with every key, whichever fits. */
  #isKnown(key: string): boolean {
    const hash = hashOf(key);
    return this.#hashes.map((known) => timingSafeEqual(known, hash)).includes(true);
  }
}

function hashOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
