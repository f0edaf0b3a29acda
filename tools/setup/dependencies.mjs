/**
 * The npm packages of all workspaces.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hasCommand, SetupError, stampOf } from "../../packages/torch/setup/context.mjs";

/**
 * Installs the packages where they are missing or older than the manifests.
 *
 * @param {import("../../packages/torch/setup/context.mjs").Context} context
 * @returns {Promise<string>} what was done
 */
export async function installDependencies(context) {
  const modules = join(context.root, "node_modules");
  const isInstalled = existsSync(join(modules, ".package-lock.json"));
  if (isInstalled && context.state.dependencies === manifestStamp(context.root)) return "up to date";

  if (!hasCommand("npm")) throw new SetupError("npm is missing. Install it: it comes with Node (https://nodejs.org).");
  // `install` keeps to the lock file's versions. Not `ci`: it refuses a lock file made on another platform, whose
  // optional packages differ. `--no-save`: the set-up changes no file that git tracks.
  // onnxruntime-node's install script would fetch CUDA's parts where it sees a CUDA compiler; the processor's are packed.
  const env = { ONNXRUNTIME_NODE_INSTALL: "skip" };
  await context.run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], { env });
  context.save({ dependencies: manifestStamp(context.root) });
  return "installed";
}

/** @param {string} root */
function manifestStamp(root) {
  const folders = ["packages", "apps"].flatMap((parent) => {
    const folder = join(root, parent);
    return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  });
  const manifests = [root, ...folders.sort()].map((folder) => join(folder, "package.json"));
  const paths = [join(root, "package-lock.json"), ...manifests].filter((path) => existsSync(path));
  return stampOf(paths.flatMap((path) => [path.slice(root.length), readFileSync(path)]));
}
