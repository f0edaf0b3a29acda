/**
 * One process at a time trains in a run's folder: two that resume it would each write over what the other has done.
 *
 * The folder has a file that tells who trains there. A killed process leaves it behind. Whether that process is over can
 * be seen on the same machine; of another machine's, its file tells, which is touched as long as it trains.
 */
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  explainReadError,
  explainWriteError,
  isOver,
  ownMark,
  systemErrorCode,
  temporaryPathFor,
  UserError,
} from "@deepspeech-ts/recognizer/system";

const TOUCH_SECONDS = 15;
/** So long another machine's file is watched at most: a step of training may last, and touches wait for its end. */
const WATCH_SECONDS = 60;

export interface RunLockOptions {
  /** What started this process, the same for all attempts (`Place.job`): of such, the earlier are over. Default: unknown. */
  job?: string | undefined;
  /** How long to see whether another machine's process is there. Default: 60. */
  watchSeconds?: number;
  /** Called before that. */
  onWatch?: (message: string) => void;
}

/** Who trains in a folder. */
interface Holder {
  mark: string;
  host: string;
  pid: number;
  job?: string;
}

/**
 * Takes a run's folder for this process, until the lock is disposed.
 * @throws UserError where another trains in it, or no file can be written there
 */
export async function lockRun(runFolder: string, options: RunLockOptions = {}): Promise<Disposable> {
  const path = join(runFolder, "lock");
  const own = JSON.stringify({ mark: ownMark(), host: hostname(), pid: process.pid, job: options.job });
  while (!created(path, own)) {
    const found = contentOf(path);
    if (found === undefined) continue;
    if (await isHeld(path, found, options)) throw inUse(runFolder, found);
    takeAway(path, found);
  }
  const timer = setInterval(() => touch(path, own), 1000 * TOUCH_SECONDS).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      if (contentOf(path) === own) rmSync(path, { force: true });
    },
  };
}

function created(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: "wx" });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw explainWriteError(path, error);
  }
}

/** Undefined where it is not there any more. */
function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw explainReadError(path, error);
  }
}

async function isHeld(path: string, found: string, options: RunLockOptions): Promise<boolean> {
  const { mark, job } = holderIn(found) ?? {};
  const over = mark === undefined ? undefined : isOver(mark);
  if (over !== undefined) return !over;
  if (job !== undefined && job === options.job) return false;
  const { watchSeconds = WATCH_SECONDS, onWatch } = options;
  onWatch?.(`${path}: another machine has trained in this folder; ${watchSeconds} s will tell whether it still does`);
  const before = touchedAt(path);
  for (const until = performance.now() + 1000 * watchSeconds; performance.now() < until; await setTimeout(500)) {
    if (touchedAt(path) !== before) return true;
  }
  return false;
}

/** Undefined for what a process was killed amid writing. */
function holderIn(content: string): Holder | undefined {
  try {
    return JSON.parse(content) as Holder;
  } catch {
    return undefined;
  }
}

function touchedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

/** What could not be touched is told by whatever else cannot be written there. */
function touch(path: string, own: string): void {
  try {
    if (contentOf(path) === own) utimesSync(path, new Date(), new Date());
  } catch {}
}

/** Renamed first: of several that found the same dead one's, each takes away that alone, and no other's new one. */
function takeAway(path: string, found: string): void {
  const aside = temporaryPathFor(path);
  try {
    renameSync(path, aside);
    if (contentOf(aside) === found) rmSync(aside, { force: true });
    else renameSync(aside, path);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw explainWriteError(path, error);
  }
}

function inUse(runFolder: string, found: string): UserError {
  const { host = "another host", pid = "unknown" } = holderIn(found) ?? {};
  return new UserError(
    `${runFolder}: process ${pid} on ${host} trains in it, and two would spoil each other's work; wait for its end, or stop it.`,
    { code: "run-in-use" },
  );
}
