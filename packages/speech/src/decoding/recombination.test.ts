import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import type { Alphabet } from "../text/alphabet.js";
import { Beam } from "./beam.js";
import { beamSearchDecode } from "./beam-search.js";
import type { BeamSearchOptions } from "./beam-search-options.js";
import type { Emissions } from "./emissions.js";
import { RandomBigramModel, randomEmissions } from "./exhaustive-search.test.support.js";
import { PrefixTrie } from "./prefix-trie.js";
import { futureAfter, futureAtWordStart, Recombination } from "./recombination.js";

const letters: Alphabet = { tokens: ["a", " ", "<blank>", "b"], blankId: 2 };

/** A trie's node for each text, after a space at that state of the language model, and their masses in a beam. */
function beamOf(rows: readonly { state: number; text: string; mass: number }[]): { trie: PrefixTrie; beam: Beam } {
  const [trie, beam] = [new PrefixTrie(), new Beam(rows.length)];
  trie.reset();
  for (const [entry, { state, text, mass }] of rows.entries()) {
    let node = trie.append(0, 1);
    trie.lmState[node] = state;
    trie.future[node] = futureAtWordStart(state, 0);
    for (const letter of text) {
      const token = letters.tokens.indexOf(letter);
      const child = trie.append(node, token);
      trie.future[child] = futureAfter(trie.future[node] as number, token);
      node = child;
    }
    trie.slot[node] = entry;
    beam.node[entry] = node;
    beam.blankMass[entry] = mass / 3;
    beam.tokenMass[entry] = mass - mass / 3;
  }
  beam.size = rows.length;
  return { trie, beam };
}

function left(rows: Parameters<typeof beamOf>[0], limit: number): number[] {
  const { trie, beam } = beamOf(rows);
  const nodes = [...beam.node];
  new Recombination(trie, 1, { beamSize: rows.length, limit }).apply(beam);
  const entries = [...beam.node.subarray(0, beam.size)].map((node) => nodes.indexOf(node));
  assert.deepEqual(
    nodes.map((node) => trie.slot[node]),
    nodes.map((_, entry) => entries.indexOf(entry)),
  );
  return entries;
}

test("of each future the greatest masses stay, as many as there are to be hypotheses", () => {
  const rows = [0.3, 0.5, 0.2, 0.9, 0.5, 0.1].map((mass, i) => ({ state: 7, text: i === 2 ? "b" : "ab", mass }));
  assert.deepEqual(left(rows, 1), [2, 3]);
  assert.deepEqual(left(rows, 2), [1, 2, 3], "of equal masses the first");
  assert.deepEqual(left(rows, 9), [0, 1, 2, 3, 4, 5]);
});

test("another state or another letter is another future, whatever their number", () => {
  const rows = [
    { state: 7, text: "ab", mass: 0.5 },
    { state: 8, text: "ab", mass: 0.4 },
    { state: 7, text: "bb", mass: 0.3 },
    { state: 7, text: "abb", mass: 0.2 },
    { state: 7, text: "", mass: 0.1 },
  ];
  assert.deepEqual(left(rows, 1), [0, 1, 2, 3, 4]);
  const { trie, beam } = beamOf(rows);
  trie.future.fill(1);
  new Recombination(trie, 1, { beamSize: rows.length, limit: 1 }).apply(beam);
  assert.equal(beam.size, rows.length, "numbers that are equal by chance");
});

test("a small beam finds the text of a large one, however many words before were doubtful", () => {
  const random = new SeededRandom(41);
  const languageModel = new RandomBigramModel(["a", "b", "ab", "ba"], random);
  const options: BeamSearchOptions = { frameSeconds: 0.02, languageModel, lmWeight: 0.6, wordScore: 0.5 };
  const textOf = (emissions: Emissions, beamSize: number, nBest: number) =>
    beamSearchDecode(emissions, letters, { ...options, beamSize, nBest })[0]?.text;
  let [found, foundWithout] = [0, 0];
  for (let round = 0; round < 40; round++) {
    const emissions = randomEmissions(random, 60, 4, 3);
    const best = textOf(emissions, 400, 1);
    if (textOf(emissions, 16, 1) === best) found += 1;
    // With as many hypotheses as places nothing is dropped.
    if (textOf(emissions, 16, 16) === best) foundWithout += 1;
  }
  assert.ok(found > 2 * foundWithout && found >= 10, `${found} of 40 texts, ${foundWithout} without`);
});
