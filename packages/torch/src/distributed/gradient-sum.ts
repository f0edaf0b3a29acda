/**
 * The gradients of a step whose batches are spread over processes, added up in the order of accumulation-plan.ts. They live
 * in flat buckets, of which every parameter's gradient is a view; the native half (native/gradient_buckets.cc) hands a bucket to
 * the other processes while the last batch's backward pass still computes the next.
 */
import { noGrad } from "../autograd.js";
import { zeros } from "../creation.js";
import { type GradientBucketsHandle, native } from "../native.js";
import { keep, tidy } from "../scope.js";
import { handleOf, type Tensor } from "../tensor.js";
import { type AccumulationStep, accumulationPlan } from "./accumulation-plan.js";
import type { Processes } from "./processes.js";

/** How gradients are added up. */
export interface GradientSumOptions {
  /** Who adds with this process. Default: nobody. */
  processes?: Processes | undefined;
  /** Bytes of a bucket: small ones begin to travel earlier, large ones travel better. Default: 4 MiB. */
  bucketBytes?: number;
  /**
   * "exact" adds in pairs of processes, so that their number changes no bit; "fast" leaves the order to Gloo.
   * Default: "exact".
   */
  reduction?: "exact" | "fast";
}

/** A bucket's parameters are laid out one after another; one buffer holds all buckets. */
interface Buffer {
  readonly buckets: readonly Tensor[];
  /** [parameters], each shaped as its parameter. */
  readonly gradients: readonly Tensor[];
}

/** The sum of several batches' gradients, over one process or many. */
export class GradientSum implements Disposable {
  readonly #parameters: readonly Tensor[];
  readonly #bucketOf: readonly number[];
  readonly #buffers: Buffer[] = [];
  readonly #native: GradientBucketsHandle;

  /**
   * @param parameters all of one dtype and device, in the order in which the forward pass meets them; all ranks give the same
   */
  constructor(
    parameters: readonly Tensor[],
    { processes, bucketBytes = 2 ** 22, reduction = "exact" }: GradientSumOptions = {},
  ) {
    this.#parameters = parameters;
    this.#bucketOf = bucketsOf(parameters, bucketBytes);
    const rounds = reduction === "exact" ? processes?.pairRounds : processes?.fastRounds;
    this.#native = native.openBuckets(parameters.map(handleOf), this.#bucketOf, rounds ?? []);
  }

  /**
   * Computes this process's leaves and adds up all processes' gradients: afterwards each parameter's `grad` is the sum over
   * all leaves, the same bits on every rank.
   *
   * @param present for each of this process's leaves, whether it is there
   * @param backward adds the gradients of a leaf (by its place in `present`) to those of the parameters
   * @returns for each parameter, whether one of this process's leaves had a gradient for it
   */
  compute(present: readonly boolean[], backward: (leaf: number) => void): boolean[] {
    const plan = accumulationPlan(present);
    const last = plan.findLastIndex(({ kind }) => kind === "leaf");
    if (last < 0) this.#use(0, { fresh: true });
    for (const [i, step] of plan.entries()) {
      if (step.kind === "merge") {
        if (i < last) this.#merge(step.buffer);
        continue;
      }
      this.#use(step.buffer, step);
      if (i === last) this.#begin(step.buffer, plan.slice(i + 1));
      backward(step.leaf);
    }
    if (last < 0) this.#begin(0, []);
    const used = native.finishBuckets(this.#native);
    this.#use(0, { fresh: false });
    return used;
  }

  [Symbol.dispose](): void {
    native.closeBuckets(this.#native);
    for (const tensor of this.#buffers.flatMap(({ buckets, gradients }) => [...gradients, ...buckets]))
      tensor.dispose();
    this.#buffers.length = 0;
  }

  /** What follows the last leaf is added bucket by bucket, as they become ready. */
  #begin(buffer: number, merges: readonly AccumulationStep[]): void {
    const order = [buffer, ...merges.map((merge) => merge.buffer)].map((index) => this.#buffer(index).buckets);
    const numBuckets = order[0]!.length;
    const chains = Array.from({ length: numBuckets }, (_, bucket) =>
      order.map((buckets) => handleOf(buckets[bucket]!)),
    );
    native.beginBuckets(this.#native, chains);
  }

  #merge(buffer: number): void {
    const [to, from] = [this.#buffer(buffer).buckets, this.#buffer(buffer + 1).buckets];
    noGrad(() => tidy(() => to.forEach((bucket, i) => void bucket.add_(from[i]!))));
  }

  /** Has the parameters' gradients gather in a buffer. */
  #use(index: number, { fresh }: { fresh: boolean }): void {
    const { buckets, gradients } = this.#buffer(index);
    noGrad(() =>
      tidy(() => {
        if (fresh) for (const bucket of buckets) bucket.zero_();
        for (const [i, parameter] of this.#parameters.entries()) parameter.grad = gradients[i]!;
      }),
    );
  }

  #buffer(index: number): Buffer {
    this.#buffers[index] ??= noGrad(() => tidy(() => newBuffer(this.#parameters, this.#bucketOf)));
    return this.#buffers[index];
  }
}

/** The bucket of each parameter. The last parameters' gradients come first, so theirs is bucket 0. */
function bucketsOf(parameters: readonly Tensor[], bucketBytes: number): number[] {
  const bucketOf = new Array<number>(parameters.length);
  let [bucket, bytes] = [0, 0];
  for (let i = parameters.length - 1; i >= 0; i--) {
    const size = 4 * parameters[i]!.numel;
    if (bytes > 0 && bytes + size > bucketBytes) [bucket, bytes] = [bucket + 1, 0];
    bucketOf[i] = bucket;
    bytes += size;
  }
  return bucketOf;
}

function newBuffer(parameters: readonly Tensor[], bucketOf: readonly number[]): Buffer {
  const gradients = new Array<Tensor>(parameters.length);
  const numBuckets = Math.max(...bucketOf) + 1;
  const buckets = Array.from({ length: numBuckets }, (_, bucket) => {
    const members = parameters.map((parameter, i) => ({ parameter, i })).filter(({ i }) => bucketOf[i] === bucket);
    const size = members.reduce((total, { parameter }) => total + parameter.numel, 0);
    const { dtype, device } = members[0]!.parameter;
    const flat = keep(zeros([size], { dtype, device }));
    let from = 0;
    for (const { parameter, i } of members) {
      gradients[i] = keep(flat.narrow(0, from, parameter.numel).reshape(parameter.shape));
      from += parameter.numel;
    }
    return flat;
  });
  return { buckets, gradients };
}
