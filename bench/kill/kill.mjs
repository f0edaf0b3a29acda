/**
 * kill -9 at random moments over every command that writes: what is there afterwards must be whole, the old or the new;
 * a command that is run again must end with the same bits as one that was never killed, and leave nothing else behind.
 *
 *     node bench/kill/kill.mjs [--scene train,pack] [--kills 100] [--seed N] [--keep]
 *
 * Scenes (scenes.mjs) take turns. A third of the kills come after a random time, a third when something has changed on the
 * disk, and a third at an operation on files, in the midst of a write too (strike.mjs). One folder is killed in one to
 * three times before its command may end. Fails where anything does; `--keep` leaves the folders of what failed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { randomNumbers } from "../../packages/recognizer/dist/fixtures.test.support.js";
import { makeScenes, SCENES } from "./scenes.mjs";

const { values: args } = parseArgs({
  options: {
    scene: { type: "string", default: SCENES.join(",") },
    kills: { type: "string", default: "100" },
    seed: { type: "string", default: String(Date.now() % 100_000) },
    keep: { type: "boolean", default: false },
  },
});
/** Children of a killed process have so long to end by themselves. */
const ORPHAN_SECONDS = 10;
const MOST_KILLS_A_FOLDER = 3;
const MARK = "DEEPSPEECH_KILLED_AS";
const STRIKE = new URL("./strike.mjs", import.meta.url).href;
const random = randomNumbers(Number(args.seed));
const pick = (below) => Math.floor(random() * below);
const work = mkdtempSync(join(tmpdir(), "deepspeech-kill-"));
const failures = [];
let numFolders = 0;

const { scenes, close } = await makeScenes(join(work, "shared"), args.scene.split(","));
console.log(`seed ${args.seed}`);
for (const scene of scenes) scene.reference = await runWhole(scene);
let numKills = 0;
for (let turn = 0; numKills < Number(args.kills); turn++) numKills += await killOnce(scenes[turn % scenes.length]);
close();
for (const { name, kills = 0, early = 0, reference } of scenes) {
  const { ms, changes, operations } = reference;
  console.log(
    `${name}: ${kills} kills, ${early} ended before; alone ${(ms / 1000).toFixed(1)} s, ${changes} changes on the disk, ${operations} operations`,
  );
}
console.log(`${numKills} kills of seed ${args.seed}: ${failures.length} failures`);
process.exitCode = failures.length > 0 ? 1 : 0;
if (failures.length === 0 || !args.keep) rmSync(work, { recursive: true, force: true });

/** A run that nobody kills: how long it takes, how often it touches the disk, and what it ends with. */
async function runWhole(scene) {
  const folder = freshFolder(scene);
  const start = performance.now();
  const countPath = join(work, `${scene.name}-operations`);
  const { ended, changes, errors } = await run(scene, folder, { countPath });
  if (ended !== 0) throw new Error(`${scene.name} ended with ${ended}: ${errors}`);
  const ms = performance.now() - start;
  // Of each thread; one alone writes.
  const operations = Math.max(...readFileSync(countPath, "utf8").trim().split("\n").map(Number));
  return { ms, changes, operations, digest: scene.digest(folder), names: namesBelow(folder) };
}

/** Kills a scene in a folder of its own, some times, then lets it end. Answers with the number of kills. */
async function killOnce(scene) {
  const folder = freshFolder(scene);
  const wanted = 1 + pick(MOST_KILLS_A_FOLDER);
  const moments = [];
  let kills = 0;
  for (let i = 0; i < wanted; i++) {
    const moment = momentOf(scene.reference);
    moments.push(moment.told);
    const { ended, errors } = await run(scene, folder, moment);
    if (ended === "killed") kills += 1;
    else scene.early = (scene.early ?? 0) + 1;
    const problem =
      ended === "killed" || ended === 0 ? trouble(() => scene.check(folder)) : `ended with ${ended}: ${errors}`;
    if (problem) tell(scene, folder, moments, problem);
  }
  const { ended, errors } = await run(scene, folder, {});
  const problem = ended === 0 ? trouble(() => compare(scene, folder)) : `run again, ended with ${ended}: ${errors}`;
  if (problem) tell(scene, folder, moments, problem);
  if (!problem || !args.keep) rmSync(folder, { recursive: true, force: true });
  scene.kills = (scene.kills ?? 0) + kills;
  return kills;
}

