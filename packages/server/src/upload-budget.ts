/** Bounds the memory of all uploads together: each sets its size aside before its first byte is read. */
import { ApiError } from "./api-error.js";

const RETRY_SECONDS = 2;

export class UploadBudget {
  readonly #maxBytes: number;
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Sets bytes aside; dispose them when the upload is no longer needed.
   *
   * @throws ApiError 429 where other uploads hold too much
   */
  hold(bytes: number): Disposable {
    if (this.#heldBytes > 0 && this.#heldBytes + bytes > this.#maxBytes) {
      throw new ApiError(429, `Too much is being uploaded at this moment. Try again in ${RETRY_SECONDS} s.`, {
        code: "server_busy",
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
    this.#heldBytes += bytes;
    return {
      [Symbol.dispose]: () => {
        this.#heldBytes -= bytes;
      },
    };
  }
}
