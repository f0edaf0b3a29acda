/** Which run goes on where all processes were started again after one of them died. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TrainConfig } from "../config.js";
import { configPath, startedAs } from "../run-folder.js";
import type { Place } from "./place.js";

/**
 * @returns the newest run of this very configuration, begun by an earlier attempt of this very job; undefined at the first
 * start, and where there is none. Where nobody says what the job is, the configuration decides
 */
export function runOfEarlierAttempt(config: TrainConfig, place: Place | undefined): string | undefined {
  if (!place || place.restarts === 0) return undefined;
  const experiment = join(config.runs, config.experiment);
  const versions = namesIn(experiment)
    .flatMap((name) => /^version_(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
  return versions
    .map((version) => join(experiment, `version_${version}`))
    .find((run) => startedAs(run) === place.job && isRunOf(run, config));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** But for what a run finds out by itself. */
function isRunOf(runFolder: string, config: TrainConfig): boolean {
  const essence = ({ resume: _, maxBatchSeconds: __, device: ___, threads: ____, ...rest }: TrainConfig) =>
    JSON.stringify(rest);
  try {
    return essence(JSON.parse(readFileSync(configPath(runFolder), "utf8")) as TrainConfig) === essence(config);
  } catch {
    return false;
  }
}
