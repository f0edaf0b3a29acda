/**
 * Who may use the server. Keys are compared by their hashes, in constant time: how long an answer takes tells nothing of
 * how much of a key was right, nor of its length.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { ApiError } from "./api-error.js";

export class ApiKeys {
  readonly #hashes: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#hashes = keys.map(hashOf);
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
