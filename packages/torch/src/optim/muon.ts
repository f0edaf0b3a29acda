/**
 * Muon: the step on a matrix of weights is its momentum made orthogonal, so that all directions in which the matrix can change
 * are learnt at one speed, where Adam follows the few that gradients are full of. Jordan et al. 2024
 * (https://kellerjordan.github.io/posts/muon); sized as AdamW's steps are, so that both take the same learning rate and decay:
 * Liu et al. 2025, arXiv:2502.16982, equation 4.
 */
import { noGrad } from "../autograd.js";
import { call as op } from "../call.js";
import { cat, zeros } from "../creation.js";
import { keep, tidy } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { AdamW, type AdamWOptions } from "./adamw.js";
import { orthogonalise } from "./orthogonalise.js";
import { restoreState } from "./restore-state.js";
import { trainedGroups } from "./trained-groups.js";

/** Decay of the running sum of gradients. */
const MOMENTUM = 0.95;
/**
 * The root mean square of a step's numbers, relative to the learning rate. AdamW's is 1 at first and 0.2 late in long runs, which
 * Liu et al. take; in runs of some thousand steps more than that learns faster.
 */
const STEP_SIZE = 0.5;

/** How Muon steps; the rest is for AdamW, which takes what is no matrix. */
export interface MuonOptions extends AdamWOptions {
  /**
   * How many matrices a parameter consists of, one below the other, as a GRU's weights hold their gates; 0 leaves it to AdamW.
   * Default: one where it has two dimensions. Made for hidden layers: outputs learn better by AdamW.
   */
  matricesIn?: (name: string, parameter: Tensor) => number;
  /** In which matrices are made orthogonal: bfloat16 is enough, where products of it are fast. Default: "float32". */
  dtype?: "float32" | "bfloat16";
}

interface Slot {
  readonly parameter: Tensor;
  readonly momentum: Tensor;
  readonly decays: boolean;
  /** How many matrices, and the rows and columns of each. */
  readonly shape: readonly [count: number, rows: number, columns: number];
}

/** Muon over parameters by name, and AdamW over those that are no matrices. */
export class Muon {
  readonly #slots = new Map<string, Slot>();
  #steps = 0;
  readonly #others: AdamW;
  readonly #weightDecay: number;
  readonly #dtype: "float32" | "bfloat16";

  /** @param parameters by name, as `module.namedParameters()` */
  constructor(parameters: ReadonlyMap<string, Tensor>, options: MuonOptions = {}) {
    const { weightDecay = 0.01, dtype = "float32", decays = () => true, matricesIn = oneIfFlat } = options;
    const others = new Map<string, Tensor>();
    for (const [name, parameter] of parameters) {
      const count = matricesIn(name, parameter);
      if (count === 0) {
        others.set(name, parameter);
        continue;
      }
      const [rows = 0, columns = 0] = parameter.shape;
      const momentum = keep(zeros(parameter.shape, { device: parameter.device, dtype: parameter.dtype }));
      const shape = [count, rows / count, columns] as const;
      this.#slots.set(name, { parameter, momentum, decays: decays(name, parameter), shape });
    }
    this.#others = new AdamW(others, options);
    this.#weightDecay = weightDecay;
    this.#dtype = dtype;
  }

  /** May be set between steps, by a schedule. */
  get learningRate(): number {
    return this.#others.learningRate;
  }

  set learningRate(value: number) {
    this.#others.learningRate = value;
  }

  /** Of the parameter that has had the most. */
  get steps(): number {
    return Math.max(this.#steps, this.#others.steps);
  }

  /** As AdamW's; matrices count together. */
  get stepCounts(): Record<string, number> {
    const own = [...this.#slots.keys()].map((name) => [name, this.#steps]);
    return { ...Object.fromEntries(own), ...this.#others.stepCounts };
  }

  /** Updates every parameter from its gradient. A parameter without one (frozen, or unused) stays as it is. */
  step(): void {
    const groups = trainedGroups(this.#slots.values(), ({ shape }) => String(shape.slice(1)));
    if (groups.length > 0) this.#steps++;
    for (const slots of groups) noGrad(() => tidy(() => this.#update(slots)));
    this.#others.step();
  }

  /** @param slots whose matrices have one shape, and so are made orthogonal together */
  #update(slots: readonly Slot[]): void {
    const momenta = slots.map(({ momentum }) => momentum);
    const gradients = slots.map(({ parameter }) => parameter.grad!);
    op("_foreach_mul_.Scalar", [momenta, MOMENTUM]);
    op("_foreach_add_.List", [momenta, gradients]);
    const matrices = tidy(() => {
      // Nesterov's: where the momentum will be after this step.
      const ahead = op("_foreach_add.List", [gradients, momenta], { alpha: MOMENTUM });
      return cat(slots.map(({ shape }, i) => ahead[i]!.reshape(shape)));
    });
    const directions = tidy(() => orthogonalise(matrices, this.#dtype).to("float32"));
    const [, rows, columns] = slots[0]!.shape;
    const size = -this.learningRate * STEP_SIZE * Math.sqrt(Math.max(rows, columns));
    let at = 0;
    for (const { parameter, decays, shape } of slots) {
      if (decays) parameter.mul_(1 - this.learningRate * this.#weightDecay);
      parameter.add_(directions.narrow(0, at, shape[0]).reshape(parameter.shape), size);
      at += shape[0];
    }
  }

  zeroGrad(): void {
    for (const { parameter } of this.#slots.values()) parameter.grad = null;
    this.#others.zeroGrad();
  }

  /** The sums of gradients by `<parameter>.momentum`, and AdamW's means; themselves, not copies. */
  stateDict(): Map<string, Tensor> {
    const momenta = [...this.#slots].map(([name, { momentum }]) => [`${name}.momentum`, momentum] as const);
    return new Map([...momenta, ...this.#others.stateDict()]);
  }

  /**
   * Restores what `stateDict` and `stepCounts` gave.
   * @throws TorchError STATE_DICT where a parameter's state is missing or of another shape; nothing is changed then
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>, steps: number | Readonly<Record<string, number>>): void {
    restoreState(this.stateDict(), state);
    this.#others.loadStateDict(state, steps);
    const [first = ""] = this.#slots.keys();
    // Runs of earlier versions counted AdamW's alone.
    this.#steps = typeof steps === "number" ? steps : (steps[first] ?? this.#others.steps);
  }

  dispose(): void {
    for (const { momentum } of this.#slots.values()) momentum.dispose();
    this.#others.dispose();
  }
}

function oneIfFlat(_: string, { shape }: Tensor): number {
  return shape.length === 2 ? 1 : 0;
}
