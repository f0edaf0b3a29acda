/**
 * One set-up at a time in one place: `npm test` started twice must not run two compilers into one folder.
 */

import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 200;

/**
 * Runs `work` while no other process holds the lock in `folder`. Waits for one that does; a lock whose process has
 * died is taken over.
 *
 * @template T
 * @param {string} folder
 * @param {(holder: number) => void} onWait called once if there is someone to wait for, with the process id
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, onWait, work) {
  const path = join(folder, "lock");
  let announced = false;
  for (let holder = take(path); holder !== undefined; holder = take(path)) {
    if (!announced) onWait(holder);
    announced = true;
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * Tries to take the lock. A hard link appears whole, its holder's id inside, or not at all.
 *
 * @param {string} path
 * @returns {number | undefined} the process that holds the lock; undefined when it is now ours
 */
function take(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, path);
    return undefined;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    return livingHolder(path);
  } finally {
    rmSync(own);
  }
}

/**
 * The lock's process; a lock left by a dead one is removed, so that the next attempt succeeds.
 *
 * @param {string} path
 */
function livingHolder(path) {
  let holder = 0;
  try {
    holder = Number(readFileSync(path, "utf8"));
    process.kill(holder, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH") rmSync(path, { force: true });
  }
  return holder;
}
