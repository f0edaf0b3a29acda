/**
 * The browsers that the tests open pages in. Nothing else needs them, and together they take 600 MB: they are installed
 * only where the set-up is told that tests follow.
 */

import { hasCommand, SetupError } from "../../packages/torch/setup/context.mjs";
import { canInstallPackages, installPackages } from "../../packages/torch/setup/system-packages.mjs";

/** Debian's packages, with the programs any of which serves as well: those that the tests look for. */
const BROWSERS = {
  chromium: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
  "firefox-esr": ["firefox-esr"],
};

/**
 * Where one cannot be installed, its tests are skipped, and say so.
 *
 * @param {import("../../packages/torch/setup/context.mjs").Context} context
 * @returns {Promise<string>} what was found or done
 */
export async function provideBrowsers(context) {
  const missing = Object.entries(BROWSERS).flatMap(([name, programs]) => (programs.some(hasCommand) ? [] : [name]));
  if (missing.length === 0) return "found";
  const names = missing.join(" ");
  const warning = `warning: no ${missing.join(" and no ")}, so their tests are skipped; sudo apt-get install ${names}`;
  if (!canInstallPackages()) return warning;
  try {
    await installPackages(context, missing, "tests open pages in browsers");
    return `installed ${names}`;
  } catch (error) {
    // No network, or a distribution without them: all but these tests works.
    if (!(error instanceof SetupError)) throw error;
    return warning;
  }
}
