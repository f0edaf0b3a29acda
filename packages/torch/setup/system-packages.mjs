/**
 * Debian's and Ubuntu's packages. Only they are installed from here: on other systems the reader is told what to
 * install.
 */

import { spawnSync } from "node:child_process";
import { hasCommand } from "./context.mjs";

/** @typedef {import("./context.mjs").Context} Context */

let isIndexFresh = false;

/** Whether apt-get is here and can be run as root without asking for a password. */
export function canInstallPackages() {
  return hasCommand("apt-get") && rootPrefix() !== undefined;
}

/**
 * Installs packages, after saying so.
 *
 * @param {Context} context
 * @param {string[]} names
 * @param {string} why
 */
export async function installPackages(context, names, why) {
  process.stdout.write(`… ${why}: installing ${names.join(" ")} with apt-get\n`);
  await updateIndex(context);
  await apt(context, ["install", "-y", "--no-install-recommends", ...names]);
}

/**
 * The version of `name` that apt-get would install.
 *
 * @param {Context} context
 * @param {string} name
 * @returns {Promise<string | undefined>} undefined where the distribution has no such package
 */
export async function candidateVersion(context, name) {
  await updateIndex(context);
  const policy = await context.run("apt-cache", ["policy", name], { env: { LC_ALL: "C" } });
  const candidate = /Candidate: (\S+)/.exec(policy)?.[1];
  return candidate === "(none)" ? undefined : candidate;
}

/** @param {Context} context */
async function updateIndex(context) {
  if (isIndexFresh) return;
  await apt(context, ["update"]);
  isIndexFresh = true;
}

/**
 * @param {Context} context
 * @param {string[]} args
 */
async function apt(context, args) {
  // `env` behind sudo: sudo drops most variables of its caller.
  const command = [...(rootPrefix() ?? []), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", ...args];
  await context.run(/** @type {string} */ (command[0]), command.slice(1));
}

/**
 * What to put before a command for it to run as root.
 *
 * @returns {string[] | undefined} undefined where that is not possible without a password
 */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (!hasCommand("sudo")) return undefined;
  return spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0 ? ["sudo", "-n"] : undefined;
}
