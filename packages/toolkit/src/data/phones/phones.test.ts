import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeTokenIds, guessPhones, phoneAlphabet, symbolsOf, unknownCharacters } from "@deepspeech-ts/speech";
import { loadPhonetiser, loadPronunciations } from "./phones.js";

const phonetise = await loadPhonetiser();
const pronounce = await loadPronunciations();
const spoken = (text: string) => {
  const ids = phonetise(text);
  return ids && decodeTokenIds(ids, phoneAlphabet);
};
/** Words between bars. */
const written = (phones: string) => phones.split(" | ").map(symbolsOf).join(" ");

test("words are spoken as the dictionary has them, without stress and without its remarks", () => {
  assert.equal(spoken("the quick brown fox"), written("DH AH | K W IH K | B R AW N | F AA K S"));
  assert.equal(spoken("AALTO"), written("AA L T OW"));
  assert.equal(spoken("don't"), written("D OW N T"));
  assert.equal(spoken("'tis said"), spoken("tis said"));
});

test("a word that is a property of every object is looked up like any other", () => {
  assert.ok(spoken("constructor")!.startsWith(written("K AH N")));
  assert.ok(spoken("tostring")!.startsWith(written("T")));
});

test("a possessive that the dictionary lacks is its word with an s, as it sounds after it", () => {
  assert.equal(spoken("kerfoot's"), `${spoken("kerfoot")}${written("S")}`);
  assert.equal(spoken("promoter's"), `${spoken("promoter")}${written("Z")}`);
  assert.equal(spoken("pearce's"), `${spoken("pearce")}${written("IH Z")}`);
});

test("a word that it lacks is guessed from its letters", () => {
  assert.equal(spoken("hurstwood"), written("HH ER S T W UW D"));
  assert.equal(spoken("cripplegate"), written("K R IH P L EH G EY T"));
  assert.equal(spoken("zorb"), written("Z AO R B"));
});

test("the guess is right about most of what the dictionary knows", async () => {
  const { dictionary } = await import("cmu-pronouncing-dictionary");
  let [errors, total] = [0, 0];
  for (const [word, stressed] of Object.entries(dictionary).filter(
    ([key], i) => i % 97 === 0 && /^[a-z]+$/.test(key),
  )) {
    const phones = [...symbolsOf(stressed.replace(/ #.*$/, ""))];
    errors += editDistance(phones, [...guessPhones(word)!]);
    total += phones.length;
  }
  assert.ok(errors / total < 0.3, `${errors} of ${total} phones are wrong`);
});

test("letters that are not English have no phones, and neither has an utterance with them", () => {
  assert.equal(phonetise("der straße"), undefined);
  assert.equal(phonetise("слово"), undefined);
  assert.equal(phonetise("'"), undefined);
});

test("every pronunciation of the dictionary is made of the phones there are", async () => {
  const { dictionary } = await import("cmu-pronouncing-dictionary");
  for (const word of Object.keys(dictionary)) {
    for (const phones of pronounce(word)) {
      assert.ok(phones !== "" && !phones.includes(" ") && unknownCharacters(phones, phoneAlphabet).length === 0, word);
    }
  }
});

test("a word that is spoken in several ways has them all, the usual one first", () => {
  assert.deepEqual(pronounce("the"), ["DH AH", "DH IY"].map(symbolsOf));
  assert.deepEqual(pronounce("Either"), ["IY DH ER", "AY DH ER"].map(symbolsOf));
  assert.deepEqual(pronounce("a's"), ["EY Z"].map(symbolsOf));
  assert.deepEqual(pronounce("straße"), []);
});

function editDistance(a: readonly string[], b: readonly string[]): number {
  let row = b.map((_, i) => i + 1);
  for (const [i, phone] of a.entries()) {
    let [diagonal, left] = [i, i + 1];
    row = row.map((above, j) => {
      left = Math.min(above + 1, left + 1, diagonal + (phone === b[j] ? 0 : 1));
      diagonal = above;
      return left;
    });
  }
  return row.at(-1) ?? a.length;
}
