import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkerPool } from "./worker-pool.js";

/** Answers with its thread's number and the request; throws, exits or waits when told to. */
const script = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, threadId } from "node:worker_threads";
    parentPort.on("message", ({ requestId, request }) => {
      if (request === "throw") throw new Error("out of paper");
      if (request === "exit") process.exit(3);
      if (request !== "wait") parentPort.postMessage({ requestId, response: { threadId, request } });
    });`)}`,
);

interface Answer {
  threadId: number;
  request: string;
}

test("requests are answered, and shared among the workers by what they cost", async (t) => {
  const pool = new WorkerPool<string, Answer>(script, 2);
  t.after(() => pool.close());
  const answers = await Promise.all([pool.run("a", 10), pool.run("b"), pool.run("c"), pool.run("d")]);
  assert.deepEqual(
    answers.map(({ request }) => request),
    ["a", "b", "c", "d"],
  );
  const [a, b, c, d] = answers.map(({ threadId }) => threadId);
  assert.notEqual(a, b);
  assert.deepEqual([c, d], [b, b]);
});

for (const [request, message] of [
  ["throw", "A worker thread stopped: out of paper"],
  ["exit", "A worker thread stopped with status 3."],
] as const) {
  test(`a worker that stops (${request}) fails every request, then and later`, async (t) => {
    const pool = new WorkerPool<string, Answer>(script, 2);
    t.after(() => pool.close());
    const waiting = assert.rejects(pool.run("wait"), { message });
    await assert.rejects(pool.run(request), { message });
    await waiting;
    await assert.rejects(pool.run("a"), { message });
  });
}

test("closing rejects what is under way", async () => {
  const pool = new WorkerPool<string, Answer>(script, 1);
  const waiting = assert.rejects(pool.run("wait"), { message: "The worker pool was closed." });
  await pool.close();
  await waiting;
  await assert.rejects(pool.run("a"), { message: "The worker pool was closed." });
});
