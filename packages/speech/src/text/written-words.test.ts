import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { type Alphabet, englishAlphabet } from "./alphabet.js";
import { normaliseToAlphabet } from "./normalise-to-alphabet.js";
import { spellOut, type WrittenWord, writtenWords } from "./written-words.js";

const alphabetOf = (letters: string): Alphabet => ({ tokens: ["_", " ", ...letters], blankId: 0 });
const capitals = alphabetOf("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
const german = alphabetOf("abcdefghijklmnopqrstuvwxyzäöüß");

function wordsOf(text: string, alphabet = englishAlphabet): WrittenWord[] {
  const result = writtenWords(text, alphabet);
  assert.ok("words" in result, `${text}: ${"reason" in result && result.reason}`);
  return result.words;
}

const shown = (text: string, alphabet?: Alphabet) =>
  wordsOf(text, alphabet).map(({ written, spoken }) => `${written.replaceAll("\u00a0", "~")} = ${spoken.join(" ")}`);

test("each written word has what is spoken for it", () => {
  assert.deepEqual(shown("Dr. Smith paid $5."), ["Dr. = doctor", "Smith = smith", "paid = paid", "$5. = five dollars"]);
  assert.deepEqual(shown("It’s 25% off—really!"), [
    "It’s = it's",
    "25% = twenty five percent",
    "off—really! = off really",
  ]);
  assert.deepEqual(shown("turn the lights on"), ["turn = turn", "the = the", "lights = lights", "on = on"]);
  assert.deepEqual(shown("The café, at 5 p.m.", capitals).slice(0, 2), ["The = THE", "café, = CAFE"]);
  assert.deepEqual(shown("Über  alles?\n", german), ["Über = über", "alles? = alles"]);
});

test("plain letters are read as those of transcripts are", () => {
  assert.deepEqual(shown("mr jones' 5 km"), ["mr = mister", "jones' = jones'", "5 = five", "km = kilometers"]);
  assert.deepEqual(shown("mr jones"), ["mr = mister", "jones = jones"]);
  assert.deepEqual(spellOut("mr jones", englishAlphabet), { spelt: "mister jones" });
  assert.deepEqual(spellOut("MR JONES", capitals), { spelt: "MISTER JONES" });
  assert.deepEqual(spellOut("mr  jones '", alphabetOf("' ejmnors")), { spelt: "mr jones '" });
  for (const act of [spellOut, writtenWords]) {
    assert.deepEqual(act("henry viii", englishAlphabet), {
      reason: 'has "viii", which the model cannot write; spell it out',
    });
    assert.deepEqual(act("'", englishAlphabet), { reason: "has no words" });
  }
});

test("what nobody speaks goes with a neighbour", () => {
  assert.deepEqual(shown("— Yes … no [laughter] maybe —"), ["—~Yes~… = yes", "no~[laughter] = no", "maybe~— = maybe"]);
});

test("words that are only spoken together share what is spoken", () => {
  const words = wordsOf("He paid $5 million on Jan. 5.");
  assert.deepEqual(
    words.flatMap(({ spoken }) => spoken),
    (spellOut("He paid $5 million on Jan. 5.", englishAlphabet) as { spelt: string }).spelt.split(" "),
  );
  assert.deepEqual(
    words.map(({ written }) => written),
    "He paid $5 million on Jan. 5.".split(" "),
  );
});

test("letters in two pieces are the letters in one", () => {
  assert.deepEqual(wordsOf("caf\u0065\u0301 na\u0308he", alphabetOf("acfhenäé")), [
    { written: "café", spoken: ["café"] },
    { written: "nähe", spoken: ["nähe"] },
  ]);
});

const TOKENS = [
  ..."Dr. Mr. Smith's $5 $5.20 25% 1984 3rd — … - a I don't ‘quoted’ 'tis boys' O'Neil café naïve A&B @home (aside) [noise]".split(
    " ",
  ),
  ..."million Jan. 5, p.m. 10:30 St. John No. 7 co-operate E=mc rock'n'roll the and went, home? yes! 1990s 12,000 e.g.".split(
    " ",
  ),
];
const SPACES = [" ", " ", "  ", "\n", "\u00a0"];

test("joined, the written words are the author's text, and the spoken ones its spelling", () => {
  const random = new SeededRandom(12);
  let numSpelt = 0;
  for (let round = 0; round < 3000; round++) {
    const text = random
      .draw(TOKENS, 1 + random.below(9))
      .map((token) => token + SPACES[random.below(SPACES.length)])
      .join("");
    for (const alphabet of [englishAlphabet, capitals, german]) {
      const result = writtenWords(text, alphabet);
      const { text: spelt, refused } = normaliseToAlphabet(text.normalize("NFC"), alphabet);
      assert.equal("reason" in result, refused.length > 0 || spelt === "", text);
      if ("reason" in result) continue;
      numSpelt += 1;
      const bare = (written: string) => written.replace(/\s/gu, "");
      assert.equal(bare(result.words.map(({ written }) => written).join("")), bare(text.normalize("NFC")));
      assert.equal(result.words.flatMap(({ spoken }) => spoken).join(" "), spelt, text);
      assert.ok(
        result.words.every(({ written, spoken }) => spoken.length > 0 && !/[ \n]/.test(written)),
        text,
      );
    }
  }
  assert.ok(numSpelt > 2000, `${numSpelt} texts could be spelt`);
});

test("what cannot be spelt is told with its reason", () => {
  for (const act of [spellOut, writtenWords]) {
    assert.deepEqual(act("Tokyo 日本", englishAlphabet), {
      reason: 'has "日", "本", which the model cannot write; spell it out',
    });
    assert.deepEqual(act(" … ", englishAlphabet), { reason: "has no words" });
  }
  assert.deepEqual(spellOut("Zürich HB", englishAlphabet), { spelt: "zurich hb" });
  assert.deepEqual(spellOut("don’t", englishAlphabet), { spelt: "don't" });
  assert.deepEqual(spellOut("Gleis 7", german), { reason: 'has "7", which the model cannot write; spell it out' });
});
