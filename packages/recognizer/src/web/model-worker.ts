/** The worker that runs a model in ONNX Runtime's WebAssembly: see web-platform.ts. */
import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { modelHandlers } from "../core/model-handlers.js";
import { serveCalls } from "./serve-calls.js";

export interface ModelSettings {
  readonly threads: number;
  /** Where ONNX Runtime's WebAssembly is. */
  readonly wasm: string;
  /** Where the graph that detects speech is. */
  readonly detector: string;
}

const handlers = modelHandlers<Tensor, ModelSettings>({
  async openModel(graph, { threads, wasm }) {
    env.wasm.numThreads = threads;
    env.wasm.wasmPaths = { wasm };
    await checkWasm(wasm);
    return InferenceSession.create(graph, { executionProviders: ["wasm"] });
  },
  openDetector: async ({ detector }) => InferenceSession.create(await fetchGraph(detector)),
  toTensor: ({ type, data, dims }) => new Tensor(type as never, data as never, dims),
});

// ONNX Runtime's threads run this very file, under a name of their own.
if (!(globalThis as { name?: string }).name?.startsWith("em-pthread")) serveCalls(handlers);

/** ONNX Runtime's own words for a page of HTML in the place of its WebAssembly would help nobody. */
async function checkWasm(url: string): Promise<void> {
  const answer = await fetch(url, { method: "HEAD" }).catch((error: unknown) => {
    throw new Error(`${url}: cannot be fetched (${(error as Error).message}); serve it beside the page`);
  });
  const type = answer.headers.get("content-type") ?? "";
  if (answer.ok && !type.includes("html")) return;
  const found = answer.ok ? `is served as ${type}` : `answers with status ${answer.status}`;
  throw new Error(
    `${url}: ${found}, and ONNX Runtime's WebAssembly is due there; copy it from the package's dist/browser`,
  );
}

async function fetchGraph(url: string): Promise<Uint8Array> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: answers with status ${answer.status}; the detector of speech is due there`);
  return new Uint8Array(await answer.arrayBuffer());
}
