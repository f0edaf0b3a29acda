/** The process that runs a model: see model-process.ts. */
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { modelHandlers } from "../core/model-handlers.js";
import { followParent } from "./hosts.js";
import { serveCalls } from "./serve-calls.js";

const DETECTOR = fileURLToPath(new URL("../../models/speech-detector.onnx", import.meta.url));

followParent();
serveCalls(
  modelHandlers<Tensor, number>({
    openModel: (graph, threads) => InferenceSession.create(graph, optionsFor(threads)),
    // Its operators are too small to share.
    openDetector: () => InferenceSession.create(DETECTOR, optionsFor(1)),
    toTensor: ({ type, data, dims }) => new Tensor(type as never, data as never, dims),
  }),
);

function optionsFor(threads: number): InferenceSession.SessionOptions {
  return { intraOpNumThreads: threads, interOpNumThreads: 1, executionProviders: ["cpu"] };
}
