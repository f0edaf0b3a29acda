/** From estimated n-grams to a model: words are numbered anew, without those that were left out. */

import { DEFAULT_MEMORY_BYTES, type EstimatedNgrams } from "../estimation/estimate.js";
import { floatAt } from "../float-bits.js";
import { SortWorkspace } from "../radix-sort.js";
import { RecordSorter } from "../record-sorter.js";
import { MemoryRunStorage, type RecordCursor, type Run, RunCursor } from "../records.js";
import { Vocabulary } from "../vocabulary.js";
import { NgramModel } from "./ngram-model.js";
import { DEFAULT_QUANTISATION_BITS, TrieBuilder, type TrieBuilderOptions } from "./trie-builder.js";

export type ModelOptions = Omit<TrieBuilderOptions, "order">;

/** Makes a model of what `NgramEstimator` found, whose runs are released on the way. */
export function modelFromEstimate(estimate: EstimatedNgrams, options: ModelOptions = {}): NgramModel {
  const {
    bits = DEFAULT_QUANTISATION_BITS,
    memoryBytes = DEFAULT_MEMORY_BYTES,
    storage = new MemoryRunStorage(),
  } = options;
  const order = estimate.ngrams.length;
  const vocabulary = Vocabulary.create();
  const builder = new TrieBuilder(vocabulary, { order, bits, memoryBytes: memoryBytes / 2, storage });
  const newIds = addUnigrams(estimate, vocabulary, builder);
  const workspace = new SortWorkspace();
  for (let n = 2; n <= order; n++) {
    const keys = Array.from({ length: n }, (_, index) => index);
    const sorter = new RecordSorter({ width: n + 2, keys, storage, workspace, memoryBytes: memoryBytes / 4 });
    addOrder(sortedByContext(estimate.ngrams[n - 1] as Run, n, newIds, sorter), n, builder);
  }
  return new NgramModel({ bits, vocabulary, levels: builder.levels });
}

/** Returns the ids of the new vocabulary by those of the estimate. */
function addUnigrams(estimate: EstimatedNgrams, vocabulary: Vocabulary, builder: TrieBuilder): Uint32Array {
  const newIds = new Uint32Array(estimate.vocabulary.size);
  const count = estimate.counts[0] as number;
  const probabilities = new Float32Array(count);
  const backoffs = new Float32Array(count);
  const cursor = new RunCursor(estimate.ngrams[0] as Run, 3);
  while (cursor.next()) {
    const oldId = cursor.data[cursor.offset] as number;
    const bytes = estimate.vocabulary.wordBytes(oldId);
    const id = vocabulary.findOrAdd(bytes, 0, bytes.length);
    newIds[oldId] = id;
    probabilities[id] = floatAt(cursor.data, cursor.offset + 1) * Math.LN10;
    backoffs[id] = floatAt(cursor.data, cursor.offset + 2) * Math.LN10;
  }
  builder.setUnigrams(probabilities, backoffs);
  return newIds;
}

/** N-grams of one context together: the builder then looks each context up once, which is most of its work. */
function sortedByContext(run: Run, order: number, newIds: Uint32Array, sorter: RecordSorter): RecordCursor {
  const cursor = new RunCursor(run, order + 2);
  while (cursor.next()) {
    const { data, offset } = cursor;
    const at = sorter.reserve();
    const { block } = sorter;
    for (let i = 0; i < order; i++) block[at + i] = newIds[data[offset + i] as number] as number;
    block[at + order] = data[offset + order] as number;
    block[at + order + 1] = data[offset + order + 1] as number;
  }
  return sorter.finish();
}

function addOrder(ngrams: RecordCursor, order: number, builder: TrieBuilder): void {
  builder.beginOrder();
  while (ngrams.next()) {
    const { data, offset } = ngrams;
    const probability = floatAt(data, offset + order) * Math.LN10;
    builder.add(data, offset, probability, floatAt(data, offset + order + 1) * Math.LN10);
  }
  builder.endOrder();
}
