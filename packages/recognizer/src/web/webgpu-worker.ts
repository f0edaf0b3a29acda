/**
 * The worker that runs a model on WebGPU: see webgpu-model.ts. What WebGPU has no operator for, recurrent layers among
 * them, ONNX Runtime computes in WebAssembly in between. Of its builds this is the smaller and faster one; its WebAssembly
 * waits for the card as JavaScript does, which not every browser has that has WebGPU.
 */
import * as runtime from "onnxruntime-web/jspi";
import { serveModel } from "./serve-model.js";

// It would tell of every operator that is left to WebAssembly.
const ERRORS_ONLY = 3;
serveModel(runtime, { executionProviders: ["webgpu"], logSeverityLevel: ERRORS_ONLY }, async () => {
  const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<object | null> } };
  if (!gpu) throw new Error("this browser has no WebGPU, or the page was served neither over https nor from localhost");
  if (!(await gpu.requestAdapter())) throw new Error("WebGPU finds no graphics card here that it can use");
  if (!("Suspending" in WebAssembly)) throw new Error("this browser's WebAssembly cannot wait for it (JSPI)");
});
