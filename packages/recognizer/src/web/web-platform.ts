/** Module workers for the model, and for decoding and search. */
import type { Bundle } from "@deepspeech-ts/speech";
import { CallClient } from "../core/call-client.js";
import { knowledgeOf } from "../core/helper-handlers.js";
import { type Model, ModelClient } from "../core/model-client.js";
import type { Platform } from "../core/platform.js";
import { helpersFor, startWorkers } from "../core/worker-platform.js";
import { RecognizerError } from "../errors.js";
import { startEarly, workerHost } from "./hosts.js";
import type { ModelSettings } from "./serve-model.js";
import { WebGpuModel } from "./webgpu-model.js";

/** What a model runs on. */
export type Device = "wasm" | "webgpu";

export interface WebSettings extends ModelSettings {
  readonly device: Device;
  /** Where ONNX Runtime's WebAssembly for WebGPU is. */
  readonly webGpuWasm: string;
}

export interface StartedPlatform {
  readonly platform: Platform;
  /** Where WebGPU was asked for. */
  readonly webGpu: WebGpuModel | undefined;
}

/** Workers that get ready while the bundle is still on its way. */
export interface PreparedPlatform {
  /** @throws as `startWorkers`, and what is wrong with the WebAssembly */
  start(bundle: Bundle): Promise<StartedPlatform>;
  /** Where there is no bundle after all. */
  stop(): void;
}

export function prepareWebPlatform({ device, webGpuWasm, ...settings }: WebSettings): PreparedPlatform {
  // Written out, for so bundlers find the workers' scripts.
  const makeModel = () => new Worker(new URL("./model-worker.js", import.meta.url), { type: "module" });
  const makeWebGpu = () => new Worker(new URL("./webgpu-worker.js", import.meta.url), { type: "module" });
  const makeHelper = () => new Worker(new URL("./helper-worker.js", import.meta.url), { type: "module" });
  const early = startEarly(makeModel, { method: "prepare", args: [settings] });
  return {
    stop: early.stop,
    async start(bundle) {
      const graph = new Uint8Array(bundle.section("model.onnx") as Uint8Array);
      const steps = bundle.section("step.onnx");
      const step = steps && new Uint8Array(steps);
      const load = (given: ModelSettings) => ({ method: "load", args: [graph, given, step] });
      const onWasm = workerHost(early.take, "model-worker.js", load(settings));
      const helper = workerHost(makeHelper, "helper-worker.js", {
        method: "load",
        args: [knowledgeOf(bundle, globalThis.crossOriginIsolated)],
      });
      const helpers = Array.from({ length: helpersFor(navigator.hardwareConcurrency) }, () => new CallClient(helper));
      const startWith = (model: Promise<Model>) => startWorkers([model], { helpers, pathOf: refuseFile });
      if (device === "wasm") return { platform: await startWith(ModelClient.over(onWasm)), webGpu: undefined };
      const onWebGpu = workerHost(makeWebGpu, "webgpu-worker.js", load({ ...settings, wasm: webGpuWasm }));
      const webGpu = WebGpuModel.start({ header: bundle.header, onWebGpu, onWasm });
      return { platform: await startWith(webGpu), webGpu: await webGpu };
    },
  };
}

function refuseFile(url: URL): never {
  throw new RecognizerError("bad-argument", `${url}: a page cannot read files; give the File that its user chose`);
}
