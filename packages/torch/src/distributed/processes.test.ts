/** Processes that are joined: real ones, over the loopback address. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { distributed } from "../index.js";

const PROCESS = fileURLToPath(new URL("./processes.test.process.js", import.meta.url));
const run = promisify(execFile);

/** What each of `size` processes answers, by rank; undefined for one that answers nothing. */
async function answersOf(size: number, task: object): Promise<unknown[]> {
  using store = new distributed.Store({ serve: true });
  const ranks = Array.from({ length: size }, async (_, rank) => {
    const given = {
      timeoutSeconds: 60,
      leaves: 8,
      missing: [[]],
      reduction: "exact",
      ...task,
      port: store.port,
      rank,
      size,
    };
    const { stdout } = await run(process.execPath, [PROCESS, JSON.stringify(given)]).catch(
      (error: { stdout: string }) => error,
    );
    return stdout === "" ? undefined : JSON.parse(stdout);
  });
  return await Promise.all(ranks);
}

describe("the store", { skip: !distributed.canJoin && "this add-on was built without Gloo" }, () => {
  it("keeps what is set, counts, and waits no longer than it may", () => {
    using store = new distributed.Store({ serve: true });
    using client = new distributed.Store({ port: store.port, serve: false, timeoutSeconds: 1 });
    store.set("greeting", "grüß dich");
    assert.equal(client.getText("greeting"), "grüß dich");
    assert.deepEqual([client.add("n", 3), store.add("n", -1)], [3, 2]);
    assert.deepEqual([client.has("greeting"), client.has("nothing")], [true, false]);
    assert.throws(() => client.get("nothing"), { name: "TorchError", code: "TIMEOUT" });
  });
});

describe("joined processes", { skip: !distributed.canJoin && "this add-on was built without Gloo" }, () => {
  it("sum, hand round and gather tensors and values", async () => {
    const gathered = [
      [1, 10],
      [2, 20],
      [3, 30],
    ];
    const values = [0, 1, 2].map((rank) => ({ rank, text: "ä".repeat(rank), not: "NaN" }));
    const expected = { sum: [6, 60], root: [2], gathered, values };
    assert.deepEqual(await answersOf(3, { what: "collectives" }), [expected, expected, expected]);
  });

  it("add gradients to the same bits, however many they are, whatever is missing", async () => {
    const missing = [[], [3], [0, 1, 6, 7], [4, 5, 6, 7], []];
    const [alone] = await answersOf(1, { what: "gradients", missing });
    assert.ok(Array.isArray(alone) && !alone.includes("wrongly used"));
    for (const size of [2, 4, 8]) {
      for (const bits of await answersOf(size, { what: "gradients", missing })) assert.deepEqual(bits, alone);
    }
  });

  it("add in one go where bits do not matter, and then all have the same", async () => {
    const [first, second] = await answersOf(2, { what: "gradients", leaves: 6, reduction: "fast" });
    assert.ok(Array.isArray(first));
    assert.deepEqual(first, second);
  });

  it("are told of one that ends", async () => {
    const lost = { code: "PEER_LOST" };
    assert.deepEqual(await answersOf(3, { what: "leave" }), [lost, lost, undefined]);
  });

  it("must be a power of two to add in pairs", async () => {
    using store = new distributed.Store({ serve: true });
    assert.throws(() => new distributed.Processes({ store, rank: 2, size: 2 }), RangeError);
    assert.deepEqual(await answersOf(3, { what: "gradients", leaves: 6 }), [{}, {}, {}]);
  });
});
