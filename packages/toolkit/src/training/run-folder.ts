/** The folder of one run, `runs/<experiment>/version_N`: checkpoints, TensorBoard events, and the configuration. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import {
  createFolder,
  errorMessage,
  removeLeftovers,
  temporaryPathFor,
  UserError,
  writeFileAtomicallySync,
} from "@deepspeech-ts/recognizer/system";
import type { TrainConfig } from "./config.js";

/** Hidden from whoever looks for runs. */
const NEW_FOLDER = ".new";

/** The name of what tells which job a run belongs to (`Place.job`). */
const JOB_FILE = "job.txt";

/**
 * Makes the next version's folder with config.json in it. It is made beside and renamed, so that a run killed meanwhile
 * leaves no folder that is half a run's.
 * @param job to know the run again by where the job is started again. Default: nobody says
 * @throws UserError where it cannot be made: a file in its place, no permission, a full disk
 */
export function createRunFolder(config: TrainConfig, job?: string): string {
  const experiment = join(config.runs, config.experiment);
  try {
    createFolder(experiment);
    removeLeftovers(join(experiment, NEW_FOLDER));
    const prepared = temporaryPathFor(join(experiment, NEW_FOLDER));
    mkdirSync(prepared);
    mkdirSync(join(prepared, "checkpoints"));
    writeConfig(prepared, config);
    if (job !== undefined) writeFileAtomicallySync(join(prepared, JOB_FILE), [Buffer.from(`${job}\n`)]);
    return nameNextVersion(experiment, prepared);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const message = `${experiment}: the run's folder cannot be made there (${errorMessage(error)}); choose another.`;
    throw new UserError(message, { code: "file-not-writable", cause: error });
  }
}

/** The configuration that the run goes on with; the log tells what it changed, and when. */
export function writeConfig(runFolder: string, { resume: _, ...config }: TrainConfig): void {
  writeFileAtomicallySync(configPath(runFolder), [Buffer.from(`${JSON.stringify(config, null, 2)}\n`)]);
}

/** The job that began a run; undefined where nobody said. */
export function startedAs(runFolder: string): string | undefined {
  const path = join(runFolder, JOB_FILE);
  return existsSync(path) ? readFileSync(path, "utf8").trimEnd() : undefined;
}

/** Two runs that start at once get two folders: renaming to one fails where it is there already, with something in it. */
function nameNextVersion(experiment: string, prepared: string): string {
  const versions = readdirSync(experiment).map((name) => Number(/^version_(\d+)$/.exec(name)?.[1] ?? -1));
  for (let version = Math.max(-1, ...versions) + 1; ; version++) {
    const folder = join(experiment, `version_${version}`);
    try {
      renameSync(prepared, folder);
      return folder;
    } catch (error) {
      if (!["EEXIST", "ENOTEMPTY"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
}

export function checkpointPath(runFolder: string, which: "best" | "last" | "averaged"): string {
  return join(runFolder, "checkpoints", `${which}.safetensors`);
}

/** One of the best epochs' checkpoints, counted from 1. */
export function epochCheckpointPath(runFolder: string, epoch: number): string {
  return join(runFolder, "checkpoints", `epoch-${String(epoch).padStart(3, "0")}.safetensors`);
}

/** The epochs, counted from 1, that have a checkpoint of their own. */
export function savedEpochs(runFolder: string): number[] {
  return readdirSync(join(runFolder, "checkpoints")).flatMap((name) => {
    const [, epoch] = /^epoch-(\d+)\.safetensors$/.exec(name) ?? [];
    return epoch === undefined ? [] : [Number(epoch)];
  });
}

/** The configuration that a run was last started with. */
export function configPath(runFolder: string): string {
  return join(runFolder, "config.json");
}
