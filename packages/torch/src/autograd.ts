/** Autograd beside the tensor's own methods: modes and gradients as values. Modes are the calling thread's. */
import { type Dtype, native } from "./native.js";
import { handleOf, Tensor } from "./tensor.js";

/** Runs `body` without recording operations: for evaluation, and for updates of parameters in place. */
export function noGrad<T>(body: () => T): T {
  return withGradMode(false, body);
}

/** Runs `body` with recording on, inside a `noGrad`. */
export function enableGrad<T>(body: () => T): T {
  return withGradMode(true, body);
}

/** Whether operations on this thread are recorded for autograd. */
export function isGradEnabled(): boolean {
  return native.isGradEnabled();
}

function withGradMode<T>(enabled: boolean, body: () => T): T {
  const before = native.isGradEnabled();
  native.setGradEnabled(enabled);
  try {
    return body();
  } finally {
    native.setGradEnabled(before);
  }
}

/**
 * Runs `body` with mixed precision: libtorch computes matrix products and convolutions in `dtype`, and what needs the
 * range (losses, norms, sums) in float32.
 */
export function autocast<T>(device: "cpu" | "cuda", dtype: Dtype, body: () => T): T {
  const before = native.setAutocast(device, true, dtype);
  try {
    return body();
  } finally {
    native.setAutocast(device, before, dtype);
  }
}

/** How `grad` differentiates. */
export interface GradOptions {
  /** One for each output that has more than one element. */
  gradOutputs?: readonly Tensor[];
  retainGraph?: boolean;
  createGraph?: boolean;
  /** Give null for an input that the outputs do not depend on, instead of throwing. */
  allowUnused?: boolean;
}

/** Gradients of the outputs' sum with respect to the inputs, returned and not accumulated: `torch.autograd.grad`. */
export function grad(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  const { gradOutputs, createGraph = false, retainGraph = createGraph, allowUnused = false } = options;
  const handles = native.gradients(
    outputs.map(handleOf),
    inputs.map(handleOf),
    gradOutputs?.map(handleOf),
    retainGraph,
    createGraph,
    allowUnused,
  );
  return handles.map((handle) => handle && new Tensor(handle));
}
