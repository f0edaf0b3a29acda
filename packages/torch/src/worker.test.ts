/** The add-on in worker threads: several at once, and threads that end while tensors are alive. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { liveMemory, noGrad, zeros } from "./index.js";

const TORCH = new URL("./index.js", import.meta.url).href;

/** The text of a worker that runs `body`, in which `torch` is this package and `port` leads to its parent. */
function textOf(body: string): string {
  return `
    const { parentPort: port } = require("node:worker_threads");
    import(${JSON.stringify(TORCH)}).then(async (torch) => { ${body} });`;
}

function start(body: string): Worker {
  return new Worker(textOf(body), { eval: true });
}

async function answerOf(body: string): Promise<unknown> {
  const worker = start(body);
  const [[answer], [exitCode]] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
  assert.equal(exitCode, 0);
  return answer;
}

describe("worker threads", () => {
  it("each compute on their own, several at once, errors included", async () => {
    const body = (size: number) => `
      const weight = torch.ones([${size}, ${size}], { requiresGrad: true });
      for (let i = 0; i < 20; i++) torch.tidy(() => weight.matmul(weight).sum().backward());
      let code;
      try { weight.add(torch.zeros([3, 3, 7])); } catch (error) { code = error instanceof torch.TorchError && error.code; }
      port.postMessage({ gradient: torch.tidy(() => weight.grad.max().item()), code });`;
    const answers = await Promise.all([16, 24, 32].map((size) => answerOf(body(size))));
    assert.deepEqual(
      answers,
      [16, 24, 32].map((size) => ({ gradient: 20 * 2 * size, code: "LIBTORCH" })),
    );
  });

  it("count their own memory only", async () => {
    const mine = zeros([1024]);
    const before = liveMemory();
    const theirs = await answerOf(`
      globalThis.kept = torch.zeros([256]);
      port.postMessage(torch.liveMemory());`);
    assert.deepEqual(theirs, { tensors: 1, bytes: 1024 });
    assert.deepEqual(liveMemory(), before);
    mine.dispose();
  });

  it("have grad mode of their own", async () => {
    const enabled = await noGrad(() => answerOf("port.postMessage(torch.isGradEnabled());"));
    assert.equal(enabled, true);
  });

  it("may end with tensors, graphs and generators alive", async () => {
    const left = `
      globalThis.left = Array.from({ length: 100 }, () => torch.zeros([1000], { requiresGrad: true }).mul(2));
      globalThis.generator = torch.createGenerator(1);
      globalThis.freed = torch.zeros([3]);
      globalThis.freed.dispose();
      port.postMessage("alive");`;
    for (let round = 0; round < 3; round++) assert.equal(await answerOf(left), "alive");
  });

  it("may be terminated in the middle of a step", async () => {
    for (let round = 0; round < 3; round++) {
      const worker = start(`
        const weight = torch.randn([64, 64], { requiresGrad: true });
        port.postMessage("running");
        for (;;) torch.tidy(() => weight.matmul(weight).sum().backward());`);
      await once(worker, "message");
      assert.equal(await worker.terminate(), 1);
    }
    assert.equal(zeros([2]).add(1).sum().item(), 2);
  });

  it("leave the process able to end, with tensors alive in every thread", () => {
    const idle = textOf("globalThis.left = torch.zeros([9]); port.postMessage(0); setInterval(() => {}, 1000);");
    const code = `
      const { Worker } = require("node:worker_threads");
      import(${JSON.stringify(TORCH)}).then(async (torch) => {
        globalThis.left = torch.zeros([9]);
        const workers = [1, 2].map(() => new Worker(${JSON.stringify(idle)}, { eval: true }));
        await Promise.all(workers.map((worker) => new Promise((done) => worker.once("message", done))));
        console.log("ready");
        process.exit(0);
      });`;
    const output = execFileSync(process.execPath, ["-e", code], { encoding: "utf8" });
    assert.equal(output, "ready\n");
  });
});
