/** What this libtorch is and how it uses the machine. */
import { realpathSync } from "node:fs";
import { type Bf16Way, type Bf16Work, native, type RuntimeInfo } from "./native.js";

export type { Bf16Way, Bf16Work, RuntimeInfo } from "./native.js";

/** Versions, the BLAS in use (symbolic links resolved), CUDA. */
export function runtimeInfo(): RuntimeInfo {
  const info = native.runtimeInfo();
  return { ...info, blasLibrary: info.blasLibrary && realpathSync(info.blasLibrary) };
}

/** Threads that one operator may use, on this JavaScript thread. */
export function numThreads(): number {
  return native.numThreads();
}

/** OpenMP keeps the number for each thread: set it on the thread that computes. */
export function setNumThreads(threads: number): void {
  native.setNumThreads(threads);
}

/**
 * Treats denormal floats as zero on this thread: they cost a hundred cycles each on most processors.
 * @returns whether the processor can
 */
export function setFlushDenormal(flush: boolean): boolean {
  return native.setFlushDenormal(flush);
}

/**
 * How layers multiply bfloat16 on this processor, matrices, convolutions and the steps of a GRU: of each the way that is taken comes first. The
 * first layer that needs one, or the first call, measures them once in a process (some milliseconds);
 * DEEPSPEECH_BF16 (onednn, half or float32) forces one.
 *
 * @throws TorchError `VALUE` where DEEPSPEECH_BF16 is something else
 */
export function bf16Ways(): Record<Bf16Work, Bf16Way[]> {
  return native.bf16Ways();
}

/**
 * From now on, in this process, multiplies bfloat16 in one of the ways that `bf16Ways` tells, however quick it is: two ways
 * differ in the last digits, and who goes on with an earlier process's work may want its digits.
 *
 * @returns false where there is no such way on this processor, or DEEPSPEECH_BF16 forces another; then all stays as it was
 */
export function takeBf16Way(work: Bf16Work, way: string): boolean {
  return native.takeBf16Way(work, way);
}

/** Tensors alive on this JavaScript thread, and the bytes of CPU storage that they hold (views counted once). */
export function liveMemory(): { tensors: number; bytes: number } {
  return native.liveMemory();
}

/**
 * Runs `body` and tells which operators it ran, such as "aten::add", in the order in which they began: those that it called,
 * those that they called in their turn, and those of its backward passes. It shows what a layer really costs, and whether
 * anything reads a device's values back (`aten::_local_scalar_dense`), for which the caller must wait.
 */
export function recordOperators(body: () => void): string[] {
  return native.recordOperators(body);
}
