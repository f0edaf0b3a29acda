/**
 * What only the tests use: the browsers that they open pages in, Clang, by which they compile the add-on a second time, and
 * the shells whose completions they try. Together these take 800 MB: they are installed only where tests follow.
 */

import { hasCommand, SetupError } from "../../packages/torch/setup/context.mjs";
import { canInstallPackages, installPackages } from "../../packages/torch/setup/system-packages.mjs";

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
  const missing = Object.entries(PROGRAMS).flatMap(([name, programs]) => (programs.some(hasCommand) ? [] : [name]));
  if (missing.length === 0) return "found";
  const names = missing.join(" ");
  const warning = `warning: no ${missing.join(" and no ")}, so less is tested; sudo apt-get install ${names}`;
  if (!canInstallPackages()) return warning;
  try {
    await installPackages(context, missing, "tests need them");
    return `installed ${names}`;
  } catch (error) {
    // No network, or a distribution without them: all but these tests works.
    if (!(error instanceof SetupError)) throw error;
    return warning;
  }
}
