/**
 * Tells open pages what is new: Server-Sent Events (WHATWG HTML, section 9.2), which a browser takes up again by itself.
 * Logs are looked at while somebody watches, and never else. Looking, rather than waiting for the system to report
 * changes, works on network folders too, and for a run in any process.
 */
import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import type { Catalogue } from "./catalogue.js";

const LOOK_MILLISECONDS = 1000;
/** Without a word for longer, proxies take a connection for dead. */
const QUIET_LOOKS = 15;

export class LiveUpdates {
  readonly #watchers = new Set<ServerResponse>();
  #timer: NodeJS.Timeout | undefined;
  #told = "";
  #quietLooks = 0;

  constructor(readonly catalogue: Catalogue) {}

  /** Sends the list of runs now, and again whenever something in it changes, until the page is gone. */
  async watch(reply: FastifyReply): Promise<void> {
    reply.hijack();
    const response = reply.raw;
    const headers = reply.getHeaders() as Record<string, string>;
    response.writeHead(200, { ...headers, "content-type": "text/event-stream", "cache-control": "no-store" });
    // The first look at long logs takes seconds, and the page says so meanwhile.
    response.flushHeaders();
    response.on("close", () => this.#leave(response));
    await this.catalogue.look();
    if (response.destroyed) return;
    response.write(messageOf(this.#runsNow()));
    this.#watchers.add(response);
    this.#lookSoon();
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.end();
    this.#watchers.clear();
    clearTimeout(this.#timer);
  }

  #leave(response: ServerResponse): void {
    this.#watchers.delete(response);
    if (this.#watchers.size === 0) clearTimeout(this.#timer);
  }

  async #tell(): Promise<void> {
    await this.catalogue.look();
    const runs = this.#runsNow();
    const isNew = runs !== this.#told;
    this.#quietLooks = isNew ? 0 : this.#quietLooks + 1;
    const isTime = this.#quietLooks % QUIET_LOOKS === QUIET_LOOKS - 1;
    const message = isNew ? messageOf(runs) : isTime ? ": still here\n\n" : "";
    if (message) for (const watcher of this.#watchers) watcher.write(message);
    this.#told = runs;
    if (this.#watchers.size > 0) this.#lookSoon();
  }

  #lookSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), LOOK_MILLISECONDS);
  }

  #runsNow(): string {
    return JSON.stringify({ folders: this.catalogue.folders, runs: this.catalogue.summaries() });
  }
}

function messageOf(json: string): string {
  return `event: runs\ndata: ${json}\n\n`;
}
