/** What both workers that run a model have in common: ONNX Runtime's WebAssembly, with WebGPU or without. */
import type { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { type FoldedGraph, foldConstants, takeApart } from "../core/folded-constants.js";
import { LayeredSession } from "../core/layered-session.js";
import { modelHandlers } from "../core/model-handlers.js";
import type { TensorData } from "../core/tensor-data.js";
import { RecognizerError } from "../errors.js";
import { serveCalls } from "./serve-calls.js";

export interface ModelSettings {
  readonly threads: number;
  /** Where ONNX Runtime's WebAssembly is. */
  readonly wasm: string;
  /** Where the graph that detects speech is. */
  readonly detector: string;
}

/** ONNX Runtime, as each of its entries gives it. */
export interface Runtime {
  readonly env: typeof env;
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
}

/**
 * @param options of the model's sessions; what else runs is too small for any but the processor
 * @param check throws where this browser lacks what the runtime needs, before that is fetched
 */
export function serveModel(
  { env, InferenceSession, Tensor }: Runtime,
  options: InferenceSession.SessionOptions,
  check = async () => {},
): void {
  // ONNX Runtime's threads run the very file of their worker, under a name of their own.
  if ((globalThis as { name?: string }).name?.startsWith("em-pthread")) return;
  const prepare = once(async ({ threads, wasm }: ModelSettings) => {
    await check();
    env.wasm.numThreads = threads;
    env.wasm.wasmPaths = { wasm };
    await fetchPart(wasm, "ONNX Runtime's WebAssembly", "HEAD");
  });
  // ONNX Runtime has one place for the external data of all sessions, so these are made one after another.
  const inTurn = turns();
  const toTensor = ({ type, data, dims }: TensorData) => new Tensor(type as never, data as never, dims);
  const onWasm = options.executionProviders?.every((provider) => provider === "wasm") === true;
  const handlers = modelHandlers<Tensor, ModelSettings>({
    async openModel(graph, settings) {
      await prepare(settings);
      const open = ({ graph, externalData }: FoldedGraph) =>
        InferenceSession.create(graph, { ...options, externalData });
      return inTurn(async () => {
        const parts = takeApart(graph);
        // Layers of our own have one thread. Already two of ONNX Runtime's are faster.
        const isOurs = onWasm && settings.threads === 1;
        const cut = isOurs ? await LayeredSession.open(parts, { open, toTensor }) : undefined;
        return cut ?? open(foldConstants(graph, parts));
      });
    },
    async openDetector(settings) {
      const [answer] = await Promise.all([fetchPart(settings.detector, "the detector of speech"), prepare(settings)]);
      const graph = new Uint8Array(await answer.arrayBuffer());
      return inTurn(() => InferenceSession.create(graph, { executionProviders: ["wasm"] }));
    },
    toTensor,
  });
  serveCalls(handlers);
}

/** The first call's promise, for all of them. */
function once<Given>(run: (given: Given) => Promise<void>): (given: Given) => Promise<void> {
  let running: Promise<void> | undefined;
  return (given) => {
    running ??= run(given);
    return running;
  };
}

/** Each begins when the one before has ended, however that was. */
function turns(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const own = last.then(run, run);
    last = own;
    return own;
  };
}

/** ONNX Runtime's own words for a page of HTML in the place of one of its files would help nobody. */
async function fetchPart(url: string, what: string, method: "GET" | "HEAD" = "GET"): Promise<Response> {
  const answer = await fetch(url, { method }).catch((error: unknown) => {
    throw missing(`${url}: cannot be fetched (${(error as Error).message}); serve it beside the page`);
  });
  const type = answer.headers.get("content-type") ?? "";
  if (answer.ok && !type.includes("html")) return answer;
  const found = answer.ok ? `is served as ${type}` : `answers with status ${answer.status}`;
  throw missing(`${url}: ${found}, and ${what} is due there; copy it from the package's dist/browser`);
}

function missing(message: string): RecognizerError {
  return new RecognizerError("no-runtime", message);
}
