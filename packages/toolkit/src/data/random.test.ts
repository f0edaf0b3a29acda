import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "./random.js";

test("a key gives the same numbers on every machine", () => {
  const random = new Random(7, "order", 3);
  assert.deepEqual(
    Array.from({ length: 4 }, () => random.nextUint32()),
    [3142957829, 1586346237, 934548810, 2494093102],
  );
});

test("keys that differ in one part give unrelated numbers", () => {
  const firsts = new Set<number>();
  for (let seed = 0; seed < 30; seed++) {
    for (let epoch = 0; epoch < 30; epoch++) firsts.add(new Random(seed, epoch).nextUint32());
  }
  assert.equal(firsts.size, 900);
  assert.notEqual(new Random("a", "bc").nextUint32(), new Random("ab", "c").nextUint32());
  assert.notEqual(new Random(1).nextUint32(), new Random("1").nextUint32());
});

test("numbers are even: each of ten classes has its tenth", () => {
  const random = new Random("even");
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) counts[random.integer(10)]!++;
  // Chi-squared with 9 degrees of freedom; 27.9 is the 99.9th percentile.
  const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chiSquared < 27.9, `chi-squared is ${chiSquared}`);
});

test("a shuffle keeps every item, and every order of three comes as often", () => {
  const random = new Random("shuffle");
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = random.shuffle(["a", "b", "c"]).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), ["abc", "acb", "bac", "bca", "cab", "cba"]);
  for (const [order, count] of counts) assert.ok(Math.abs(count - 1000) < 150, `${order}: ${count}`);
});

test("pick refuses an empty list", () => {
  assert.throws(() => new Random(1).pick([]), { message: "pick: there is nothing to choose from" });
});
