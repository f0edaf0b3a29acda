import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { WorkerClient } from "./worker-client.js";

/** A real thread that counts its calls, waits, or dies. */
const SCRIPT = `
  import { serveCalls } from ${JSON.stringify(new URL("./worker-client.js", import.meta.url).href)};
  let calls = 0;
  serveCalls({
    count: async () => ({ result: ++calls, transfer: [] }),
    wait: () => new Promise(() => {}),
    exit: async () => process.exit(3),
    fail: async () => setImmediate(() => { throw new Error("out of something"); }) && new Promise(() => {}),
  });`;

function start(t: TestContext): WorkerClient {
  const client = new WorkerClient(new URL(`data:text/javascript,${encodeURIComponent(SCRIPT)}`), undefined);
  t.after(() => client.close(new Error("the test is over")));
  return client;
}

test("a thread that dies takes its calls along, and the next call starts another", async (t) => {
  const client = start(t);
  assert.equal(await client.call("count", []), 1);
  assert.equal(await client.call("count", []), 2);
  const waiting = client.call("wait", []);
  const exiting = client.call("exit", []);
  const lost = { message: "a worker thread stopped with status 3" };
  await Promise.all([assert.rejects(waiting, lost), assert.rejects(exiting, lost)]);
  assert.equal(client.numPending, 0);
  assert.equal(await client.call("count", []), 1);
  await assert.rejects(client.call("fail", []), { message: "out of something" });
  assert.equal(await client.call("count", []), 1);
  // The exit that follows the error is none of the new thread's.
  assert.equal(await client.call("count", []), 2);
});

test("a closed client stays closed, dead thread or not", async (t) => {
  for (const method of ["close", "closeAfterCall"] as const) {
    const client = start(t);
    assert.equal(await client.call("count", []), 1);
    await client[method](new Error("closed"));
    await assert.rejects(client.call("count", []), { message: "closed" });
    const dead = start(t);
    await assert.rejects(dead.call("exit", []));
    await dead[method](new Error("closed"));
    await assert.rejects(dead.call("count", []), { message: "closed" });
  }
});
