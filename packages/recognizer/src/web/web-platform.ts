/** Module workers for the model, and for decoding and search. */
import type { Bundle } from "@deepspeech-ts/speech";
import { CallClient } from "../core/call-client.js";
import { knowledgeOf } from "../core/helper-handlers.js";
import { ModelClient } from "../core/model-client.js";
import { helpersFor, startWorkers, type WorkerPlatform } from "../core/worker-platform.js";
import { RecognizerError } from "../errors.js";
import { workerHost } from "./hosts.js";
import type { ModelSettings } from "./model-worker.js";

/** @throws as `startWorkers`, and what is wrong with the WebAssembly */
export function startWebPlatform(bundle: Bundle, settings: ModelSettings): Promise<WorkerPlatform> {
  const graph = new Uint8Array(bundle.section("model.onnx") as Uint8Array);
  const steps = bundle.section("step.onnx");
  const step = steps && new Uint8Array(steps);
  // Written out, for so bundlers find the workers' scripts.
  const makeModel = () => new Worker(new URL("./model-worker.js", import.meta.url), { type: "module" });
  const makeHelper = () => new Worker(new URL("./helper-worker.js", import.meta.url), { type: "module" });
  const model = workerHost(makeModel, "model-worker.js", { method: "load", args: [graph, settings, step] });
  const helper = workerHost(makeHelper, "helper-worker.js", {
    method: "load",
    args: [knowledgeOf(bundle, globalThis.crossOriginIsolated)],
  });
  const helpers = Array.from({ length: helpersFor(navigator.hardwareConcurrency) }, () => new CallClient(helper));
  return startWorkers([ModelClient.over(model)], { helpers, pathOf: refuseFile });
}

function refuseFile(url: URL): never {
  throw new RecognizerError("bad-argument", `${url}: a page cannot read files; give the File that its user chose`);
}
