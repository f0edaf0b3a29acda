/**
 * Makes a fresh clone ready to use: npm packages, compiler, libtorch, the native add-on, the compiled TypeScript.
 *
 * Needs Node and git alone, so it is plain JavaScript and imports nothing but Node's own modules; what is not about this
 * repository is in packages/torch/setup, which `deepspeech setup` runs too. Each step looks
 * first whether it is needed; run again, the whole takes well under two seconds and starts no process.
 */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Context, SetupError } from "../packages/torch/setup/context.mjs";
import { provideLibtorch } from "../packages/torch/setup/libtorch.mjs";
import { withLock } from "../packages/torch/setup/lock.mjs";
import { buildNative } from "../packages/torch/setup/native.mjs";
import { checkNode, runSteps } from "../packages/torch/setup/run-steps.mjs";
import { provideBlas, provideGloo, provideToolchain } from "../packages/torch/setup/toolchain.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { provideTestPrograms } from "./setup/test-programs.mjs";
import { compileTypescript } from "./setup/typescript.mjs";

/** @typedef {import("../packages/torch/setup/run-steps.mjs").Step} Step */

const HELP = `Usage: npm run setup -- [options]

Prepares this repository: installs the npm packages, finds or installs libtorch,
compiles the native add-on and the TypeScript. What is done already is skipped.

Options:
  --verbose  show the output of every command
  --force    look at everything anew, whatever the last run found
  --tests    install what only the tests use, where apt-get can: browsers, Clang, shells
  --help     show this text

Environment:
  LIBTORCH          a libtorch folder to use (holding include/, lib/ and share/)
  LIBTORCH_VARIANT  cuda: only one that NVIDIA GPUs can use; cpu: none is downloaded for them
  LIBTORCH_URL      another archive to download where no libtorch is found
  LIBTORCH_SHA256   the SHA-256 that this archive must have
`;

/** @type {[name: string, step: Step][]} */
const STEPS = [
  ["Node", checkNode],
  ["npm packages", installDependencies],
  ["compiler and CMake", provideToolchain],
  ["libtorch", provideLibtorch],
  ["BLAS", provideBlas],
  ["Gloo", provideGloo],
  ["native add-on", buildNative],
  ["TypeScript", compileTypescript],
];
/** @type {[name: string, step: Step]} */
const TEST_PROGRAMS = ["programs for the tests", provideTestPrograms];

function parseOptions() {
  const boolean = /** @type {const} */ ({ type: "boolean", default: false });
  try {
    return parseArgs({ options: { verbose: boolean, force: boolean, tests: boolean, help: boolean } }).values;
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n\n${HELP}`);
    process.exit(2);
  }
}

const options = parseOptions();
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
try {
  const context = new Context(dirname(dirname(fileURLToPath(import.meta.url))), options);
  const steps = options.tests ? [...STEPS, TEST_PROGRAMS] : STEPS;
  const onWait = (/** @type {number} */ holder) => console.log(`… waiting for another set-up (process ${holder})`);
  await withLock(context.folder, onWait, () => runSteps(context, steps));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
