/** What runs a model answers to, in a process or a worker, with either of ONNX Runtime's packages. */
import type { Transferred } from "./calls.js";
import { withSharedConstants } from "./shared-constants.js";
import type { TensorData, Tensors } from "./tensor-data.js";

type Outputs = Promise<Readonly<Record<string, TensorData>>>;

interface Session<Tensor> {
  run(inputs: Readonly<Record<string, Tensor>>): Outputs;
  run(inputs: Readonly<Record<string, Tensor>>, outputNames: readonly string[]): Outputs;
}

/** What the two packages have in common, as each gives it. */
export interface Graphs<Tensor, Settings> {
  /** Starts one of the model's graphs. */
  openModel(graph: Uint8Array, settings: Settings): Promise<Session<Tensor>>;
  /** Starts the graph that detects speech. */
  openDetector(settings: Settings): Promise<Session<Tensor>>;
  toTensor(data: TensorData): Tensor;
}

export function modelHandlers<Tensor, Settings>(graphs: Graphs<Tensor, Settings>) {
  let model: Promise<Session<Tensor>>;
  let detector: Promise<Session<Tensor>> | undefined;
  let steps: Promise<Session<Tensor>> | undefined;
  /** The graph for steps, until it is needed. */
  let stepGraph: (() => Uint8Array) | undefined;
  let settings: Settings;
  const tensorsOf = (inputs: Tensors) => mapTensors(inputs, (data) => graphs.toTensor(data));
  return {
    /** Before `load`, where the graph is still on its way: ONNX Runtime gets ready. What fails here, `load` tells. */
    async prepare(given: Settings) {
      detector = graphs.openDetector(given);
      detector.catch(() => {
        detector = undefined;
      });
      return plain(undefined);
    },

    /** The first call, or the second. What fails here is told by those after it. @param step of a model that goes in steps */
    async load(graph: Uint8Array, given: Settings, step?: Uint8Array) {
      settings = given;
      stepGraph = step && (() => withSharedConstants(step, graph));
      model = graphs.openModel(graph, settings);
      model.catch(() => {});
      return plain(undefined);
    },

    /** Resolves when the graph is loaded. */
    async ready() {
      await model;
      return plain(undefined);
    },

    async run(inputs: Tensors, outputNames: string[]) {
      return answerOf(await (await model).run(tensorsOf(inputs), outputNames));
    },

    /** As `run`, with the graph for steps, which is opened by the first. */
    async runStep(inputs: Tensors, outputNames: string[]) {
      await model;
      if (stepGraph) steps = graphs.openModel(stepGraph(), settings);
      stepGraph = undefined;
      return answerOf(await (await steps!).run(tensorsOf(inputs), outputNames));
    },

    async detectSpeech(inputs: Tensors) {
      await model;
      detector ??= graphs.openDetector(settings);
      return answerOf(await (await detector).run(tensorsOf(inputs)));
    },
  };
}

/** A run's outputs, as plain data. */
function answerOf(outputs: Awaited<Outputs>): Transferred {
  return plain(mapTensors(outputs, ({ type, data, dims }) => ({ type, data, dims })));
}

function plain(result: unknown): Transferred {
  return { result, transfer: [] };
}

function mapTensors<A, B>(tensors: Readonly<Record<string, A>>, change: (tensor: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]));
}