function momentOf({ ms, changes, operations }) {
  const [afterMs, atChange, atOperation] = [pick(Math.ceil(1.05 * ms)), 1 + pick(changes), 1 + pick(operations)];
  return [
    { afterMs, told: `${afterMs} ms` },
    { atChange, told: `change ${atChange}` },
    { atOperation, told: `operation ${atOperation}` },
  ][pick(3)];
}

/** Runs the scene's command, to its end or until it is killed. */
async function run(scene, folder, { afterMs, atChange, atOperation, countPath }) {
  const mark = `${process.pid}-${numFolders}`;
  const [program, ...words] = scene.command(folder);
  const env = { ...process.env, DEEPSPEECH_DEBUG: "1", [MARK]: mark };
  if (atOperation || countPath) env.NODE_OPTIONS = `--import=${STRIKE}`;
  if (atOperation) env.DEEPSPEECH_STRIKE_AT = atOperation;
  if (countPath) env.DEEPSPEECH_STRIKE_COUNT = countPath;
  const child = spawn(program, words, { env, stdio: ["ignore", "ignore", "pipe"] });
  const kill = () => void child.kill("SIGKILL");
  let changes = 0;
  const watcher = watch(folder, { recursive: true }, () => {
    if (++changes === atChange) kill();
  });
  // A folder may be gone before it is looked into.
  watcher.on("error", () => {});
  const timer = afterMs === undefined ? undefined : setTimeout(kill, afterMs);
  let errors = "";
  child.stderr.on("data", (text) => {
    errors = (errors + text).slice(-2000);
  });
  const [status, signal] = await once(child, "exit");
  clearTimeout(timer);
  watcher.close();
  await expectNoOrphans(scene, folder, mark);
  return { ended: signal === "SIGKILL" ? "killed" : (status ?? signal), changes, errors };
}

/** What a killed process had started must not live on; told on Linux, where processes show how they were started. */
async function expectNoOrphans(scene, folder, mark) {
  for (let waited = 0; ; waited += 0.1) {
    const orphans = processesMarked(mark);
    if (orphans.length === 0) return;
    if (waited > ORPHAN_SECONDS) {
      tell(scene, folder, [], `${orphans.length} processes live on after the one that was killed`);
      for (const pid of orphans) process.kill(pid, "SIGKILL");
      return;
    }
    await sleep(100);
  }
}

function processesMarked(mark) {
  if (!existsSync("/proc/self/environ")) return [];
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").includes(`${MARK}=${mark}\0`);
    } catch {
      return false;
    }
  });
}

function compare({ digest, reference }, folder) {
  const found = digest(folder);
  for (const [name, expected] of Object.entries(reference.digest)) {
    if (found[name] !== expected) throw new Error(`${name} differs from that of a run that was never killed`);
  }
  const strangers = namesBelow(folder).filter((name) => !reference.names.includes(name));
  if (strangers.length > 0) throw new Error(`left behind: ${strangers.join(", ")}`);
}

/** Paths below a folder; event files have the time in their names. */
function namesBelow(folder) {
  const names = readdirSync(folder, { recursive: true });
  return [...new Set(names.map((name) => name.replace(/tfevents\..*$/, "tfevents")))].sort();
}

function freshFolder(scene) {
  const folder = join(work, `${scene.name}-${numFolders++}`);
  mkdirSync(folder);
  scene.begin?.(folder);
  return folder;
}

function trouble(act) {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function tell(scene, folder, moments, problem) {
  failures.push(problem);
  console.log(`${scene.name} in ${folder}, killed at ${moments.join(", ")}: ${problem}`);
}
