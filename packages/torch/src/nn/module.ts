/**
 * The base of every layer and model: parameters and children under PyTorch's names, so that state dicts interchange.
 * A subclass declares them where it declares its fields:
 *
 * @example
 * class Perceptron extends Module {
 *   readonly hidden = this.module("hidden", new Linear(2, 8));
 *   readonly output = this.module("output", new Linear(8, 1));
 *   forward(x: Tensor): Tensor {                       // [B, 2]
 *     return this.output.forward(gelu(this.hidden.forward(x))); // [B, 1]
 *   }
 * }
 */
import { noGrad } from "../autograd.js";
import { call } from "../call.js";
import { TorchError } from "../errors.js";
import { keep, tidy } from "../scope.js";
import type { Tensor } from "../tensor.js";

/** A module's parameters and buffers by their full names. */
export type StateDict = Map<string, Tensor>;

/** A layer, or layers within layers: parameters, buffers and children by name. */
export class Module {
  readonly #parameters = new Map<string, Tensor>();
  readonly #buffers = new Map<string, Tensor>();
  readonly #children = new Map<string, Module>();
  #training = true;

  /** Registers a parameter: it records gradients and outlives every scope, until the module is disposed. */
  protected parameter(name: string, initial: Tensor): Tensor {
    initial.requiresGrad = true;
    this.#parameters.set(name, keep(initial));
    return initial;
  }

  /** Registers what belongs to the state and is not trained, such as statistics: PyTorch's buffer. It lives as parameters do. */
  protected buffer(name: string, initial: Tensor): Tensor {
    this.#buffers.set(name, keep(initial));
    return initial;
  }

  /** Registers a child. Its parameters appear as `name.<theirs>`. */
  protected module<T extends Module>(name: string, child: T): T {
    this.#children.set(name, child);
    return child;
  }

  /** In training mode dropout drops. A new module is in training mode. */
  get training(): boolean {
    return this.#training;
  }

  train(training = true): this {
    this.#training = training;
    for (const child of this.#children.values()) child.train(training);
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /** Direct children by name, in order of declaration. */
  children(): ReadonlyMap<string, Module> {
    return this.#children;
  }

  /** All parameters, own and inherited, by their full names, in order of declaration. */
  namedParameters(prefix = ""): Map<string, Tensor> {
    const all = new Map<string, Tensor>();
    for (const [name, parameter] of this.#parameters) all.set(prefix + name, parameter);
    for (const [name, child] of this.#children) {
      for (const [full, parameter] of child.namedParameters(`${prefix}${name}.`)) all.set(full, parameter);
    }
    return all;
  }

  parameters(): Tensor[] {
    return [...this.namedParameters().values()];
  }

  /** Number of trained numbers. */
  numParameters(): number {
    return this.parameters().reduce((total, parameter) => total + parameter.numel, 0);
  }

  /** Parameters and buffers themselves, not copies: clone what must not change with training. */
  stateDict(): StateDict {
    return new Map([...this.namedParameters(), ...this.#namedBuffers("")]);
  }

  #namedBuffers(prefix: string): Map<string, Tensor> {
    const all = new Map<string, Tensor>();
    for (const [name, buffer] of this.#buffers) all.set(prefix + name, buffer);
    for (const [name, child] of this.#children) {
      for (const [full, buffer] of child.#namedBuffers(`${prefix}${name}.`)) all.set(full, buffer);
    }
    return all;
  }

  /**
   * Copies values in, by name.
   * @throws TorchError STATE_DICT naming what is missing, unknown or of another shape; nothing is changed then
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    const own = this.stateDict();
    const problem = mismatch(own, state);
    if (problem) throw new TorchError("STATE_DICT", problem);
    noGrad(() => {
      for (const [name, tensor] of own) tensor.copy_(state.get(name)!);
    });
  }

  /** Moves all parameters and buffers to a device, keeping their identity for the optimiser. */
  to(device: string): this {
    for (const own of this.stateDict().values()) tidy(() => void call("set_data", [own, own.to(device)]));
    return this;
  }

  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }

  dispose(): void {
    for (const own of this.stateDict().values()) own.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function mismatch(own: ReadonlyMap<string, Tensor>, state: ReadonlyMap<string, Tensor>): string | undefined {
  const missing = [...own.keys()].filter((name) => !state.has(name));
  if (missing.length > 0) return `the state dict lacks ${listed(missing)}`;
  const unknown = [...state.keys()].filter((name) => !own.has(name));
  if (unknown.length > 0) return `the state dict holds ${listed(unknown)}, which the module does not have`;
  for (const [name, { shape }] of own) {
    const found = state.get(name)!.shape;
    if (String(found) !== String(shape)) {
      return `'${name}' has shape [${found.join(", ")}], the module needs [${shape.join(", ")}]`;
    }
  }
  return undefined;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => `'${name}'`);
  return names.length > 3 ? `${shown.join(", ")} and ${names.length - 3} more` : shown.join(", ");
}
