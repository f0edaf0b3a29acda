/** What V8 knows of native memory. Each check runs in a process of its own, so that nothing else moves the numbers. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";

const MEBIBYTE = 2 ** 20;

/** Runs a module's text, in which `torch` is this package; returns what it reports. */
function inChild<T>(body: string): T {
  const code = `
    import * as torch from ${JSON.stringify(new URL("./index.js", import.meta.url).href)};
    const collect = async () => {
      for (let i = 0; i < 3; i++) { globalThis.gc(); await new Promise(setImmediate); }
    };
    const report = (value) => console.log(JSON.stringify(value));
    ${body}`;
  const output = execFileSync(process.execPath, ["--expose-gc", "--input-type=module", "-e", code], {
    encoding: "utf8",
  });
  return JSON.parse(output) as T;
}

describe("native memory", () => {
  it("is freed by the garbage collector where nobody disposed it", () => {
    const { made, collected } = inChild<Record<string, { tensors: number; bytes: number }>>(`
      (() => { for (let i = 0; i < 10; i++) torch.zeros([2 ** 18]); })();
      const made = torch.liveMemory();
      await collect();
      report({ made, collected: torch.liveMemory() });`);
    assert.deepEqual(made, { tensors: 10, bytes: 10 * MEBIBYTE });
    assert.deepEqual(collected, { tensors: 0, bytes: 0 });
  });

  it("is not freed twice when a disposed tensor is collected", () => {
    const after = inChild<{ tensors: number; bytes: number }>(`
      const alive = torch.ones([4]);
      (() => { for (let i = 0; i < 10; i++) torch.zeros([1024]).dispose(); })();
      await collect();
      alive.add_(1);
      report(torch.liveMemory());`);
    assert.deepEqual(after, { tensors: 1, bytes: 16 });
  });

  // process.memoryUsage() does not show what add-ons report, but V8 acts on it: 4 GiB of tensors pass through, with
  // hardly any garbage on its own heap.
  const passThrough = (body: string) =>
    inChild<{ collections: number; peak: number }>(`
      import { PerformanceObserver } from "node:perf_hooks";
      const MARK_COMPACT = 4;
      let collections = 0, peak = 0;
      const observer = new PerformanceObserver((list) => {
        collections += list.getEntries().filter((entry) => entry.detail.kind === MARK_COMPACT).length;
      });
      observer.observe({ entryTypes: ["gc"] });
      for (let i = 0; i < 256; i++) {
        ${body}
        await new Promise(setImmediate);
        peak = Math.max(peak, torch.liveMemory().bytes);
      }
      await new Promise((done) => setTimeout(done, 50));
      report({ collections, peak });`);

  it("is reported to V8, which collects in time where nobody disposes", () => {
    const { collections, peak } = passThrough("torch.zeros([2 ** 22]);");
    assert.ok(peak < 1024 * MEBIBYTE, `${peak / MEBIBYTE} MiB were alive at once`);
    assert.ok(collections >= 4, `${collections} collections`);
  });

  it("is reported as freed on dispose: V8 has no reason to collect", () => {
    const { collections, peak } = passThrough(
      "const made = torch.zeros([2 ** 22]); made.select(0, 1).dispose(); made.dispose();",
    );
    assert.equal(peak, 0);
    assert.ok(collections <= 3, `${collections} collections`);
  });

  it("gives V8 no reason to collect within a scope, which frees it all", () => {
    const { collections, peak } = passThrough(
      "torch.tidy(() => { for (let j = 0; j < 32; j++) torch.call('empty.memory_format', [[2 ** 22]]); });",
    );
    assert.equal(peak, 0);
    assert.ok(collections <= 3, `${collections} collections`);
  });

  it("stays flat over training steps in scopes", () => {
    const sizes = inChild<{ tensors: number; bytes: number }[]>(`
      const layer = new torch.nn.Linear(32, 32);
      const optimizer = new torch.optim.AdamW(layer.namedParameters());
      const sizes = [];
      for (let step = 0; step < 50; step++) {
        torch.tidy(() => {
          const loss = layer.forward(torch.randn([8, 32])).pow(2).mean();
          optimizer.zeroGrad();
          loss.backward();
          torch.optim.clipGradNorm(layer.parameters(), 1);
          optimizer.step();
        });
        sizes.push(torch.liveMemory());
      }
      report(sizes);`);
    const parameters = 32 * 32 + 32;
    for (const size of sizes) assert.deepEqual(size, { tensors: 6, bytes: 3 * 4 * parameters });
  });
});
