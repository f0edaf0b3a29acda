/** The process that runs a model: see model-process.ts. */
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Transferred } from "../core/calls.js";
import { type DetectorState, detectInRuns } from "../core/speech-detector.js";
import type { TensorData, Tensors } from "../core/tensor-data.js";
import { followParent } from "./hosts.js";
import { serveCalls } from "./serve-calls.js";

const DETECTOR = fileURLToPath(new URL("../../models/speech-detector.onnx", import.meta.url));
/** Its operators are too small to share. */
const ONE_THREAD = { intraOpNumThreads: 1, interOpNumThreads: 1, executionProviders: ["cpu"] };

let session: Promise<InferenceSession>;
let detector: Promise<InferenceSession> | undefined;

followParent();
serveCalls({
  /** The first call. What fails here is told by those after it. */
  async load(graph: Uint8Array, threads: number): Promise<Transferred> {
    session = InferenceSession.create(graph, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionProviders: ["cpu"],
    });
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

  async detectSpeech(samples: Float32Array, state: DetectorState): Promise<Transferred> {
    detector ??= InferenceSession.create(DETECTOR, ONE_THREAD);
    const graph = await detector;
    const run = async (inputs: Tensors) => (await graph.run(mapTensors(inputs, toTensor))) as never;
    return { result: await detectInRuns(samples, state, run), transfer: [] };
  },
});

function toTensor({ type, data, dims }: TensorData): Tensor {
  return new Tensor(type as never, data as never, dims);
}

function mapTensors<A, B>(tensors: Readonly<Record<string, A>>, change: (tensor: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]));
}
