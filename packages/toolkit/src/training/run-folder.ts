/** The folder of one run, `runs/<experiment>/version_N`: checkpoints, TensorBoard events, and the configuration. */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomicallySync } from "../files.js";
import type { TrainConfig } from "./config.js";

/** Makes the next version's folder and writes config.json into it. */
export function createRunFolder(config: TrainConfig): string {
  const experiment = join(config.runs, config.experiment);
  mkdirSync(experiment, { recursive: true });
  const folder = makeNextVersion(experiment);
  mkdirSync(join(folder, "checkpoints"));
  const json = new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`);
  writeFileAtomicallySync(join(folder, "config.json"), [json]);
  return folder;
}

/** Two runs that start at once get two folders: making one fails where it is there already. */
function makeNextVersion(experiment: string): string {
  const versions = readdirSync(experiment).map((name) => Number(/^version_(\d+)$/.exec(name)?.[1] ?? -1));
  for (let version = Math.max(-1, ...versions) + 1; ; version++) {
    const folder = join(experiment, `version_${version}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

export function checkpointPath(runFolder: string, which: "best" | "last"): string {
  return join(runFolder, "checkpoints", `${which}.safetensors`);
}
