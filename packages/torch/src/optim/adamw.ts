/**
 * Adam with decoupled weight decay: Loshchilov & Hutter 2019, arXiv:1711.05101, Algorithm 2, as `torch.optim.AdamW`.
 * On the CPU all parameters of a step go through one operator of our own (native/adamw.cc), elsewhere through libtorch's
 * foreach operators, a handful of calls however many tensors there are.
 */
import { noGrad } from "../autograd.js";
import { callUntyped, call as op } from "../call.js";
import { zeros } from "../creation.js";
import { keep, tidy } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { restoreState } from "./restore-state.js";
import { trainedGroups } from "./trained-groups.js";

/** How AdamW steps. */
export interface AdamWOptions {
  /** Step size. Default: 1e-3. */
  learningRate?: number;
  /** Decay of the running means of the gradient and of its square. Default: [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the denominator. Default: 1e-8. */
  eps?: number;
  /** Share of each weight taken off a step, times the learning rate. Default: 0.01. */
  weightDecay?: number;
  /** Parameters for which this is false are not decayed. Default: all are. */
  decays?: (name: string, parameter: Tensor) => boolean;
}

interface Slot {
  readonly parameter: Tensor;
  readonly expAvg: Tensor;
  readonly expAvgSq: Tensor;
  readonly decays: boolean;
  /** Steps that had a gradient for it, which say how far its means still lean towards zero. */
  steps: number;
}

type ActiveSlot = Slot & { readonly gradient: Tensor };

/** AdamW over parameters by name. */
export class AdamW {
  /** May be set between steps, by a schedule. */
  learningRate: number;
  readonly #betas: readonly [number, number];
  readonly #eps: number;
  readonly #weightDecay: number;
  readonly #slots = new Map<string, Slot>();

  /** @param parameters by name, as `module.namedParameters()`; all must have a gradient at every step */
  constructor(parameters: ReadonlyMap<string, Tensor>, options: AdamWOptions = {}) {
    const { learningRate = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01, decays = () => true } = options;
    this.learningRate = learningRate;
    this.#betas = betas;
    this.#eps = eps;
    this.#weightDecay = weightDecay;
    for (const [name, parameter] of parameters) {
      const moment = () => keep(zeros(parameter.shape, { device: parameter.device, dtype: parameter.dtype }));
      const decay = decays(name, parameter);
      this.#slots.set(name, { parameter, expAvg: moment(), expAvgSq: moment(), decays: decay, steps: 0 });
    }
  }

  /** Steps taken so far. */
  get steps(): number {
    return Math.max(0, ...Object.values(this.stepCounts));
  }

  /** The same for each parameter: one that was frozen for a while has fewer. */
  get stepCounts(): Record<string, number> {
    return Object.fromEntries([...this.#slots].map(([name, { steps }]) => [name, steps]));
  }

  /** Updates every parameter from its gradient. A parameter without one (frozen, or unused) stays as it is. */
  step(): void {
    // Most have been trained for as long as all others: one call for all of them.
    for (const slots of trainedGroups(this.#slots.values(), ({ steps }) => steps)) {
      for (const slot of slots) slot.steps++;
      noGrad(() => tidy(() => this.#update(slots, slots[0]!.steps)));
    }
  }

  #update(slots: readonly Slot[], steps: number): void {
    const active = slots.map((slot) => ({ ...slot, gradient: slot.parameter.grad! }));
    if (active.every(isFusable)) this.#updateFused(active, steps);
    else this.#updateForeach(active, steps);
  }

  #updateFused(active: readonly ActiveSlot[], steps: number): void {
    callUntyped("deepspeech::adamw_", [
      ...tensorsOf(active),
      active.map((slot) => (slot.decays ? this.#weightDecay : 0)),
      this.learningRate,
      ...this.#betas,
      this.#eps,
      steps,
    ]);
  }

  #updateForeach(active: readonly ActiveSlot[], steps: number): void {
    const [parameters, gradients, expAvg, expAvgSq] = tensorsOf(active);
    const [beta1, beta2] = this.#betas;
    const decayed = active.filter((slot) => slot.decays).map((slot) => slot.parameter);
    if (this.#weightDecay !== 0 && decayed.length > 0) {
      op("_foreach_mul_.Scalar", [decayed, 1 - this.learningRate * this.#weightDecay]);
    }
    op("_foreach_mul_.Scalar", [expAvg, beta1]);
    op("_foreach_add_.List", [expAvg, gradients], { alpha: 1 - beta1 });
    op("_foreach_mul_.Scalar", [expAvgSq, beta2]);
    op("_foreach_addcmul_.Scalar", [expAvgSq, gradients, gradients, 1 - beta2]);

    const denominator = op("_foreach_sqrt", [expAvgSq]);
    op("_foreach_div_.Scalar", [denominator, Math.sqrt(1 - beta2 ** steps)]);
    op("_foreach_add_.Scalar", [denominator, this.#eps]);
    const stepSize = this.learningRate / (1 - beta1 ** steps);
    op("_foreach_addcdiv_.Scalar", [parameters, expAvg, denominator, -stepSize]);
  }

  zeroGrad(): void {
    for (const { parameter } of this.#slots.values()) parameter.grad = null;
  }

  /** The running means by `<parameter>.exp_avg` and `<parameter>.exp_avg_sq`; themselves, not copies. */
  stateDict(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [name, slot] of this.#slots) {
      state.set(`${name}.exp_avg`, slot.expAvg);
      state.set(`${name}.exp_avg_sq`, slot.expAvgSq);
    }
    return state;
  }

  /**
   * Restores what `stateDict` and `stepCounts` gave.
   * @param steps of each parameter, none where it has no count; or of all
   * @throws TorchError STATE_DICT where a parameter's state is missing or of another shape; nothing is changed then
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>, steps: number | Readonly<Record<string, number>>): void {
    restoreState(this.stateDict(), state);
    for (const [name, slot] of this.#slots) slot.steps = typeof steps === "number" ? steps : (steps[name] ?? 0);
  }

  dispose(): void {
    for (const { expAvg, expAvgSq } of this.#slots.values()) {
      expAvg.dispose();
      expAvgSq.dispose();
    }
  }
}

function tensorsOf(
  slots: readonly ActiveSlot[],
): [parameters: Tensor[], gradients: Tensor[], m: Tensor[], v: Tensor[]] {
  return [
    slots.map((slot) => slot.parameter),
    slots.map((slot) => slot.gradient),
    slots.map((slot) => slot.expAvg),
    slots.map((slot) => slot.expAvgSq),
  ];
}

function isFusable({ parameter, gradient }: ActiveSlot): boolean {
  return [parameter, gradient].every(({ device, dtype }) => device === "cpu" && dtype === "float32");
}
