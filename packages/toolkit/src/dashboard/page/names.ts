/** What a run is called, and how it stands, in words. */
import type { RunSummary } from "./api-types.js";

export function runName({ experiment, version }: Pick<RunSummary, "experiment" | "version">): string {
  return `${experiment}/${version}`;
}

/** "running", "finished: all epochs are done" */
export function stateText({ state, ending }: Pick<RunSummary, "state" | "ending">): string {
  return ending === null ? state : `${state}: ${ending}`;
}
