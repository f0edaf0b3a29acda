/**
 * The fourth stage: each n-gram's probability is interpolated with that of its suffix, and meets its own γ, the weight
 * of backing off from it (Heafield et al. 2013, section 3.4). All orders are read side by side in suffix order, in which
 * an n-gram follows its suffixes, so that one pass is enough and memory does not matter.
 */

import { bitsOf, floatAt } from "../float-bits.js";
import type { RecordCursor, RecordWriter } from "../records.js";
import { uniformProbability } from "./initial-probabilities.js";

/** A cursor that knows whether it has a record. */
class Input {
  readonly cursor: RecordCursor;
  open: boolean;

  constructor(cursor: RecordCursor) {
    this.cursor = cursor;
    this.open = cursor.next();
  }

  advance(): void {
    this.open = this.cursor.next();
  }
}

export interface InterpolationInputs {
  /** For each order, records of the words, discounted probability and γ of the context, in suffix order. */
  ngrams: readonly RecordCursor[];
  /** For each order but the last, records of a context's words and its γ, in suffix order. */
  contexts: readonly RecordCursor[];
  numUnigrams: number;
}

class Interpolation {
  readonly #ngrams: Input[];
  readonly #contexts: Input[];
  readonly #outputs: readonly RecordWriter[];
  readonly #words: Uint32Array;

  constructor({ ngrams, contexts }: InterpolationInputs, outputs: readonly RecordWriter[]) {
    this.#ngrams = ngrams.map((cursor) => new Input(cursor));
    this.#contexts = contexts.map((cursor) => new Input(cursor));
    this.#outputs = outputs;
    this.#words = new Uint32Array(ngrams.length);
  }

  run(uniform: number): void {
    const unigrams = this.#ngrams[0] as Input;
    while (unigrams.open) this.#visit(1, uniform);
  }

  /** Finishes the next n-gram of `order`, and all longer ones that end with it. */
  #visit(order: number, lower: number): void {
    const input = this.#ngrams[order - 1] as Input;
    const { data, offset } = input.cursor;
    const last = this.#words.length;
    const probability = floatAt(data, offset + order) + floatAt(data, offset + order + 1) * lower;
    for (let i = 0; i < order; i++) this.#words[last - order + i] = data[offset + i] as number;
    this.#write(order, probability);
    input.advance();
    const longer = this.#ngrams[order];
    while (longer?.open && this.#endsAlike(longer.cursor, order)) this.#visit(order + 1, probability);
  }

  /** Whether the longer n-gram under the cursor ends with the last `order` words. */
  #endsAlike({ data, offset }: RecordCursor, order: number): boolean {
    const first = this.#words.length - order;
    for (let i = order; i >= 1; i--) {
      if (data[offset + i] !== this.#words[first + i - 1]) return false;
    }
    return true;
  }

  #write(order: number, probability: number): void {
    const output = this.#outputs[order - 1] as RecordWriter;
    const first = this.#words.length - order;
    const at = output.reserve();
    for (let i = 0; i < order; i++) output.block[at + i] = this.#words[first + i] as number;
    output.block[at + order] = bitsOf(Math.min(0, Math.log10(probability)));
    output.block[at + order + 1] = bitsOf(Math.log10(this.#gamma(order)));
  }

  /** γ of the current n-gram as a context; 1 where it is none. Contexts whose own n-gram was pruned are passed over. */
  #gamma(order: number): number {
    const input = this.#contexts[order - 1];
    if (input === undefined) return 1;
    while (input.open) {
      const comparison = this.#compareContext(input.cursor, order);
      if (comparison > 0) return 1;
      const gamma = floatAt(input.cursor.data, input.cursor.offset + order);
      input.advance();
      if (comparison === 0) return gamma;
    }
    return 1;
  }

  /** Below 0, 0 or above 0, as the context comes before, with or after the current n-gram in suffix order. */
  #compareContext({ data, offset }: RecordCursor, order: number): number {
    const first = this.#words.length - order;
    for (let i = order - 1; i >= 0; i--) {
      const difference = (data[offset + i] as number) - (this.#words[first + i] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }
}

/**
 * Writes, for each order and in suffix order, records of the words, log10 of the probability and log10 of the back-off
 * weight (Float32 bits; 0 for the highest order).
 */
export function interpolate(inputs: InterpolationInputs, outputs: readonly RecordWriter[]): void {
  new Interpolation(inputs, outputs).run(uniformProbability(inputs.numUnigrams));
}
