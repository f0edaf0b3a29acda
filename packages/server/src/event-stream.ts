/** Server-sent events (WHATWG HTML, "Server-sent events"), one JSON object each. */
import { PassThrough } from "node:stream";
import type { FastifyBaseLogger, FastifyReply } from "fastify";
import { logFailure } from "./answer-errors.js";
import { toApiError } from "./api-error.js";

export class EventStream {
  readonly #reply: FastifyReply;
  readonly #stream = new PassThrough();
  #isOpen = false;

  /** Nothing is answered before the first event, so that an error until then can have a status of its own. */
  constructor(reply: FastifyReply) {
    this.#reply = reply;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** After the end nothing is sent: of what was called off, a last result may still arrive. */
  send(event: object): void {
    if (this.#stream.writableEnded) return;
    if (!this.#isOpen) this.#open();
    this.#stream.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  end(): void {
    this.#stream.end();
  }

  /** Tells of an error where the status has been sent long since. */
  fail(error: unknown, log: FastifyBaseLogger): void {
    const answer = toApiError(error);
    logFailure(log, answer);
    this.send(answer.body);
    this.end();
  }

  #open(): void {
    this.#isOpen = true;
    // nginx would hold events back until it has a page of them.
    this.#reply.headers({ "cache-control": "no-cache", "x-accel-buffering": "no" });
    // A client that goes away ends the stream; what is written to it then is lost, as it must be.
    this.#stream.on("error", () => {});
    this.#reply.type("text/event-stream; charset=utf-8").send(this.#stream);
  }
}
