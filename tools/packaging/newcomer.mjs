/**
 * Somebody who has nothing but Node: a home that holds no caches, empty folders to install into, and a registry with our
 * packages as they are packed; every other host is out of reach.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packAll } from "./pack.mjs";
import { startRegistry } from "./registry.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));
/** A small model of one voice: see test/fixtures/bundles/README.md. */
export const bundle = join(root, "test/fixtures/bundles/quickstart-fp16.dsb");
export const recording = join(root, "test/fixtures/audio/speech-16k.wav");

/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:9";

/** @param {string} name of a package's folder */
export function readme(name) {
  return readFileSync(join(root, "packages", name, "README.md"), "utf8");
}

export class Newcomer {
  #workplace = mkdtempSync(join(tmpdir(), "deepspeech-installed-"));
  #home = this.emptyFolder("home");
  /** @type {import("./registry.mjs").Registry | undefined} */
  #registry;

  /** Packs our packages, and starts the registry. */
  async arrive() {
    this.#registry = await startRegistry(root, packAll(root, this.emptyFolder("tarballs")));
  }

  leave() {
    this.#registry?.close();
    rmSync(this.#workplace, { recursive: true, force: true });
  }

  /**
   * @param {string} name
   * @returns {string} an empty folder
   */
  emptyFolder(name) {
    const folder = join(this.#workplace, name);
    mkdirSync(folder);
    return folder;
  }

  /**
   * Nothing of the npm that runs these tests, and nothing of this repository on the path.
   *
   * @param {Record<string, string>} [more]
   * @returns {NodeJS.ProcessEnv}
   */
  environment(more = {}) {
    const kept = Object.entries(process.env).filter(
      ([name]) => !/^(npm_|node_test|node_options|init_cwd|xdg_)/i.test(name),
    );
    const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
    return {
      ...Object.fromEntries(kept),
      PATH: path.join(delimiter),
      HOME: this.#home,
      npm_config_registry: this.#registry?.url,
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_update_notifier: "false",
      HTTP_PROXY: NOWHERE,
      HTTPS_PROXY: NOWHERE,
      NO_PROXY: "127.0.0.1",
      GLOBAL_AGENT_HTTP_PROXY: NOWHERE,
      GLOBAL_AGENT_HTTPS_PROXY: NOWHERE,
      ...more,
    };
  }

  /**
   * Types a command into a shell. Not synchronous: the registry answers meanwhile.
   *
   * @param {string} command
   * @param {string} cwd
   * @param {Record<string, string>} [more] variables
   * @returns {Promise<{ status: number | null, stdout: string, stderr: string }>}
   */
  async type(command, cwd, more = {}) {
    const child = spawn(command, { cwd, env: this.environment(more), shell: true, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    const [status] = await once(child, "close");
    return { status, stdout, stderr };
  }

  /**
   * Types a command that must do what it says.
   *
   * @param {string} command
   * @param {string} cwd
   * @param {Record<string, string>} [more]
   * @returns {Promise<string>} what it printed on standard output
   */
  async succeed(command, cwd, more) {
    const { status, stdout, stderr } = await this.type(command, cwd, more);
    assert.equal(status, 0, `${command}\n${stdout}\n${stderr}`);
    return stdout;
  }
}
