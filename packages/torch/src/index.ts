export * from "./autograd.js";
export { call, callUntyped } from "./call.js";
export * from "./creation.js";
export * as distributed from "./distributed/index.js";
export * from "./errors.js";
export * as nn from "./nn/index.js";
export type { Dtype, Scalar } from "./operator-types.js";
export * as optim from "./optim/index.js";
export { createGenerator, defaultGenerator, Generator, manualSeed } from "./random.js";
export * from "./runtime.js";
export {
  decodeSafetensors,
  encodeSafetensors,
  loadSafetensors,
  loadSafetensorsHeader,
  type Safetensors,
  type SafetensorsHeader,
  saveSafetensors,
} from "./safetensors.js";
export { type Disposable, keep, Scope, tidy } from "./scope.js";
export { Tensor } from "./tensor.js";
export type { TypedArray } from "./typed-arrays.js";
