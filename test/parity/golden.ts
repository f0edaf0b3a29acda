/**
 * Golden arrays of a trusted reference, and the one comparison that every parity test uses. What the files hold and
 * how near ours must come is written in test/fixtures/README.md.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { loadSafetensors, type Tensor } from "@deepspeech-ts/torch";

/** The tests run from build/test/parity, the arrays lie in the source tree. */
const FIXTURES = new URL("../../../test/fixtures/", import.meta.url);

/** The path of a file in test/fixtures. */
export function fixturePath(file: string): string {
  return fileURLToPath(new URL(file, FIXTURES));
}

/** One fixture file. Its tensors live until the process ends: open it outside every scope. */
export class Golden {
  readonly #tensors: Map<string, Tensor>;
  readonly metadata: Record<string, string>;

  constructor(readonly file: string) {
    const { tensors, metadata } = loadSafetensors(fixturePath(file));
    this.#tensors = tensors;
    this.metadata = metadata;
  }

  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  tensor(name: string): Tensor {
    const found = this.#tensors.get(name);
    assert.ok(found, `${this.file} has no array '${name}'`);
    return found;
  }

  /** The array's elements, in row-major order. */
  numbers(name: string): number[] {
    return this.tensor(name).toNumbers();
  }

  /** All arrays whose names begin with the prefix, by the rest of their names. */
  under(prefix: string): Map<string, Tensor> {
    const inside = this.names.filter((name) => name.startsWith(prefix));
    return new Map(inside.map((name) => [name.slice(prefix.length), this.tensor(name)]));
  }

  /** A JSON value in the file's metadata. */
  json<T>(key: string): T {
    const text = this.metadata[key];
    assert.ok(text !== undefined, `${this.file} has no metadata '${key}'`);
    return JSON.parse(text) as T;
  }
}

/** An error is allowed up to the sum of what is given here. */
export interface Tolerance {
  absolute?: number;
  /** Times the size of the golden element. */
  relative?: number;
  /** Times the size of the largest golden element of the array. */
  ofLargest?: number;
}

/** Fails, naming the worst element, unless all of ours are within the tolerance of the golden ones. */
export function assertClose(
  label: string,
  ours: Tensor | readonly number[],
  golden: Tensor | readonly number[],
  { absolute = 0, relative = 0, ofLargest = 0 }: Tolerance,
): void {
  if (!isNumbers(ours) && !isNumbers(golden)) assert.deepEqual(ours.shape, golden.shape, `${label}: shape`);
  const [found, expected] = [numbersOf(ours), numbersOf(golden)];
  assert.equal(found.length, expected.length, `${label}: number of elements`);
  const floor = absolute + ofLargest * expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const used = expected.map((value, i) => errorRatio(found[i]!, value, floor + relative * Math.abs(value)));
  const worst = used.reduce((best, ratio, i) => (ratio > used[best]! ? i : best), 0);
  if (used.length === 0 || used[worst]! <= 1) return;
  assert.fail(
    `${label}: element ${worst} is ${found[worst]}, golden ${expected[worst]}: ${used[worst]} tolerances off`,
  );
}

/** The error in units of what is allowed; infinite where ours is not a number. */
function errorRatio(found: number, expected: number, allowed: number): number {
  if (found === expected) return 0;
  const ratio = Math.abs(found - expected) / allowed;
  return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
}

function isNumbers(value: Tensor | readonly number[]): value is readonly number[] {
  return Array.isArray(value);
}

function numbersOf(value: Tensor | readonly number[]): readonly number[] {
  return isNumbers(value) ? value : value.toNumbers();
}
