import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { CallClient, type StartHost } from "../core/call-client.js";
import { RecognizerError } from "../errors.js";
import { processHost, threadHost } from "./hosts.js";

const urlOf = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
/** A real thread or process that counts its calls, waits, or dies. */
const SCRIPT = `
  import { serveCalls } from ${urlOf("./serve-calls.js")};
  import { followParent } from ${urlOf("./hosts.js")};
  import { RecognizerError } from ${urlOf("../errors.js")};
  if (process.send) followParent();
  let calls = 0;
  serveCalls({
    first: async (value) => { calls = value; return { result: undefined, transfer: [] }; },
    count: async () => ({ result: ++calls, transfer: [] }),
    echo: async (value) => ({ result: value, transfer: [] }),
    refuse: async () => { throw new RecognizerError("bad-audio", "a.wav: is empty."); },
    wait: () => new Promise(() => {}),
    block: async () => { for (;;); },
    exit: async () => process.exit(3),
    fail: async () => setImmediate(() => { throw new Error("out of something"); }) && new Promise(() => {}),
  });`;

let folder: string;
let script: URL;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "deepspeech-calls-"));
  const path = join(folder, "host.mjs");
  await writeFile(path, SCRIPT);
  script = pathToFileURL(path);
});

after(() => rm(folder, { recursive: true }));

const HOSTS: Record<string, () => StartHost> = {
  thread: () => threadHost(script, undefined),
  process: () => processHost(script, { method: "first", args: [0] }),
};
const LOST: Record<string, string> = {
  thread: "a worker thread stopped with status 3",
  process: "the model's process stopped with status 3",
};

for (const [kind, hostOf] of Object.entries(HOSTS)) {
  const start = (t: TestContext) => {
    const client = new CallClient(hostOf());
    t.after(() => client.close(new Error("the test is over")));
    return client;
  };

  describe(`a ${kind}`, () => {
    test("takes and gives typed arrays and big integers, and errors that keep their class", async (t) => {
      const client = start(t);
      const value = { samples: new Float32Array(100_000).fill(0.5).subarray(10), lengths: BigInt64Array.of(1n, -2n) };
      assert.deepEqual(await client.call("echo", [value]), value);
      await assert.rejects(client.call("refuse", []), (error) => {
        assert.ok(error instanceof RecognizerError);
        assert.deepEqual([error.code, error.message], ["bad-audio", "a.wav: is empty."]);
        return true;
      });
    });

    test("that dies takes its calls along, and the next call starts another", async (t) => {
      const client = start(t);
      assert.equal(await client.call("count", []), 1);
      assert.equal(await client.call("count", []), 2);
      const waiting = client.call("wait", []);
      const exiting = client.call("exit", []);
      const lost = { message: LOST[kind] as string };
      await Promise.all([assert.rejects(waiting, lost), assert.rejects(exiting, lost)]);
      assert.equal(client.numPending, 0);
      assert.equal(await client.call("count", []), 1);
      await assert.rejects(client.call("fail", []));
      assert.equal(await client.call("count", []), 1);
      // The exit that follows the error is none of the new one's.
      assert.equal(await client.call("count", []), 2);
    });

    test("is stopped in the middle of a call that would never end, and stays closed, dead or not", async (t) => {
      const client = start(t);
      assert.equal(await client.call("count", []), 1);
      const blocked = assert.rejects(client.call("block", []), { message: "closed" });
      await client.close(new Error("closed"));
      await blocked;
      await assert.rejects(client.call("count", []), { message: "closed" });
      const dead = start(t);
      await assert.rejects(dead.call("exit", []));
      await dead.close(new Error("closed"));
      await assert.rejects(dead.call("count", []), { message: "closed" });
    });
  });
}
