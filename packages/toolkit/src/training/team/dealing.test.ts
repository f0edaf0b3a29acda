import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dealByCost, inGroups, ownShare } from "./dealing.js";

const ranks = (size: number) => Array.from({ length: size }, (_, rank) => ({ rank, size }));

describe("a step's batches", () => {
  it("are dealt in order and in equal parts, those that an epoch's last step lacks to the last ranks", () => {
    const shares = (size: number, end: number) =>
      ranks(size).map((place) => ownShare(place, { first: 10, size: 8, end }));
    assert.deepEqual(shares(1, 18), [[10, 18]]);
    assert.deepEqual(shares(2, 18), [
      [10, 14],
      [14, 18],
    ]);
    assert.deepEqual(shares(4, 13), [
      [10, 12],
      [12, 13],
      [13, 13],
      [13, 13],
    ]);
  });

  it("come in groups, the last of which may be empty", async () => {
    async function* numbers(count: number) {
      for (let i = 0; i < count; i++) yield i;
    }
    const grouped = async (count: number, sizes: number[]) => {
      const groups: number[][] = [];
      for await (const group of inGroups(numbers(count), sizes)) groups.push(group);
      return groups;
    };
    assert.deepEqual(await grouped(5, [2, 2, 1]), [[0, 1], [2, 3], [4]]);
    assert.deepEqual(await grouped(4, [2, 2, 0]), [[0, 1], [2, 3], []]);
    assert.deepEqual(await grouped(0, [0]), [[]]);
    assert.deepEqual(await grouped(0, []), []);
  });
});

describe("dealing by cost", () => {
  it("gives every item to one rank, and no rank much more than another", () => {
    const costs = Array.from({ length: 57 }, (_, i) => 5 + ((i * 37) % 23));
    const shares = ranks(4).map((place) => dealByCost(place, costs));
    assert.deepEqual(
      shares.flat().sort((a, b) => a - b),
      [...costs.keys()],
    );
    for (const share of shares)
      assert.deepEqual(
        share,
        share.toSorted((a, b) => a - b),
      );
    const sums = shares.map((share) => share.reduce((sum, i) => sum + costs[i]!, 0));
    assert.ok(Math.max(...sums) - Math.min(...sums) <= Math.max(...costs), String(sums));
  });

  it("leaves a rank without where there are fewer items than ranks", () => {
    assert.deepEqual(
      ranks(3).map((place) => dealByCost(place, [1, 2])),
      [[1], [0], []],
    );
  });
});
