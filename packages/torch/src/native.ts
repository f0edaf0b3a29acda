/**
 * Loads the add-on and gives its functions types. Nothing outside packages/torch sees this file: handles are wrapped
 * by Tensor and Generator before anyone else meets them.
 */
import { createRequire } from "node:module";
import { isMainThread } from "node:worker_threads";
import { findAddon } from "./addon-path.js";
import { setNativeDefaults } from "./environment.js";
import { TorchError, type TorchErrorCode } from "./errors.js";

declare const handleKind: unique symbol;
/** An External that owns an at::Tensor. */
export type TensorHandle = { readonly [handleKind]: "tensor" };
/** An External that owns an at::Generator. */
export type GeneratorHandle = { readonly [handleKind]: "generator" };
/** An External that owns a c10d store. */
export type StoreHandle = { readonly [handleKind]: "store" };
/** An External that owns a c10d process group. */
export type ProcessGroupHandle = { readonly [handleKind]: "processGroup" };
/** An External that owns hooks on parameters, and the thread that adds their gradients up. */
export type GradientBucketsHandle = { readonly [handleKind]: "gradientBuckets" };

/** Every dtype that the binding names, as in PyTorch. */
export type Dtype =
  | "float32"
  | "float64"
  | "float16"
  | "bfloat16"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint8"
  | "bool"
  | "complex64"
  | "complex128";

/** What libtorch runs here. */
export interface RuntimeInfo {
  /** libtorch's version, such as "1.13.0". */
  version: string;
  /** libtorch's own account of how it was built. */
  config: string;
  /** Path of the shared library whose sgemm serves matrix products; "" where libtorch carries its own. */
  blasLibrary: string;
  cudaAvailable: boolean;
  mkldnnAvailable: boolean;
}

/** What bfloat16 is multiplied for: matrices, convolutions, and the steps of a GRU. */
export type Bf16Work = "products" | "convolutions" | "recurrences";

/** How bfloat16 may be multiplied on the processor, and how fast that was, in billions of operations a second. */
export interface Bf16Way {
  /** By oneDNN's own bfloat16, in half precision (AVX512-FP16), or converted to float32 and back. */
  way: "onednn" | "half" | "float32";
  /** Undefined where nothing was measured: the way is forced, or the only one. */
  gflops?: number;
}

interface Native {
  setErrorClass(errorClass: new (code: TorchErrorCode, message: string) => Error): void;
  dispose(tensor: TensorHandle): void;
  isDisposed(tensor: TensorHandle): boolean;
  isSame(a: TensorHandle, b: TensorHandle): boolean;
  liveMemory(): { tensors: number; bytes: number };
  setScoped(isScoped: boolean): void;
  call(name: string, overload: string, positional: readonly unknown[], keywords?: object): unknown;
  schemas(): string[];
  fromBytes(view: ArrayBufferView, shape: readonly number[], dtype: Dtype, device: string): TensorHandle;
  copyToBytes(tensor: TensorHandle, view: ArrayBufferView): void;
  shape(tensor: TensorHandle): number[];
  dtype(tensor: TensorHandle): Dtype;
  device(tensor: TensorHandle): string;
  isContiguous(tensor: TensorHandle): boolean;
  item(tensor: TensorHandle): number | boolean;
  backward(
    outputs: readonly TensorHandle[],
    gradients: readonly TensorHandle[] | undefined,
    retainGraph: boolean,
    createGraph: boolean,
  ): void;
  gradients(
    outputs: readonly TensorHandle[],
    inputs: readonly TensorHandle[],
    gradients: readonly TensorHandle[] | undefined,
    retainGraph: boolean,
    createGraph: boolean,
    allowUnused: boolean,
  ): (TensorHandle | null)[];
  grad(tensor: TensorHandle): TensorHandle | null;
  setGrad(tensor: TensorHandle, gradient: TensorHandle | null): void;
  requiresGrad(tensor: TensorHandle): boolean;
  setRequiresGrad(tensor: TensorHandle, requiresGrad: boolean): void;
  isGradEnabled(): boolean;
  setGradEnabled(enabled: boolean): void;
  setAutocast(device: string, enabled: boolean, dtype: Dtype): boolean;
  manualSeed(seed: number | bigint): void;
  defaultGenerator(device: string): GeneratorHandle;
  createGenerator(device: string, seed: number | bigint): GeneratorHandle;
  generatorState(generator: GeneratorHandle): TensorHandle;
  setGeneratorState(generator: GeneratorHandle, state: TensorHandle): void;
  runtimeInfo(): RuntimeInfo;
  bf16Ways(): Record<Bf16Work, Bf16Way[]>;
  takeBf16Way(work: Bf16Work, way: string): boolean;
  numThreads(): number;
  setNumThreads(threads: number): void;
  setFlushDenormal(flush: boolean): boolean;
  recordOperators(body: () => void): string[];
  /** Whether the add-on was compiled with c10d and Gloo; without, what follows up to `groupBarrier` is missing. */
  processGroups: boolean;
  /** Whether groups for the tensors of cards (NCCL) can be opened. */
  cardGroups: boolean;
  openStore(host: string, port: number, isServer: boolean, timeoutMs: number): StoreHandle;
  storePort(store: StoreHandle): number;
  storeSet(store: StoreHandle, key: string, value: Uint8Array): void;
  storeGet(store: StoreHandle, key: string): Uint8Array;
  storeAdd(store: StoreHandle, key: string, amount: number): number;
  storeHas(store: StoreHandle, keys: readonly string[]): boolean;
  closeStore(store: StoreHandle): void;
  openGroup(
    store: StoreHandle,
    prefix: string,
    rank: number,
    size: number,
    timeoutMs: number,
    host: string,
  ): ProcessGroupHandle;
  closeGroup(group: ProcessGroupHandle): void;
  groupSum(group: ProcessGroupHandle, tensor: TensorHandle): void;
  groupBroadcast(group: ProcessGroupHandle, tensor: TensorHandle, root: number): void;
  groupGather(group: ProcessGroupHandle, tensor: TensorHandle, outputs: readonly TensorHandle[]): void;
  groupBarrier(group: ProcessGroupHandle): void;
  openBuckets(
    parameters: readonly TensorHandle[],
    bucketOf: readonly number[],
    rounds: readonly ProcessGroupHandle[],
  ): GradientBucketsHandle;
  beginBuckets(buckets: GradientBucketsHandle, chains: readonly (readonly TensorHandle[])[]): void;
  finishBuckets(buckets: GradientBucketsHandle): boolean[];
  closeBuckets(buckets: GradientBucketsHandle): void;
}

function load(): Native {
  if (isMainThread) setNativeDefaults();
  const path = findAddon();
  if (path === undefined) {
    const found = "libtorch's add-on has not been compiled on this machine";
    throw new TorchError("NATIVE_MISSING", `${found}. Run "npx deepspeech-ts setup".`);
  }
  try {
    return createRequire(import.meta.url)(path) as Native;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    const found = `cannot load libtorch's add-on: ${reason}`;
    throw new TorchError("NATIVE_MISSING", `${found}. Run "npx deepspeech-ts setup".`, { cause });
  }
}

export const native: Native = load();
native.setErrorClass(TorchError);
