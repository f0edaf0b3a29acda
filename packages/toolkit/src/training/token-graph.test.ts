import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../data/random.js";
import { type TokenGraph, tokenGraph } from "./token-graph.js";

/** Arcs as [last token, next token, probability]; -1 is the beginning. */
const arcsOf = ({ arcs, lastTokens }: TokenGraph) =>
  arcs.map(({ origin, end, probability }) => [lastTokens[origin], lastTokens[end], probability]);

const assertClose = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual}, not ${expected}`);

describe("tokenGraph()", () => {
  it("has relative frequencies after one token, and none for what was never said", () => {
    const graph = tokenGraph(
      [
        [0, 1, 0],
        [0, 2],
        [0, 1],
      ],
      { order: 2 },
    );
    assert.deepEqual([...graph.lastTokens], [-1, 0, 1, 2]);
    assert.deepEqual(arcsOf(graph), [
      [-1, 0, 1],
      [0, 1, 0.5],
      [0, 2, 0.25],
      [1, 0, 0.5],
    ]);
    assert.deepEqual([...graph.endings], [0, 0.25, 0.5, 1]);
    assertClose(graph.logProbability([0, 1]), Math.log(0.5 * 0.5));
    assertClose(graph.logProbability([0, 1, 0, 2]), Math.log(0.5 * 0.5 * 0.25));
    for (const unsaid of [[1], [0, 0], [0, 7], []]) assert.equal(graph.logProbability(unsaid), -Infinity);
  });

  it("remembers more tokens with a higher order, the beginning among them", () => {
    const sequences = [
      [0, 1, 2],
      [3, 1, 4],
      [1, 4],
    ];
    const graph = tokenGraph(sequences, { order: 3 });
    for (const tokens of sequences) assertClose(graph.logProbability(tokens), Math.log(1 / 3));
    assert.equal(graph.logProbability([0, 1, 4]), -Infinity);
    assertClose(tokenGraph(sequences, { order: 2 }).logProbability([0, 1, 4]), Math.log((1 / 3) * (2 / 3)));
  });

  it("has shorter histories stand for those that are rarer than the most frequent ones", () => {
    const sequences = [
      [0, 1, 2],
      [0, 1, 2],
      [3, 1, 4],
    ];
    // Of histories of two tokens: the beginning with 0, 0 with 1, 1 with 2.
    const graph = tokenGraph(sequences, { order: 3, maxLongHistories: 3 });
    assertClose(graph.logProbability([0, 1, 2]), Math.log(2 / 3));
    assert.equal(graph.logProbability([0, 1, 4]), -Infinity);
    assertClose(graph.logProbability([3, 1, 4]), Math.log(1 / 3));
    // After 3 and 1 as after 1, which was met there alone.
    assert.equal(graph.lastTokens.length, 7);
  });

  it("gives each state probabilities that add up to 1, and begins in the first", () => {
    const random = new Random(7);
    const sequences = Array.from({ length: 200 }, () =>
      Array.from({ length: 1 + random.integer(12) }, () => random.integer(6)),
    );
    for (const options of [{}, { order: 1 }, { order: 3 }, { order: 5, maxLongHistories: 40 }]) {
      const graph = tokenGraph(sequences, options);
      const sums = Float64Array.from(graph.endings);
      for (const { origin, probability } of graph.arcs) sums[origin]! += probability;
      for (const sum of sums) assertClose(sum, 1);
      assert.deepEqual([graph.lastTokens[0], graph.lastTokens.lastIndexOf(-1)], [-1, 0]);
      for (const tokens of sequences) assert.ok(graph.logProbability(tokens) > -Infinity);
    }
  });

  it("refuses to be of nothing", () => {
    assert.throws(() => tokenGraph([[], []]), RangeError);
  });
});
