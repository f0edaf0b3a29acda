/**
 * A side of a comparison: a process that has one task ready and runs it whenever it is asked to, so that both sides can
 * take turns and a busy neighbour disturbs them alike. While it is not asked it is stopped: threads that spin while they
 * wait (OMP_WAIT_POLICY=ACTIVE) would otherwise take a core from the other side.
 *
 * The protocol, a line each: the process gets its task as JSON in its last argument and answers `{"version"}` when it is
 * ready. To "run" it answers `{"wallMs", "cpuMs"}`, to "peak" `{"peakMegabytes"}`, and when its input ends it ends.
 */
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

export type Side = "ours" | "reference";

/** What a task is, and on how many threads it runs. Everything else in it is the task's own. */
export interface Task {
  task: string;
  threads: number;
  [option: string]: unknown;
}

export interface Timing {
  wallMs: number;
  cpuMs: number;
}

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const OURS = fileURLToPath(new URL("./ours.js", import.meta.url));

/** The Python that has PyTorch and torchaudio: $PYTHON, or the first of the usual ones; undefined where none has. */
export function findReferencePython(): string | undefined {
  const candidates = [process.env.PYTHON, "python3", "/usr/bin/python3"].filter((each) => each !== undefined);
  return candidates.find((python) => spawnSync(python, ["-c", "import torch, torchaudio, numpy"]).status === 0);
}

export class Contestant implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  #version = "";

  private constructor(command: readonly [string, ...string[]], env: NodeJS.ProcessEnv) {
    const [program, ...words] = command;
    this.#child = spawn(program, words, { cwd: ROOT, env, stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts a process and waits until its task is ready. */
  static async start(
    side: Side,
    task: Task,
    settings: { python: string; env: NodeJS.ProcessEnv },
  ): Promise<Contestant> {
    const program: [string, ...string[]] =
      side === "ours" ? [process.execPath, OURS] : [settings.python, "bench/reference/worker.py"];
    const contestant = new Contestant([...program, JSON.stringify(task)], settings.env);
    contestant.#version = (await contestant.#answer<{ version: string }>()).version;
    contestant.#child.kill("SIGSTOP");
    return contestant;
  }

  get version(): string {
    return this.#version;
  }

  run(): Promise<Timing> {
    return this.#ask("run");
  }

  /** The most memory the process has held so far. */
  async peakMegabytes(): Promise<number> {
    return (await this.#ask<{ peakMegabytes: number }>("peak")).peakMegabytes;
  }

  async #ask<T>(request: string): Promise<T> {
    this.#child.kill("SIGCONT");
    this.#child.stdin.write(`${request}\n`);
    const answer = await this.#answer<T>();
    this.#child.kill("SIGSTOP");
    return answer;
  }

  async #answer<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#child.spawnargs.join(" ")} ended without an answer.`);
    return JSON.parse(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGCONT");
    this.#child.stdin.end();
    await exited;
  }
}
