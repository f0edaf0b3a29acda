import assert from "node:assert/strict";
import { test } from "node:test";
import { Cancellation, cancellable, RequestCancellation } from "./cancellation.js";

test("the first reason counts, and reaches every listener once", () => {
  const cancellation = new Cancellation();
  const heard: unknown[] = [];
  cancellation.onCancel((reason) => heard.push(reason));
  const release = cancellation.onCancel(() => heard.push("released"));
  release();
  cancellation.throwIfCancelled();
  cancellation.cancel("first");
  cancellation.cancel("second");
  cancellation.onCancel((reason) => heard.push(reason));
  assert.deepEqual(heard, ["first", "first"]);
  assert.throws(
    () => cancellation.throwIfCancelled(),
    (reason) => reason === "first",
  );
});

test("a request is cancelled by its signal, by the clock or by closing", async () => {
  const controller = new AbortController();
  const bySignal = new RequestCancellation({ signal: controller.signal }, new Cancellation());
  const closing = new Cancellation();
  const byClosing = new RequestCancellation({}, closing);
  const byClock = new RequestCancellation({ timeoutSeconds: 0.001 }, new Cancellation());
  const never = new Promise(() => {});
  controller.abort(new Error("by its signal"));
  closing.cancel(new Error("by closing"));
  await assert.rejects(cancellable(never, bySignal), { message: "by its signal" });
  await assert.rejects(cancellable(never, byClosing), { message: "by closing" });
  await assert.rejects(cancellable(never, byClock), {
    code: "timeout",
    message: "the request did not end within 0.001 s",
  });
});

test("one signal may serve hundreds of requests without a warning", async (t) => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on("warning", note);
  t.after(() => process.off("warning", note));
  const controller = new AbortController();
  const requests = Array.from({ length: 300 }, () => new RequestCancellation(controller, new Cancellation()));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
  controller.abort("stop");
  for (const request of requests) assert.throws(() => request.throwIfCancelled());
});

test("a promise that is faster than its cancellation keeps its outcome", async () => {
  const cancellation = new Cancellation();
  assert.equal(await cancellable(Promise.resolve(7), cancellation), 7);
  await assert.rejects(cancellable(Promise.reject(new Error("own")), cancellation), { message: "own" });
});
