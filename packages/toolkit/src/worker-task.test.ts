import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { temporaryFolder } from "./data/fixtures.test.support.js";
import { runTask } from "./worker-task.js";

/** The URL of a worker that serves a task with this body, in which `input` and `host` are at hand. */
async function workerOf(t: TestContext, body: string): Promise<URL> {
  const path = join(await temporaryFolder(t), "worker.mjs");
  const urlOf = (name: string) => JSON.stringify(new URL(name, import.meta.url));
  await writeFile(
    path,
    `import { serveTask } from ${urlOf("./worker-task.js")};
     import { UserError } from ${JSON.stringify(import.meta.resolve("@deepspeech-ts/recognizer/system"))};
     serveTask(async (input, host) => { ${body} });`,
  );
  return pathToFileURL(path);
}

async function run(url: URL, input: unknown = null, signal?: AbortSignal): Promise<unknown[]> {
  const events: unknown[] = [];
  await runTask(url, input, { onEvent: (event) => events.push(event), ...(signal && { signal }) });
  return events;
}

describe("a task in a worker thread", () => {
  it("gets its input, and its events arrive in order, all before the end", async (t) => {
    const url = await workerOf(t, "for (const word of input.words) host.emit({ word });");
    const words = Array.from({ length: 100 }, (_, i) => `word ${i}`);
    assert.deepEqual(
      await run(url, { words }),
      words.map((word) => ({ word })),
    );
  });

  it("hands over errors for people as what they were", async (t) => {
    const url = await workerOf(t, `throw new UserError("a.wav: is empty.", { code: "bad-audio", exitCode: 3 });`);
    await assert.rejects(run(url), (error) => {
      assert.ok(error instanceof UserError);
      assert.deepEqual([error.message, error.code, error.exitCode], ["a.wav: is empty.", "bad-audio", 3]);
      return true;
    });
  });

  it("keeps the stack trace of a defect", async (t) => {
    const url = await workerOf(t, "null.length;");
    await assert.rejects(run(url), (error: Error) => {
      assert.ok(!(error instanceof UserError));
      assert.match(error.message, /Cannot read properties of null/);
      assert.match(error.stack ?? "", /worker\.mjs/);
      return true;
    });
  });

  it("that ends early is an error, not a wait without end", async (t) => {
    const url = await workerOf(t, "process.exit(7);");
    await assert.rejects(run(url), { message: "the worker thread ended early, with code 7" });
  });

  it("learns of an abort while its thread is blocked", async (t) => {
    const url = await workerOf(t, "host.emit('ready'); while (!host.shouldStop()); host.emit('stopped');");
    const controller = new AbortController();
    const events: unknown[] = [];
    const onEvent = (event: unknown) => {
      events.push(event);
      controller.abort();
    };
    await runTask(url, null, { onEvent, signal: controller.signal });
    assert.deepEqual(events, ["ready", "stopped"]);
  });

  it("learns of an abort that came before it", async (t) => {
    const url = await workerOf(t, "host.emit(host.shouldStop());");
    assert.deepEqual(await run(url, null, AbortSignal.abort()), [true]);
  });
});
