/** The real command, in a process of its own, as a person runs it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

/** The tests run from build/test/e2e. */
const ROOT = new URL("../../../", import.meta.url);
export const COMMAND = rootPath("packages/deepspeech/bin/deepspeech.mjs");
export const SERVER = rootPath("packages/server/bin/deepspeech-server.mjs");

export function rootPath(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

export interface Outcome {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A process whose output can be watched as it comes. */
export class Running {
  stdout = "";
  stderr = "";
  readonly ended: Promise<Outcome>;
  readonly #child: ChildProcess;

  constructor(program: string, words: readonly string[], cwd = process.cwd()) {
    const child = spawn(program, words, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.stdout.on("data", (chunk) => {
      this.stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      this.stderr += chunk;
    });
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (exitCode) => resolve({ exitCode, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  /** Waits until the text stands in what was printed, on either stream. Fails where the process ends without it. */
  async printed(text: string): Promise<void> {
    const outcome = await Promise.race([this.ended, this.#grown(text)]);
    if (outcome && !this.#has(text)) {
      throw new Error(`'${text}' was never printed; exit code ${outcome.exitCode}\n${this.stdout}\n${this.stderr}`);
    }
  }

  #grown(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = () => this.#has(text) && resolve();
      this.#child.stdout?.on("data", look);
      this.#child.stderr?.on("data", look);
      look();
    });
  }

  #has(text: string): boolean {
    return this.stdout.includes(text) || this.stderr.includes(text);
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  terminate(): void {
    this.#child.kill("SIGTERM");
  }
}

export function start(...words: string[]): Running {
  return new Running(process.execPath, [COMMAND, ...words]);
}

export function deepspeech(...words: string[]): Promise<Outcome> {
  return start(...words).ended;
}

export async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deepspeech-e2e-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Flags that make a run a matter of seconds: a tiny model, one thread, and two chapters of the sample corpus. */
export function tinyRun(runs: string): string[] {
  return [
    ...["--train", rootPath("sample-corpus/dev/1/8"), "--dev", rootPath("sample-corpus/dev/1/3"), "--test", ""],
    ...["--runs", runs, "--experiment", "tiny", "--epochs", "1", "--max-batch-seconds", "15"],
    ...["--threads", "1", "--workers", "1", "--features.num-mels", "16"],
    ...["--model.conv-channels", "2", "--model.residual-layers", "1"],
    ...["--model.recurrent-layers", "1", "--model.hidden-size", "8"],
  ];
}
