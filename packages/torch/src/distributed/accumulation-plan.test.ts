import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accumulationPlan } from "./accumulation-plan.js";

/** What a plan adds up, written out: "((0+1)+2)". */
function sumOf(present: readonly boolean[]): string {
  const buffers: string[] = [];
  for (const step of accumulationPlan(present)) {
    const { buffer } = step;
    if (step.kind === "merge") buffers[buffer] = `(${buffers[buffer]}+${buffers[buffer + 1]})`;
    else buffers[buffer] = step.fresh ? String(step.leaf) : `(${buffers[buffer]}+${step.leaf})`;
  }
  return buffers[0] ?? "";
}

const all = (count: number) => Array.from({ length: count }, () => true);

describe("the order in which leaves are added", () => {
  it("halves what is even, and takes the rest from left to right", () => {
    assert.equal(sumOf(all(1)), "0");
    assert.equal(sumOf(all(3)), "((0+1)+2)");
    assert.equal(sumOf(all(4)), "((0+1)+(2+3))");
    assert.equal(sumOf(all(6)), "(((0+1)+2)+((3+4)+5))");
    assert.equal(sumOf(all(8)), "(((0+1)+(2+3))+((4+5)+(6+7)))");
  });

  it("passes over what is missing, and leaves the tree as it is", () => {
    assert.equal(sumOf([false, false]), "");
    assert.equal(sumOf([true, true, true, false]), "((0+1)+2)");
    assert.equal(sumOf([false, true, true, true]), "(1+(2+3))");
    assert.equal(sumOf([false, false, false, true]), "3");
  });

  it("is the branches' sums added in pairs, for any number of processes that shares it", () => {
    for (const size of [2, 4, 8]) {
      for (const perRank of [1, 2, 3, 4]) {
        const missing = Array.from({ length: size * perRank }, (_, i) => (i * 7 + perRank) % 5 !== 0);
        let sums = Array.from({ length: size }, (_, rank) =>
          renumbered(sumOf(missing.slice(rank * perRank, (rank + 1) * perRank)), rank * perRank),
        );
        while (sums.length > 1) sums = pairs(sums);
        assert.equal(sums[0], sumOf(missing));
      }
    }
  });
});

function renumbered(sum: string, first: number): string {
  return sum.replaceAll(/\d+/g, (leaf) => String(first + Number(leaf)));
}

function pairs(sums: readonly string[]): string[] {
  const half = Array.from({ length: sums.length / 2 }, (_, i) => [sums[2 * i]!, sums[2 * i + 1]!]);
  return half.map(([a, b]) => (a && b ? `(${a}+${b})` : a || b || ""));
}
