/**
 * However a program ends while the model is loaded or runs, it ends as it wished: with its own exit code and no signal,
 * and it leaves no process behind. Each ending is tried in processes of its own, at 20 random moments.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { audioFixture, BUNDLE, randomNumbers } from "../fixtures.test.support.js";

/** Keeps the model busy, and ends in the way and at the moment that it is told. */
const PROGRAM = `
  import { once } from "node:events";
  import { setTimeout as sleep } from "node:timers/promises";
  import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
  import { Recognizer } from ${JSON.stringify(new URL("./recognizer.js", import.meta.url).href)};
  const { ending, moments, options } = isMainThread ? JSON.parse(process.argv[2]) : workerData;

  /** A recogniser at work, at the moment: milliseconds after its loading begins, or after its model first runs. */
  async function busyUntil({ milliseconds, isRunning }) {
    let running;
    const runs = new Promise((resolve) => { running = resolve; });
    const loading = Recognizer.load(${JSON.stringify(BUNDLE)}, { ...options, onBatch: () => running() });
    const keepBusy = async () => {
      const recognizer = await loading;
      for (;;) await recognizer.transcribe(${JSON.stringify(audioFixture("speech-16k.wav"))});
    };
    for (let i = 0; i < 4; i++) keepBusy().catch((error) => { if (error.code !== "closed") throw error; });
    if (isRunning) await runs;
    await sleep(milliseconds);
    return loading;
  }

  const ENDINGS = {
    exit: async (moment) => { await busyUntil(moment); process.exit(7); },
    throw: async (moment) => { await busyUntil(moment); setImmediate(() => { throw new Error("the caller's own"); }); await sleep(1e6); },
    close: async (moment) => { await (await busyUntil(moment)).close(); process.exitCode = 5; },
    terminate: async (moment) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { ending, moments: [moment], options } });
      await once(worker, "message");
      await worker.terminate();
      process.exitCode = 6;
    },
  };
  for (const moment of moments) {
    if (isMainThread) await ENDINGS[ending](moment);
    else busyUntil(moment).then(() => parentPort.postMessage("now"));
  }`;

const random = randomNumbers(11);
let folder: string;
let program: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "deepspeech-endings-"));
  program = join(folder, "program.mjs");
  await writeFile(program, PROGRAM);
});

after(() => rm(folder, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly said: string;
}

/** Resolves when the program and all processes that it started have ended: they hold its standard error. */
async function run(ending: string, numMoments: number): Promise<Ended> {
  const options = { threads: 4, workers: random() < 0.1 ? 4 : 1 };
  const moments = Array.from({ length: numMoments }, () => ({
    milliseconds: Math.floor(150 * random()),
    isRunning: random() < 0.7,
  }));
  const child = spawn(process.execPath, [program, JSON.stringify({ ending, moments, options })], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [said, [status, signal]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  return { status, signal, said };
}

/** What some 20 moments ended in, each different answer once. */
async function outcomes(ending: string, momentsEach: number): Promise<Ended[]> {
  const found = new Map<string, Ended>();
  let numLeft = 20 / momentsEach;
  const worker = async () => {
    while (numLeft-- > 0) {
      const ended = await run(ending, momentsEach);
      found.set(JSON.stringify(ended), ended);
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
  return [...found.values()];
}

test("process.exit ends it with the status that was asked for", async () => {
  assert.deepEqual(await outcomes("exit", 1), [{ status: 7, signal: null, said: "" }]);
});

test("an uncaught error ends it with status 1, and is told as ever", async () => {
  for (const { status, signal, said } of await outcomes("throw", 1)) {
    assert.deepEqual([status, signal], [1, null], said);
    assert.match(said, /Error: the caller's own/);
    assert.doesNotMatch(said, /Napi|terminate called/);
  }
});

test("closing a recogniser ends nothing else", async () => {
  assert.deepEqual(await outcomes("close", 5), [{ status: 5, signal: null, said: "" }]);
});

test("a worker thread with a recogniser may be terminated", async () => {
  assert.deepEqual(await outcomes("terminate", 5), [{ status: 6, signal: null, said: "" }]);
});
