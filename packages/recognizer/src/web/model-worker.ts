/** The worker that runs a model in ONNX Runtime's WebAssembly: see web-platform.ts. */
import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import type { Transferred } from "../core/calls.js";
import { type DetectorState, detectInRuns } from "../core/speech-detector.js";
import type { TensorData, Tensors } from "../core/tensor-data.js";
import { serveCalls } from "./serve-calls.js";

export interface ModelSettings {
  readonly threads: number;
  /** Where ONNX Runtime's WebAssembly is. */
  readonly wasm: string;
  /** Where the graph that detects speech is. */
  readonly detector: string;
}

let settings: ModelSettings;
let session: Promise<InferenceSession>;
let detector: Promise<InferenceSession> | undefined;

const handlers = {
  /** The first call. What fails here is told by those after it. */
  async load(graph: Uint8Array, given: ModelSettings): Promise<Transferred> {
    settings = given;
    env.wasm.numThreads = given.threads;
    env.wasm.wasmPaths = { wasm: given.wasm };
    session = checkWasm(given.wasm).then(() => InferenceSession.create(graph, { executionProviders: ["wasm"] }));
    session.catch(() => {});
    return { result: undefined, transfer: [] };
  },

  /** Resolves when the graph is loaded. */
  async ready(): Promise<Transferred> {
    await session;
    return { result: undefined, transfer: [] };
  },

  async run(inputs: Tensors, outputNames: string[]): Promise<Transferred> {
    const outputs = await (await session).run(mapTensors(inputs, toTensor), outputNames);
    return { result: mapTensors(outputs, ({ type, data, dims }) => ({ type, data, dims })), transfer: [] };
  },

  async detectSpeech(samples: Float32Array<ArrayBuffer>, state: DetectorState): Promise<Transferred> {
    // Not before the model: WebAssembly is started once.
    await session;
    detector ??= fetchGraph(settings.detector).then((graph) => InferenceSession.create(graph));
    const graph = await detector;
    const run = async (inputs: Tensors) => (await graph.run(mapTensors(inputs, toTensor))) as never;
    return { result: await detectInRuns(samples, state, run), transfer: [] };
  },
};

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

function toTensor({ type, data, dims }: TensorData): Tensor {
  return new Tensor(type as never, data as never, dims);
}

function mapTensors<A, B>(tensors: Readonly<Record<string, A>>, change: (tensor: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]));
}
