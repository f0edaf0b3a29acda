import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { countErrors, editDistance } from "./edit-distance.js";
import { scliteAlignment } from "./sclite-alignment.js";

function lines(reference: string, hypothesis: string): string[] {
  return scliteAlignment({ id: "1089-134686-0000", reference, hypothesis }).split("\n");
}

test("hits, substitutions, deletions and insertions in columns", () => {
  assert.deepEqual(lines("he hoped there would be stew", "he hope there be a stew"), [
    "id: (1089-134686-0000)",
    "Scores: (#C #S #D #I) 4 1 1 1",
    "REF:  he HOPED there WOULD be * stew",
    "HYP:  he HOPE  there ***** be A stew",
    "Eval:    S           D        I",
    "",
  ]);
});

test("without error, and without words", () => {
  assert.deepEqual(lines("yes", "yes").slice(1), [
    "Scores: (#C #S #D #I) 1 0 0 0",
    "REF:  yes",
    "HYP:  yes",
    "Eval:",
    "",
  ]);
  assert.deepEqual(lines("", "oh").slice(1), ["Scores: (#C #S #D #I) 0 0 0 1", "REF:  **", "HYP:  OH", "Eval: I", ""]);
  assert.deepEqual(lines("", "").slice(1, 4), ["Scores: (#C #S #D #I) 0 0 0 0", "REF:", "HYP:"]);
});

test("an error of case stays visible", () => {
  assert.deepEqual(lines("Polish it", "polish it").slice(2, 5), ["REF:  Polish it", "HYP:  polish it", "Eval: S"]);
});

test("columns line up whatever the case does to a word's length", () => {
  const [, , reference, hypothesis] = lines("straße x", "x");
  assert.deepEqual([reference, hypothesis], ["REF:  STRASSE x", "HYP:  ******* x"]);
});

/** The fewest 4 S + 3 (D + I), which is what sclite minimises, by the plain recursion, with the errors it comes to. */
function scliteCost(a: readonly string[], b: readonly string[]): number {
  const costs = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) {
      if (i === 0 || j === 0) costs[i]![j] = 3 * (i + j);
      else {
        const diagonal = costs[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 4);
        costs[i]![j] = Math.min(diagonal, costs[i - 1]![j]! + 3, costs[i]![j - 1]! + 3);
      }
    }
  }
  return costs[a.length]![b.length]!;
}

test("sclite's weights give the same counts, unless they take another error to save three substitutions", () => {
  const random = new SeededRandom(41);
  let numSame = 0;
  for (let i = 0; i < 500; i++) {
    const words = ["a", "b", "c", "d", "e"];
    const [a, b] = [random.draw(words, random.below(12)), random.draw(words, random.below(12))];
    const found = editDistance(a, b);
    const cost = 3 * countErrors(found) + found.substitutions;
    const best = scliteCost(a, b);
    if (cost === best) numSame += 1;
    else assert.ok(best < cost && found.substitutions >= 3, `${a} | ${b}`);
  }
  assert.ok(numSame > 450, `${numSame} of 500`);
});
