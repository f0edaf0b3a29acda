/**
 * What only the tests use: the browsers that they open pages in, Clang, by which they compile the add-on a second time, and
 * the shells whose completions they try. Together these take 800 MB: they are installed only where tests follow.
 */

import { hasCommand, SetupError } from "../../packages/torch/setup/context.mjs";
import { candidateVersion, canInstallPackages, installPackages } from "../../packages/torch/setup/system-packages.mjs";

/** Debian's packages, with the programs any of which serves as well: those that the tests look for. */
const PROGRAMS = {
  chromium: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
  "firefox-esr": ["firefox-esr"],
  clang: ["clang++"],
  zsh: ["zsh"],
  fish: ["fish"],
};

/**
 * Where one cannot be installed, its tests do without, and say so.
 *
 * @param {import("../../packages/torch/setup/context.mjs").Context} context
 * @returns {Promise<string>} what was found or done
 */
export async function provideTestPrograms(context) {
  const missing = Object.keys(PROGRAMS).filter(isMissing);
  if (missing.length === 0) return "found";
  try {
    const names = canInstallPackages() ? await known(context, missing) : [];
    if (names.length > 0) await installPackages(context, names, "tests need them");
  } catch (error) {
    // No network: all but these tests works.
    if (!(error instanceof SetupError)) throw error;
  }
  const left = missing.filter(isMissing);
  if (left.length === 0) return `installed ${missing.join(" ")}`;
  return `warning: no ${left.join(" and no ")}, so less is tested; sudo apt-get install ${left.join(" ")}`;
}

/** @param {string} name */
function isMissing(name) {
  return !PROGRAMS[/** @type {keyof typeof PROGRAMS} */ (name)].some(hasCommand);
}

/**
 * Those that the distribution has: apt-get installs all or none. Ubuntu, for one, lacks firefox-esr.
 *
 * @param {import("../../packages/torch/setup/context.mjs").Context} context
 * @param {string[]} names
 */
async function known(context, names) {
  const found = [];
  for (const name of names) if ((await candidateVersion(context, name)) !== undefined) found.push(name);
  return found;
}
