/** All runs below the folders that are watched, as they stand whenever one looks. */

import type { RunSummary } from "./page/api-types.js";
import { findRunFolders, runIdOf } from "./run-folders.js";
import { WatchedRun } from "./watched-run.js";

export class Catalogue {
  readonly #runs = new Map<string, WatchedRun>();
  #looking: Promise<void> | null = null;

  constructor(readonly folders: readonly string[]) {}

  /** Finds new runs, and reads what the logs have gained. Who calls while another look is going on waits for that one. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  get(id: string): WatchedRun | undefined {
    return this.#runs.get(id);
  }

  /** The newest first. */
  summaries(): RunSummary[] {
    const summaries = [...this.#runs.values()].map((run) => run.summary());
    return summaries.sort((a, b) => b.startedAt - a.startedAt || b.colour - a.colour);
  }

  async #look(): Promise<void> {
    const folders = new Map((await findRunFolders(this.folders)).map((folder) => [runIdOf(folder), folder]));
    for (const id of this.#runs.keys()) if (!folders.has(id)) this.#runs.delete(id);
    for (const run of this.#runs.values()) await run.look();
    const fresh = [...folders].filter(([id]) => !this.#runs.has(id)).map(([id, folder]) => new WatchedRun(id, folder));
    for (const run of fresh) await run.look();
    // In the order they began, so that each new run takes a new colour and none changes its own.
    fresh.sort((a, b) => a.startedAt - b.startedAt);
    for (const run of fresh) {
      run.colour = this.#nextColour();
      this.#runs.set(run.id, run);
    }
  }

  #nextColour(): number {
    return Math.max(-1, ...[...this.#runs.values()].map(({ colour }) => colour)) + 1;
  }
}
