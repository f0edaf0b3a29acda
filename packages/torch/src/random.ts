/**
 * Random numbers: seeds, and generators whose state can be saved and restored to the bit. libtorch draws from a
 * generator that is shared by the whole process unless an operator is given one.
 */
import { type GeneratorHandle, native } from "./native.js";

/** A source of random numbers on one device. Its state can be read and set: see `generatorState`. */
export class Generator {
  constructor(readonly handle: GeneratorHandle) {}
}

/** Seeds the process's default generators, on every device. */
export function manualSeed(seed: number | bigint): void {
  native.manualSeed(seed);
}

/** The generator that a device's operators draw from where none is given. */
export function defaultGenerator(device = "cpu"): Generator {
  return new Generator(native.defaultGenerator(device));
}

/** A generator of its own, independent of the default one. */
export function createGenerator(seed: number | bigint, device = "cpu"): Generator {
  return new Generator(native.createGenerator(device, seed));
}
