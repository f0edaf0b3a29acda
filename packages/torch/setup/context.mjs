/**
 * What every step of the set-up shares: where things lie, what the last run left behind, and how a command is run so
 * that its full output is kept in a log while the terminal shows one line a step.
 */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** @typedef {import("./libtorch.mjs").Libtorch} Libtorch */

/**
 * What the last run did, in state.json. A stamp is the hash of all that a step's result depends on.
 *
 * @typedef {object} State
 * @property {string} [dependencies] stamp of the npm packages
 * @property {Libtorch} [libtorch] where libtorch was found
 * @property {string} [libtorchRequest] the LIBTORCH and LIBTORCH_VARIANT it was found under
 * @property {string} [native] stamp of the native add-on
 * @property {string} [typescript] stamp of the compiled TypeScript
 */

const TAIL_LINES = 20;

/** A failure that the reader can mend: its message says how. */
export class SetupError extends Error {}

/** One run of the set-up. */
export class Context {
  /** @type {State} */
  state;
  #logStarted = false;

  /**
   * @param {string} root where commands run: the repository, or the folder in which what is set up goes
   * @param {{ folder?: string, verbose?: boolean, force?: boolean }} [options] `folder` keeps state, log and downloads;
   *   .setup in the root by default
   */
  constructor(root, { folder = join(root, ".setup"), verbose = false, force = false } = {}) {
    this.root = root;
    this.folder = folder;
    this.logPath = join(this.folder, "log.txt");
    this.verbose = verbose;
    this.force = force;
    mkdirSync(this.folder, { recursive: true });
    this.state = force ? {} : readState(join(this.folder, "state.json"));
  }

  /**
   * Records what a step did. Written to a temporary name and renamed: an interrupted run leaves the old state.
   *
   * @param {Partial<State>} changes
   */
  save(changes) {
    Object.assign(this.state, changes);
    const path = join(this.folder, "state.json");
    writeFileSync(`${path}.tmp`, `${JSON.stringify(this.state, null, 2)}\n`);
    renameSync(`${path}.tmp`, path);
  }

  /**
   * Runs a command in the root folder; its output goes to the log.
   *
   * @param {string} command
   * @param {string[]} args
   * @param {{ env?: Record<string, string> }} [options] further environment variables
   * @returns {Promise<string>} what it printed
   * @throws SetupError with the last lines printed, where the command is missing or fails
   */
  async run(command, args, { env = {} } = {}) {
    const line = [command, ...args].join(" ");
    this.log(`\n$ ${line}\n`);
    const { output, problem } = await capture(command, args, { ...process.env, ...env }, this.root, (text) => {
      this.log(text);
      if (this.verbose) process.stdout.write(text);
    });
    if (problem === undefined) return output;
    const tail = output.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
    throw new SetupError(`${tail}\n\n\`${line}\` ${problem}.\nThe whole output is in ${this.logPath}`);
  }

  /** @param {string} text */
  log(text) {
    if (this.#logStarted) appendFileSync(this.logPath, text);
    else writeFileSync(this.logPath, text);
    this.#logStarted = true;
  }
}

/**
 * @param {string} path
 * @returns {State}
 */
function readState(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    // Missing or damaged: every step then looks for itself, and the state is written anew.
    return {};
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {string} cwd
 * @param {(text: string) => void} onText
 * @returns {Promise<{ output: string, problem: string | undefined }>}
 */
function capture(command, args, env, cwd, onText) {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
        output += text;
        onText(text);
      });
    }
    child.on("error", (error) => resolve({ output, problem: `could not be started (${error.message})` }));
    child.on("close", (code, signal) => {
      const problem = signal === null ? `ended with status ${code}` : `was stopped by ${signal}`;
      resolve({ output, problem: code === 0 ? undefined : problem });
    });
  });
}

/**
 * Whether `name` is a command on the PATH. No process is started: a set-up already done must be quick.
 *
 * @param {string} name
 */
export function hasCommand(name) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)));
}

/**
 * SHA-256 of the parts, hexadecimal.
 *
 * @param {(string | Buffer)[]} parts
 */
export function stampOf(parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

/**
 * All files under `folder`, as sorted paths; none where the folder is missing.
 *
 * @param {string} folder
 * @param {(path: string) => boolean} accepts
 * @returns {string[]}
 */
export function filesUnder(folder, accepts) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules")
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesUnder(path, accepts);
      return accepts(path) ? [path] : [];
    })
    .sort();
}
