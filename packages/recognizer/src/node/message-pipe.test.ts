import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { randomNumbers } from "../fixtures.test.support.js";
import { MessagePipe } from "./message-pipe.js";

/** Two ends that are connected. */
async function ends(t: TestContext): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = new Socket().connect((server.address() as { port: number }).port, "127.0.0.1");
  const [far] = (await once(server, "connection")) as [Socket];
  t.after(() => {
    for (const end of [near, far, server]) "destroy" in end ? end.destroy() : end.close();
  });
  return [near, far];
}

/** Plain values, and arrays of every kind at any place of their memory, up to a megabyte. */
function messageOf(random: () => number, depth = 0): unknown {
  const numBytes = Math.floor(10 ** (6 * random()));
  const kinds = [
    () => Float32Array.from({ length: numBytes / 4 }, random).subarray(Math.min(3, Math.floor(numBytes / 4))),
    () => BigInt64Array.from({ length: Math.min(40, numBytes) }, () => BigInt(Math.floor(1e9 * random()))),
    () => new Uint8Array(numBytes).fill(7).subarray(1),
    () => Uint16Array.of(1, 65_535),
    () => new Float64Array(0),
    () => ({ text: "ä".repeat(numBytes % 50), number: -0.5, nothing: undefined, none: null }),
    () => [numBytes, "long ".repeat(numBytes / 5)],
  ];
  const one = () => kinds[Math.floor(kinds.length * random())]!();
  return depth > 1 ? one() : { first: one(), rest: [one(), messageOf(random, depth + 1)] };
}

test("messages of any size arrive as they were sent, both ways, whatever becomes of the sender's memory", async (t) => {
  const random = randomNumbers(11);
  const [near, far] = await ends(t);
  const messages = Array.from({ length: 200 }, () => messageOf(random));
  const found: unknown[] = [];
  const finished = new Promise<void>((resolve) => {
    // The far end sends back what it got. Its copies are done with when they are sent.
    const echo: MessagePipe = new MessagePipe(far, (message) => {
      echo.send(message);
      return true;
    });
    const pipe = new MessagePipe(near, (message) => {
      found.push(message);
      if (found.length === messages.length) resolve();
    });
    for (const message of messages) {
      const sent = structuredClone(message) as { first: unknown };
      pipe.send(sent);
      if (sent.first instanceof Float32Array) sent.first.fill(-1);
    }
  });
  await finished;
  assert.deepEqual(found, messages);
});

test("a message that is kept stays as it is, while those after it use memory again", async (t) => {
  const [near, far] = await ends(t);
  const pipe = new MessagePipe(near, () => {});
  const kept: Float32Array[] = [];
  const finished = new Promise<void>((resolve) => {
    new MessagePipe(far, ({ values, isLast }: { values: Float32Array; isLast: boolean }) => {
      assert.ok(values.every((value) => value === values[0]));
      const isKept = values[0]! % 3 === 0;
      if (isKept) kept.push(values);
      if (isLast) resolve();
      return !isKept;
    });
  });
  for (let i = 0; i < 100; i++) pipe.send({ values: new Float32Array(5000 + 10 * i).fill(i), isLast: i === 99 });
  await finished;
  assert.deepEqual(
    kept.map((values) => [values.length, values[0], values.at(-1)]),
    Array.from({ length: 34 }, (_, k) => [5000 + 30 * k, 3 * k, 3 * k]),
  );
});

test("what is no array that it knows is refused, and nothing of it sent", async (t) => {
  const [near, far] = await ends(t);
  const pipe = new MessagePipe(near, () => {});
  assert.throws(() => pipe.send({ view: new DataView(new ArrayBuffer(8)) }), {
    message: "MessagePipe: DataView is none of the arrays that it takes",
  });
  const next = new Promise((resolve) => new MessagePipe(far, resolve));
  pipe.send("after");
  assert.equal(await next, "after");
});

test("a pipe whose other end is gone takes messages and loses them", async (t) => {
  const [near, far] = await ends(t);
  const pipe = new MessagePipe(near, () => {});
  far.destroy();
  for (let i = 0; i < 5; i++) pipe.send(new Float32Array(100_000));
  await new Promise((resolve) => near.once("close", resolve));
  pipe.send("lost");
});
