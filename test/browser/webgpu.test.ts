/** A model on WebGPU, where that was asked for: the same numbers, and WebAssembly wherever it does not serve. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as web from "@deepspeech-ts/recognizer/web";
import type { Page } from "playwright-core";
import { rootPath, testInBrowser, testInBrowsers } from "./browsers.js";
import { openPage, visit } from "./page.js";
import { BLANK_PAGE } from "./site.js";

/** In the page. */
declare const recognition: typeof web;
declare const recognizer: web.Recognizer;

/** Of log-probabilities: cards round in their own ways. */
const TOLERANCE = 1e-2;

interface Heard {
  text: string;
  logProbs: number[];
  device: string;
  /** Code and message. */
  notWebGpu: string[] | undefined;
}

function load(page: Page, options: web.WebLoadOptions): Promise<void> {
  return page.evaluate(async (given) => {
    Object.assign(globalThis, { recognizer: await recognition.Recognizer.load("/model.dsb", given) });
  }, options);
}

function hear(page: Page): Promise<Heard> {
  return page.evaluate(async () => {
    const logProbs: number[] = [];
    const onEmissions = ({ emissions }: web.HeardSegment) => logProbs.push(...emissions.logProbs);
    const { text } = await recognizer.transcribe("/audio/speech-16k.wav", { onEmissions });
    const { device, notWebGpu } = recognizer.runtime;
    return { text, logProbs, device, notWebGpu: notWebGpu && [notWebGpu.code, notWebGpu.message] };
  });
}

const close = (page: Page) => page.evaluate(() => recognizer.close());

testInBrowser(
  "chromium",
  "WebGPU gives the numbers of WebAssembly, which goes on where the card is lost",
  async (t) => {
    const opened = await openPage(t, { hasWebGpu: true });
    if (!opened) return;
    const { site, page, context, foreign } = opened;
    const isFetched = () => site.requests.some((line) => line.includes("jspi"));
    await load(page, {});
    const onWasm = await hear(page);
    await close(page);
    assert.deepEqual(
      [onWasm.text, onWasm.device, onWasm.notWebGpu, isFetched()],
      ["activated", "wasm", undefined, false],
    );

    await load(page, { device: "webgpu" });
    const onWebGpu = await hear(page);
    assert.deepEqual([onWebGpu.text, onWebGpu.device, onWebGpu.notWebGpu], ["activated", "webgpu", undefined]);
    assert.equal(isFetched(), true);
    assert.equal(onWebGpu.logProbs.length, onWasm.logProbs.length);
    const furthest = onWasm.logProbs.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - onWebGpu.logProbs[i]!)),
      0,
    );
    // It did run elsewhere: not every bit is the same.
    assert.ok(furthest > 0 && furthest <= TOLERANCE, `${furthest}`);

    const devTools = await context.browser()!.newBrowserCDPSession();
    // Its answer is never sent: the connection's other end may be gone.
    void devTools.send("Browser.crashGpuProcess").catch(() => {});
    await page.waitForTimeout(500);
    const after = await hear(page);
    await close(page);
    assert.deepEqual([after.text, after.device, after.notWebGpu?.[0]], ["activated", "wasm", "no-runtime"]);
    assert.match(after.notWebGpu?.[1] ?? "", /^WebGPU cannot run the model \(.+\); WebAssembly does$/);
    assert.deepEqual(after.logProbs, onWasm.logProbs);
    assert.deepEqual(foreign, []);
  },
);

testInBrowsers("where there is no WebGPU, WebAssembly serves, and says why", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const { site, page } = opened;
  await load(page, { device: "webgpu" });
  const { text, device, notWebGpu } = await hear(page);
  await close(page);
  assert.deepEqual([text, device, notWebGpu?.[0]], ["activated", "wasm", "no-runtime"]);
  assert.match(
    notWebGpu?.[1] ?? "",
    /^WebGPU cannot run the model \((this browser has no WebGPU, .+|WebGPU finds no graphics card .+)\); WebAssembly does$/,
  );
  assert.ok(!site.requests.some((line) => line.includes("jspi")));
});

/** A card that computes nothing. */
const FAULT = "GPUComputePassEncoder.prototype.dispatchWorkgroups = () => {};";
/** One whose results never come. */
const SILENCE = "GPUBuffer.prototype.mapAsync = () => new Promise(() => {});";

testInBrowser(
  "chromium",
  "where WebGPU computes other numbers, or none, or lacks its files, WebAssembly serves, and says why",
  async (t) => {
    const opened = await openPage(t, { hasWebGpu: true });
    if (!opened) return;
    const { site, page } = opened;
    const folder = await mkdtemp(join(tmpdir(), "deepspeech-webgpu-"));
    t.after(() => rm(folder, { recursive: true }));
    const saysOnWasm = async (reason: string, loaded = load(page, { device: "webgpu" })) => {
      await loaded;
      const { text, device, notWebGpu } = await hear(page);
      await close(page);
      assert.deepEqual([text, device], ["activated", "wasm"], reason);
      assert.match(
        notWebGpu?.[1] ?? "",
        new RegExp(`^WebGPU cannot run the model \\(.*${reason}.*\\); WebAssembly does$`),
      );
    };
    const wasm = "/recognizer/ort-wasm-simd-threaded.jspi.wasm";
    site.files.set(wasm, BLANK_PAGE);
    await saysOnWasm("is served as text/html");
    site.files.delete(wasm);
    site.files.set("/recognizer/own-worker.js", rootPath("packages/recognizer/dist/browser/webgpu-worker.js"));
    site.files.set("/recognizer/webgpu-worker.js", join(folder, "worker.js"));
    site.files.set("/recognizer/fault.js", join(folder, "fault.js"));
    await writeFile(join(folder, "worker.js"), 'import "./fault.js";\nimport "./own-worker.js";\n');
    await writeFile(join(folder, "fault.js"), FAULT);
    await visit(page, site);
    await saysOnWasm("its log-probabilities are .+ off those of WebAssembly");
    await writeFile(join(folder, "fault.js"), SILENCE);
    await page.clock.install();
    await visit(page, site);
    const loaded = load(page, { device: "webgpu" });
    let isLoaded = false;
    void loaded.finally(() => {
      isLoaded = true;
    });
    while (!isLoaded) {
      await page.clock.fastForward(61_000);
      await page.waitForTimeout(200);
    }
    await saysOnWasm("it did not answer within 60 s", loaded);
  },
);
