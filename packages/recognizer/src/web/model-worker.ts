/** The worker that runs a model in ONNX Runtime's WebAssembly: see web-platform.ts. */
import * as runtime from "onnxruntime-web/wasm";
import { serveModel } from "./serve-model.js";

serveModel(runtime, { executionProviders: ["wasm"] });
