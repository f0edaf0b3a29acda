/**
 * Makes a fresh clone ready to use: npm packages, compiler, libtorch, the native add-on, the compiled TypeScript.
 *
 * Needs Node and git alone, so it is plain JavaScript and imports nothing but Node's own modules. Each step looks
 * first whether it is needed; run again, the whole takes well under two seconds and starts no process.
 */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Context, SetupError } from "./setup/context.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { provideLibtorch } from "./setup/libtorch.mjs";
import { withLock } from "./setup/lock.mjs";
import { buildNative } from "./setup/native.mjs";
import { provideBlas, provideToolchain } from "./setup/toolchain.mjs";
import { compileTypescript } from "./setup/typescript.mjs";

/** @typedef {(context: Context) => Promise<string>} Step */

const OLDEST_NODE = 20;

const HELP = `Usage: npm run setup -- [options]

Prepares this repository: installs the npm packages, finds or installs libtorch,
compiles the native add-on and the TypeScript. What is done already is skipped.

Options:
  --verbose  show the output of every command
  --force    look at everything anew, whatever the last run found
  --help     show this text

Environment:
  LIBTORCH         a libtorch folder to use (holding include/, lib/ and share/)
  LIBTORCH_URL     an archive to download where no libtorch is found
  LIBTORCH_SHA256  the SHA-256 that this archive must have
`;

/** @type {[name: string, step: Step][]} */
const STEPS = [
  ["Node", checkNode],
  ["npm packages", installDependencies],
  ["compiler and CMake", provideToolchain],
  ["libtorch", provideLibtorch],
  ["BLAS", provideBlas],
  ["native add-on", buildNative],
  ["TypeScript", compileTypescript],
];

/** @type {Step} */
async function checkNode() {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= OLDEST_NODE) return node;
  throw new SetupError(`Node ${node} is too old. Install Node ${OLDEST_NODE} or later from https://nodejs.org.`);
}

/** @param {Context} context */
async function runSteps(context) {
  for (const [name, step] of STEPS) {
    const start = performance.now();
    const announcement = setTimeout(() => console.log(`… ${name}`), 1000);
    try {
      const result = await step(context);
      console.log(`${result.startsWith("warning") ? "!" : "✓"} ${name}: ${result} (${seconds(start)})`);
    } catch (error) {
      if (error instanceof SetupError) error.message = `✗ ${name} (${seconds(start)})\n${error.message}`;
      throw error;
    } finally {
      clearTimeout(announcement);
    }
  }
}

/** @param {number} start */
function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

function parseOptions() {
  const boolean = /** @type {const} */ ({ type: "boolean", default: false });
  try {
    return parseArgs({ options: { verbose: boolean, force: boolean, help: boolean } }).values;
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
  const onWait = (/** @type {number} */ holder) => console.log(`… waiting for another set-up (process ${holder})`);
  await withLock(context.folder, onWait, () => runSteps(context));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
