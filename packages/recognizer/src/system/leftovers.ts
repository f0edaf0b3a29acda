/**
 * Names for what is there only while a process makes it. A process that is killed cannot take it away, so its name tells
 * whose it is, and whoever next makes the same takes away what nobody can finish any more.
 */
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { systemErrorCode } from "./errors.js";

/** Where numbers of processes mean the same: this machine, or of its containers this one. */
const HERE = createHash("sha256").update(`${hostname()} ${processNamespace()}`).digest("hex").slice(0, 8);

/** A name beside `path`, so that a rename to it stays on one file system. */
export function temporaryPathFor(path: string): string {
  return `${path}.${HERE}-${process.pid}-${randomBytes(6).toString("hex")}.tmp`;
}

/** Removes what processes that are no more have left of making `path`; never of one that may still run, here or elsewhere. */
export function removeLeftovers(path: string): void {
  for (const name of namesIn(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const [, place, pid] = /^\.([0-9a-f]{8})-(\d+)-[0-9a-f]{12}\.tmp$/.exec(name.slice(basename(path).length)) ?? [];
    if (place === HERE && !isRunning(Number(pid))) rmSync(join(dirname(path), name), { recursive: true, force: true });
  }
}

/** This process, told apart from all that have its number before or after it. */
export function ownMark(): string {
  return `${HERE}-${process.pid}-${birthOf(process.pid)}`;
}

/** Whether the process with this mark is no more; undefined for one of another machine or container. */
export function isOver(mark: string): boolean | undefined {
  const [place, pid, birth] = mark.split("-");
  if (place !== HERE) return undefined;
  return !isRunning(Number(pid)) || birthOf(Number(pid)) !== birth;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Whoever writes there learns what is wrong with it.
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) !== "ESRCH";
  }
}

/** Containers may share a folder and the machine's name, and yet count their processes apart. */
function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** When a process began, where the system tells: a killed one's number is another's one day, soonest after a restart. */
function birthOf(pid: number): string {
  try {
    const [boot] = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").split("-");
    // The program's name, in brackets, may hold anything; state and time follow as fields 3 and 22.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)!.split(" ");
    return fields[0] === "Z" ? "" : `${boot}.${fields[19]}`;
  } catch {
    return "";
  }
}
