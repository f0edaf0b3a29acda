import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { TopMasses } from "./top-masses.js";

test("it keeps what sorting would keep, in the order it came", () => {
  const random = new SeededRandom(71);
  const masses = new TopMasses(300);
  for (let round = 0; round < 500; round++) {
    const values = Array.from({ length: random.below(300) }, () => random.below(round % 2 === 0 ? 12 : 1e6));
    const limit = 1 + random.below(60);
    const floor = random.below(4);
    const expected = values
      .map((mass, code) => ({ mass, code }))
      .filter(({ mass }) => mass >= floor && mass > 0)
      .sort((a, b) => b.mass - a.mass || a.code - b.code)
      .slice(0, limit)
      .sort((a, b) => a.code - b.code);
    masses.count = 0;
    for (const [code, mass] of values.entries()) masses.push(mass, code);
    const toBeat = masses.keep(limit, floor);
    const kept = Array.from({ length: masses.count }, (_, at) => ({ mass: masses.mass[at], code: masses.code[at] }));
    assert.deepEqual(kept, expected);
    assert.equal(toBeat, kept.length < limit ? floor : Math.min(...kept.map(({ mass }) => mass as number)));
  }
});
