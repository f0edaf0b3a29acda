/**
 * What `deepspeech setup` does: finds libtorch or brings it to the machine, and compiles the add-on into the user's cache,
 * where every project's @deepspeech-ts/torch finds it. In a checkout of this repository `npm run setup` does the same,
 * with these very steps, and more.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { addonFolder, cacheFolder, chooseAddon, findAddon } from "../dist/addon-path.js";
import { Context } from "./context.mjs";
import { provideLibtorch } from "./libtorch.mjs";
import { withLock } from "./lock.mjs";
import { compileNative, knownLibtorch, nativeStamp } from "./native.mjs";
import { checkNode, runSteps } from "./run-steps.mjs";
import { provideBlas, provideGloo, provideToolchain } from "./toolchain.mjs";

export { SetupError } from "./context.mjs";

/** Letters of the stamp in a folder's name: enough that no two builds on one machine meet. */
const STAMP_LETTERS = 12;

/**
 * Prints a line for each step; what is done already is skipped.
 *
 * @param {{ verbose?: boolean, force?: boolean }} [options] show every command's output; look at everything anew
 * @returns {Promise<string>} the add-on's path
 * @throws SetupError that says how the reader can mend what is missing
 */
export async function setUp({ verbose = false, force = false } = {}) {
  const folder = join(cacheFolder(), "setup");
  mkdirSync(folder, { recursive: true });
  const context = new Context(folder, { folder, verbose, force });
  const onWait = (/** @type {number} */ holder) => console.log(`… waiting for another set-up (process ${holder})`);
  await withLock(folder, onWait, () =>
    runSteps(context, [
      ["Node", checkNode],
      ["compiler and CMake", provideToolchain],
      ["libtorch", provideLibtorch],
      ["BLAS", provideBlas],
      ["Gloo", provideGloo],
      ["native add-on", buildAddon],
    ]),
  );
  return /** @type {string} */ (findAddon());
}

/**
 * Compiles beside the place where the add-on will lie, and moves it there whole.
 *
 * @param {Context} context
 */
async function buildAddon(context) {
  const libtorch = knownLibtorch(context);
  const stamp = nativeStamp(libtorch);
  const addon = join(addonFolder(), `libtorch-${libtorch.version}-${stamp.slice(0, STAMP_LETTERS)}`, "torch.node");
  const isBuilt = existsSync(addon) && !context.force;
  if (!isBuilt) {
    const build = join(dirname(addon), "build");
    mkdirSync(dirname(addon), { recursive: true });
    await compileNative(context, libtorch, build);
    renameSync(join(build, basename(addon)), addon);
    rmSync(build, { recursive: true });
  }
  chooseAddon(addon);
  return `${isBuilt ? "up to date" : "built"}, ${addon}`;
}
