import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { type AlignmentStep, align, countErrors, editDistance } from "./edit-distance.js";

function counts(substitutions: number, deletions: number, insertions: number, hits: number) {
  return { substitutions, deletions, insertions, hits, referenceLength: hits + substitutions + deletions };
}

test("worked examples", () => {
  assert.deepEqual(editDistance("", ""), counts(0, 0, 0, 0));
  assert.deepEqual(editDistance("abc", "abc"), counts(0, 0, 0, 3));
  assert.deepEqual(editDistance("abc", ""), counts(0, 3, 0, 0));
  assert.deepEqual(editDistance("", "abc"), counts(0, 0, 3, 0));
  assert.deepEqual(editDistance("kitten", "sitting"), counts(2, 0, 1, 4));
  assert.deepEqual(
    editDistance("the cat sat on the mat".split(" "), "the cat sat the mat now".split(" ")),
    counts(0, 1, 1, 5),
  );
});

test("of equally short edits, the one with the most hits counts", () => {
  // Two substitutions, or one hit between an insertion and a deletion.
  assert.deepEqual(editDistance("ab", "ba"), counts(0, 1, 1, 1));
});

test("alignments are deterministic", () => {
  assert.deepEqual(align("ab", "ba"), [
    { kind: "insertion", hypothesis: "b" },
    { kind: "hit", reference: "a", hypothesis: "a" },
    { kind: "deletion", reference: "b" },
  ]);
  assert.deepEqual(align("aa", "a"), [
    { kind: "deletion", reference: "a" },
    { kind: "hit", reference: "a", hypothesis: "a" },
  ]);
  assert.deepEqual(align([1, 2], [3]), [
    { kind: "deletion", reference: 1 },
    { kind: "substitution", reference: 2, hypothesis: 3 },
  ]);
});

/** The distance by its definition, exponential and sharing nothing with the code under test. */
function distanceByDefinition(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  if (a[0] === b[0]) return distanceByDefinition(a.slice(1), b.slice(1));
  return (
    1 +
    Math.min(
      distanceByDefinition(a.slice(1), b.slice(1)),
      distanceByDefinition(a.slice(1), b),
      distanceByDefinition(a, b.slice(1)),
    )
  );
}

/** The fewest substitutions among all alignments of `budget` errors, by trying them all; Infinity where there is none. */
function fewestSubstitutions(a: string, b: string, budget: number): number {
  if (budget < 0) return Number.POSITIVE_INFINITY;
  if (a === "" || b === "") return a.length + b.length <= budget ? 0 : Number.POSITIVE_INFINITY;
  const isHit = a[0] === b[0];
  return Math.min(
    fewestSubstitutions(a.slice(1), b.slice(1), isHit ? budget : budget - 1) + (isHit ? 0 : 1),
    fewestSubstitutions(a.slice(1), b, budget - 1),
    fewestSubstitutions(a, b.slice(1), budget - 1),
  );
}

/** The alignment by its rule: read from the end, a hit or substitution goes before a deletion, that before an insertion. */
function alignByRule(a: string, b: string): string {
  const unit = a.length + b.length + 1;
  const weights = [Array.from({ length: b.length + 1 }, (_, j) => j * unit)];
  const at = (i: number, j: number) => weights[i]?.[j] ?? Number.POSITIVE_INFINITY;
  const paired = (i: number, j: number) => at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : unit + 1);
  for (let i = 1; i <= a.length; i++) {
    const row = [i * unit];
    weights.push(row);
    for (let j = 1; j <= b.length; j++) row.push(Math.min(paired(i, j), at(i - 1, j) + unit, at(i, j - 1) + unit));
  }
  let kinds = "";
  for (let [i, j] = [a.length, b.length]; i + j > 0; ) {
    const kind =
      paired(i, j) === at(i, j) ? (a[i - 1] === b[j - 1] ? "=" : "s") : at(i - 1, j) + unit === at(i, j) ? "d" : "i";
    if (kind !== "i") i -= 1;
    if (kind !== "d") j -= 1;
    kinds = kind + kinds;
  }
  return kinds;
}

