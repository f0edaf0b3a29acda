import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { type Alphabet, encodeText, englishAlphabet } from "../text/alphabet.js";
import { type HotWord, HotWordAutomaton } from "./hot-words.js";

const letters: Alphabet = { tokens: ["a", " ", "<blank>", "b", "c"], blankId: 2 };

/** The running total after each character of `text`; and, last, what is left when the text ends there. */
function totals(hotWords: HotWord[], text: string, alphabet = letters): number[] {
  const automaton = new HotWordAutomaton(hotWords, alphabet);
  let state = automaton.start;
  let total = 0;
  const running = encodeText(text, alphabet).map((token) => {
    total += automaton.bonus(state, token);
    assert.ok(Math.abs(Math.log(automaton.row(state)[token] as number) - automaton.bonus(state, token)) < 1e-12);
    state = automaton.next(state, token);
    return total;
  });
  return [...running, total - (automaton.share[state] as number)].map((value) => Math.round(1e6 * value) / 1e6 + 0);
}

test("a phrase advances its weight letter by letter and keeps it at its end", () => {
  assert.deepEqual(totals([{ phrase: "abc", weight: 6 }], "abc a "), [2, 4, 6, 6, 8, 6, 6]);
});

test("a broken phrase gives everything back", () => {
  assert.deepEqual(totals([{ phrase: "abc", weight: 6 }], "abb "), [2, 4, 0, 0, 0]);
  assert.deepEqual(totals([{ phrase: "ab", weight: 6 }], "abc "), [3, 6, 0, 0, 0]);
});

test("a phrase matches whole words only", () => {
  assert.equal(totals([{ phrase: "ab", weight: 1 }], "cab abc ab ").at(-1), 1);
});

test("a phrase that breaks inside another falls back to it", () => {
  const hotWords = [
    { phrase: "a b c", weight: 5 },
    { phrase: "b b", weight: 3 },
  ];
  assert.equal(totals(hotWords, "a b b ").at(-1), 3);
});

test("random texts are worth the weights of the phrases counted in them", () => {
  const random = new SeededRandom(51);
  const phrases = ["a", "b", "ab", "a b", "b a b", "ab ab", "c a", "abc"];
  for (let round = 0; round < 300; round++) {
    const hotWords = random
      .draw(phrases, 1 + random.below(6))
      .map((phrase) => ({ phrase, weight: random.below(20) - 5 }));
    const words = random.draw(["a", "b", "ab", "abc", "c", "cab"], random.below(12));
    const expected = hotWords.reduce((sum, { phrase, weight }) => {
      const parts = phrase.split(" ");
      return sum + weight * words.filter((_, at) => parts.every((part, offset) => words[at + offset] === part)).length;
    }, 0);
    assert.equal(totals(hotWords, words.map((word) => `${word} `).join("")).at(-1), expected);
  }
});

test("phrases are spelt out as transcripts are", () => {
  const spelt = (phrase: string) => [...new HotWordAutomaton([{ phrase, weight: 1 }], englishAlphabet).words].join(" ");
  assert.equal(spelt("Zürich HB"), "zurich hb");
  assert.equal(spelt("Route 66!"), "route sixty six");
  assert.equal(spelt("Bob’s"), "bob's");
  assert.equal(spelt("Zu\u0308rich"), "zurich");
});

test("bad phrases are refused", () => {
  const make = (phrase: string, weight: number): HotWordAutomaton =>
    new HotWordAutomaton([{ phrase, weight }], englishAlphabet);
  assert.throws(() => make("  ", 1), { code: "invalid-option", message: "a hot word is empty; leave it out" });
  assert.throws(() => make("… ", 1), { code: "unknown-character", message: 'hot word "… " has no words' });
  assert.throws(() => make("東京", 1), {
    code: "unknown-character",
    message: 'hot word "東京" has "東", "京", which the model cannot write; spell it out',
  });
  assert.throws(() => make("zurich", Number.NaN), {
    code: "number-out-of-range",
    message: 'hot word "zurich" has weight NaN; it must be from -300 to 300',
  });
  for (const weight of [301, -301]) {
    assert.throws(() => make("zurich", weight), {
      code: "number-out-of-range",
      message: `hot word "zurich" has weight ${weight}; it must be from -300 to 300`,
    });
  }
  const twins = ["zurich", "Zurich!"].map((phrase) => ({ phrase, weight: 200 }));
  assert.throws(() => new HotWordAutomaton(twins, englishAlphabet), {
    code: "number-out-of-range",
    message: "hot words that overlap weigh 400 together; at most 300 either way is allowed",
  });
});
