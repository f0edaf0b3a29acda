/** Processes for the model, and worker threads for decoding and search. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Bundle } from "@deepspeech-ts/speech";
import { CallClient } from "../core/call-client.js";
import { knowledgeOf } from "../core/helper-handlers.js";
import { helpersFor, startWorkers, type WorkerPlatform } from "../core/worker-platform.js";
import { threadHost } from "./hosts.js";
import { startModelProcess } from "./model-process.js";
import { ownScript } from "./own-script.js";

export interface NodePlatformOptions {
  /** Processes that run the model, each on batches of its own. */
  readonly workers: number;
  /** Threads that one of them uses for one operator. */
  readonly threads: number;
}

/** @throws as `startWorkers` and `ownScript` */
export async function startNodePlatform(
  bundle: Bundle,
  { workers, threads }: NodePlatformOptions,
): Promise<WorkerPlatform> {
  const helper = ownScript(() => new URL("./helper-worker.js", import.meta.url));
  // The graphs are kept, and shall not keep the rest of the bundle.
  const graph = new Uint8Array(bundle.section("model.onnx") as Uint8Array);
  const steps = bundle.section("step.onnx");
  const step = steps && new Uint8Array(steps);
  const models = Array.from({ length: workers }, () => startModelProcess(graph, threads, step));
  const host = threadHost(helper, knowledgeOf(bundle, true));
  const helpers = Array.from({ length: helpersFor(availableParallelism()) }, () => new CallClient(host));
  return startWorkers(models, { helpers, pathOf: fileURLToPath });
}
