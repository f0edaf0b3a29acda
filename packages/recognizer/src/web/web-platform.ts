/** Module workers for the model, and for decoding and search. */
import { type Bundle, UNCALIBRATED } from "@deepspeech-ts/speech";
import { CallClient } from "../core/call-client.js";
import type { Knowledge } from "../core/helper-handlers.js";
import { ModelClient } from "../core/model-client.js";
import { helpersFor, startWorkers, type WorkerPlatform } from "../core/worker-platform.js";
import { RecognizerError } from "../errors.js";
import { workerHost } from "./hosts.js";
import type { ModelSettings } from "./model-worker.js";

/** @throws as `startWorkers`, and what is wrong with the WebAssembly */
export function startWebPlatform(bundle: Bundle, settings: ModelSettings): Promise<WorkerPlatform> {
  const graph = new Uint8Array(bundle.section("model.onnx") as Uint8Array);
  // Written out, for so bundlers find the workers' scripts.
  const makeModel = () => new Worker(new URL("./model-worker.js", import.meta.url), { type: "module" });
  const makeHelper = () => new Worker(new URL("./helper-worker.js", import.meta.url), { type: "module" });
  const model = workerHost(makeModel, "model-worker.js", { method: "load", args: [graph, settings] });
  const helper = workerHost(makeHelper, "helper-worker.js", { method: "load", args: [knowledgeOf(bundle)] });
  const helpers = Array.from({ length: helpersFor(navigator.hardwareConcurrency) }, () => new CallClient(helper));
  return startWorkers([ModelClient.over(model)], { helpers, pathOf: refuseFile });
}

function refuseFile(url: URL): never {
  throw new RecognizerError("bad-argument", `${url}: a page cannot read files; give the File that its user chose`);
}

/** Memory can be shared only where the page is isolated from others; each helper has its copy elsewhere. */
function knowledgeOf({ header, section }: Bundle): Knowledge {
  const languageModel = section("language-model.bin");
  return {
    alphabet: header.alphabet,
    frameSeconds: header.frameSeconds,
    confidenceCalibration: header.decoding.confidenceCalibration ?? UNCALIBRATED,
    languageModel:
      languageModel && (globalThis.crossOriginIsolated ? shared(languageModel) : languageModel.slice().buffer),
  };
}

function shared(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}
