/** The process that runs a model: see model-process.ts. */
import { readFile } from "node:fs/promises";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { modelHandlers } from "../core/model-handlers.js";
import { followParent } from "./hosts.js";
import { loadOnnxRuntime, type OnnxRuntime } from "./onnx-runtime.js";
import { serveCalls } from "./serve-calls.js";

const DETECTOR = new URL("../../models/speech-detector.onnx", import.meta.url);

/** There once the model is open, before which nothing else is done. */
let runtime: OnnxRuntime;

followParent();
serveCalls(
  modelHandlers<Tensor, number>({
    async openModel(graph, threads) {
      runtime = await loadOnnxRuntime();
      return runtime.InferenceSession.create(graph, optionsFor(threads));
    },
    // Its operators are too small to share. Read here: within Electron's archives ONNX Runtime finds no files.
    openDetector: async () => runtime.InferenceSession.create(await readFile(DETECTOR), optionsFor(1)),
    toTensor: ({ type, data, dims }) => new runtime.Tensor(type as never, data as never, dims),
  }),
);

function optionsFor(threads: number): InferenceSession.SessionOptions {
  return { intraOpNumThreads: threads, interOpNumThreads: 1, executionProviders: ["cpu"] };
}