const KINDS = { hit: "=", substitution: "s", deletion: "d", insertion: "i" };

function randomPair(random: SeededRandom, longest: number): [string, string] {
  const symbols = [..."abcd"].slice(0, 1 + random.below(4));
  return [
    random.draw(symbols, random.below(longest + 1)).join(""),
    random.draw(symbols, random.below(longest + 1)).join(""),
  ];
}

test("counts match the definition", () => {
  const random = new SeededRandom(11);
  for (let i = 0; i < 300; i++) {
    const [a, b] = randomPair(random, 6);
    const found = editDistance(a, b);
    const distance = distanceByDefinition(a, b);
    assert.equal(countErrors(found), distance, `${a} ${b}`);
    assert.equal(found.substitutions, fewestSubstitutions(a, b, distance), `${a} ${b}`);
  }
});

test("the distance is a metric, within its bounds", () => {
  const random = new SeededRandom(12);
  const distance = (a: string, b: string) => countErrors(editDistance(a, b));
  for (let i = 0; i < 500; i++) {
    const [a, b] = randomPair(random, 20);
    const [c] = randomPair(random, 20);
    const d = distance(a, b);
    assert.ok(d >= Math.abs(a.length - b.length) && d <= Math.max(a.length, b.length));
    assert.equal(d === 0, a === b);
    assert.ok(distance(a, c) <= d + distance(b, c));
  }
});

test("exchanging the sequences exchanges deletions and insertions, and nothing else", () => {
  const random = new SeededRandom(13);
  for (let i = 0; i < 500; i++) {
    const [a, b] = randomPair(random, 20);
    const { substitutions, deletions, insertions, hits } = editDistance(a, b);
    assert.deepEqual(editDistance(b, a), counts(substitutions, insertions, deletions, hits));
  }
});

test("an alignment replays to both sequences and has the distance's counts", () => {
  const random = new SeededRandom(14);
  for (let i = 0; i < 500; i++) {
    const [a, b] = randomPair(random, 20);
    const steps = align(a, b);
    assert.equal(steps.map((step) => ("reference" in step ? step.reference : "")).join(""), a);
    assert.equal(steps.map((step) => ("hypothesis" in step ? step.hypothesis : "")).join(""), b);
    for (const step of steps) {
      if (step.kind === "hit") assert.equal(step.reference, step.hypothesis);
      if (step.kind === "substitution") assert.notEqual(step.reference, step.hypothesis);
    }
    const count = (kind: AlignmentStep<string>["kind"]) => steps.filter((step) => step.kind === kind).length;
    assert.deepEqual(
      editDistance(a, b),
      counts(count("substitution"), count("deletion"), count("insertion"), count("hit")),
    );
  }
});

test("the alignment is the one of the rule, at lengths that are parted too", () => {
  const random = new SeededRandom(15);
  const pairs = Array.from({ length: 100 }, () => randomPair(random, 20));
  const long = random.draw([..."abcd"], 2300);
  const heard = long.flatMap((symbol) => [[], [symbol], [symbol], ["a"], [symbol, "b"]][random.below(5)] ?? []);
  pairs.push([long.join(""), heard.join("")], ["ab", heard.join("").repeat(1000)]);
  for (const [a, b] of pairs.slice(0, -1)) {
    assert.equal(
      align(a, b)
        .map(({ kind }) => KINDS[kind])
        .join(""),
      alignByRule(a, b),
    );
  }
  const [a, b] = pairs.at(-1) as [string, string];
  assert.equal(align(a, b).length, b.length);
});

test("long sequences take no table of all their pairs", () => {
  const long = "abcdefg".repeat(900);
  const before = process.memoryUsage().arrayBuffers;
  assert.equal(align(long, long.slice(1)).length, long.length);
  assert.ok(process.memoryUsage().arrayBuffers - before < 20e6);
});
