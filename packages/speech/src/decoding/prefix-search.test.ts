import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import type { Alphabet } from "../text/alphabet.js";
import { resolveBeamSearchOptions } from "./beam-search-options.js";
import type { Emissions } from "./emissions.js";
import { RandomBigramModel, randomEmissions } from "./exhaustive-search.test.support.js";
import { PrefixSearch } from "./prefix-search.js";
import { SearchResult } from "./search-result.js";

const letters: Alphabet = { tokens: ["a", " ", "<blank>", "b"], blankId: 2 };
const HOUR = 40 * 3600;

function searchOf(options: object): { search: PrefixSearch; result: SearchResult } {
  const settings = resolveBeamSearchOptions({ frameSeconds: 0.025, ...options }, letters);
  const search = new PrefixSearch(settings, letters);
  search.begin();
  return { search, result: new SearchResult(search, settings, letters) };
}

/** Frames that cycle through `rows`, each a list of probabilities. */
function cycleOf(rows: readonly number[][], numFrames: number): Emissions {
  const values = Array.from({ length: numFrames }, (_, frame) => rows[frame % rows.length] as number[]);
  return { logProbs: Float32Array.from(values.flat(), Math.log), numFrames, numTokens: 4 };
}

test("an hour of speech leaves the pools as small as a minute does, and loses no word", () => {
  const { search, result } = searchOf({ beamSize: 20 });
  const sure = 0.97;
  const row = (id: number): number[] => [0, 1, 2, 3].map((other) => (other === id ? sure : (1 - sure) / 3));
  const emissions = cycleOf([row(0), row(2), row(3), row(2), row(1), row(2)], HOUR); // "ab ab ab …"
  let capacityAfterMinute = 0;
  for (let frame = 0; frame < HOUR; frame++) {
    search.takeFrame(emissions, frame);
    if (frame === 60 * 40) capacityAfterMinute = search.trie.capacity + search.times.capacity;
  }
  assert.equal(search.trie.capacity + search.times.capacity, capacityAfterMinute);
  const [best] = result.final();
  assert.equal(best?.text, Array.from({ length: HOUR / 6 }, () => "ab").join(" "));
  for (const [index, { startSeconds, endSeconds }] of (best?.timedWords ?? []).entries()) {
    assert.ok(Math.abs(startSeconds - index * 0.15) < 1e-6 && Math.abs(endSeconds - index * 0.15 - 0.075) < 1e-6);
  }
});

test("an early tie does not hold the whole recording in memory", () => {
  const { search, result } = searchOf({ beamSize: 20 });
  // First "a" or "b" with equal chance, then always "a" for sure: both families would live for ever.
  const first = cycleOf([[0.5, 0, 0, 0.5]], 1);
  const rest = cycleOf(
    [
      [0, 1, 0, 0],
      [1, 0, 0, 0],
    ],
    60_000,
  );
  search.takeFrame(first, 0);
  for (let frame = 0; frame < rest.numFrames; frame++) search.takeFrame(rest, frame);
  assert.ok(search.trie.capacity <= 8192, `${search.trie.capacity} nodes`);
  assert.match(result.final()[0]?.text ?? "", /^[ab]( a){30000}$/);
});

test("tidying the memory changes no score and no time", () => {
  const random = new SeededRandom(21);
  const languageModel = new RandomBigramModel(["a", "ab", "bab"], random);
  const options = { beamSize: 25, languageModel, hotWords: [{ phrase: "ab ba", weight: 2 }], nBest: 5 };
  const emissions = randomEmissions(random, 400, 4, 8);
  const tidy = searchOf(options);
  const untidy = searchOf(options);
  for (let frame = 0; frame < emissions.numFrames; frame++) {
    if (frame % 7 === 0) tidy.search.decided.compact(tidy.search.beam);
    tidy.search.takeFrame(emissions, frame);
    untidy.search.takeFrame(emissions, frame);
  }
  assert.ok(tidy.search.decided.tokens.tokenIds.length > 20, "the test must decide something");
  const [one, other] = [tidy.result.final(), untidy.result.final()];
  assert.deepEqual(
    one.map(({ text, score, lmScore }) => ({ text, score, lmScore })),
    other.map(({ text, score, lmScore }) => ({ text, score, lmScore })),
  );
  assert.deepEqual(one[0]?.timedWords, other[0]?.timedWords);
});
