/** How English is read aloud, by kind: what is certain, and what is refused because the writing does not tell. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { normaliseEnglish } from "./normalise-english.js";

const read: Record<string, [string, string][]> = {
  tags: [
    ["[laughter] hello (noise) there *sigh* {breath}", "hello there"],
    ["that is *really* (really?) fine", "that is really really fine"],
    ["[background noise] go (door slams) on (clears throat)", "go on"],
    ["<b>now</b>", "now"],
  ],
  money: [
    ["a $5 bill and $20 bills", "a five dollar bill and twenty dollar bills"],
    ["another $50 phone, each $1 item", "another fifty dollar phone each one dollar item"],
    ["the $5 is mine", "the five dollars is mine"],
    ["$5-10 or $5–$10 million", "five to ten dollars or five to ten million dollars"],
    ["$5m, £3bn, $10k", "five million dollars three billion pounds ten thousand dollars"],
    ["5 €, 5€, €5", "five euros five euros five euros"],
    ["¥100, ₹1, 50¢, 1¢", "one hundred yen one rupee fifty cents one cent"],
    ["$1,000.50 and $0.99", "one thousand dollars and fifty cents and ninety nine cents"],
  ],
  "large numbers": [
    ["1.5M people, 2bn more", "one point five million people two billion more"],
    ["100 000 men, 2 000 000", "one hundred thousand men two million"],
    ["12\u202f345", "twelve thousand three hundred forty five"],
  ],
  ranges: [
    ["5-10 men, 5–10, 2 – 3", "five to ten men five to ten two to three"],
    ["1990-1995, 1914-18", "nineteen ninety to nineteen ninety five nineteen fourteen to eighteen"],
    ["10-15%", "ten to fifteen percent"],
    ["5:30-6:30", "five thirty to six thirty"],
    ["1.5-2.5", "one point five to two point five"],
  ],
  telephones: [
    ["call 555-1234", "call five five five one two three four"],
    ["(555) 123-4567", "five five five one two three four five six seven"],
    ["+1 555 123 4567", "one five five five one two three four five six seven"],
    ["555.123.4567", "five five five one two three four five six seven"],
    ["call 911 now", "call nine one one now"],
    ["they dialled 999", "they dialled nine nine nine"],
  ],
  signs: [
    ["50% & 2+2=4", "fifty percent and two plus two equals four"],
    ["#1 #tag @home", "number one hashtag tag at home"],
    ["−5, -5, 5°, 1°C, 5 °F", "minus five minus five five degrees one degree celsius five degrees fahrenheit"],
    ["±3 and 3×4 and 8÷2", "plus or minus three and three times four and eight divided by two"],
    ["§ 5", "section five"],
  ],
  addresses: [
    ["john.doe@example.com", "john dot doe at example dot com"],
    ["a_b-c+d@mail.example.co.uk", "a underscore b dash c plus d at mail dot example dot co dot u k"],
    ["see www.bbc.co.uk.", "see w w w dot bbc dot co dot u k"],
    ["Yahoo.com, bob99@web.de", "yahoo dot com bob ninety nine at web dot d e"],
  ],
  names: [
    ["AT&T and R&D and Q&A", "a t and t and r and d and q and a"],
    ["Mt. Everest, 5th Ave., Sunset Blvd.", "mount everest fifth avenue sunset boulevard"],
    ["Acme Inc. and Sons Ltd. & Co.", "acme incorporated and sons limited and company"],
    ["St. Paul on Main St. today", "saint paul on main street today"],
    ["near St Mary", "near saint mary"],
    ["Ft. Worth, Ph.D.", "fort worth p h d"],
  ],
  dates: [
    ["Jan. 5, Mon. next", "january fifth monday next"],
    ["in Jan. and Sept. 2020", "in january and september twenty twenty"],
    ["March 5, 2020", "march fifth twenty twenty"],
    ["you may 5", "you may five"],
    ["Sat. at 5. He sat. The sun.", "saturday at five he sat the sun"],
    ["the 21st of May, the 1990s", "the twenty first of may the nineteen nineties"],
  ],
  units: [
    ["5 km and 1 kg", "five kilometers and one kilogram"],
    ["5km, 0.5 lb, 1.1 kg", "five kilometers zero point five pounds one point one kilograms"],
    ["five km per hr, per km", "five kilometers per hr per kilometer"],
    ["60 mph or 100 km/h", "sixty miles per hour or one hundred kilometers per hour"],
    ["5 ft., 10 lbs, 90 min", "five feet ten pounds ninety minutes"],
    ["8 GB at 3 GHz", "eight gigabytes at three gigahertz"],
    ["5'10\"", "five foot ten"],
  ],
  counted: [
    ["No. 5 is no.", "number five is no"],
    ["p. 6, pp. 5-10, vol. 3, ch. 2", "page six pages five to ten volume three chapter two"],
    ["24/7", "twenty four seven"],
    ["1½ cups, 2 ¾", "one and a half cups two and three quarters"],
    ["Chapter IV, World War II, chapter xii", "chapter four world war two chapter twelve"],
    ["a MIX of DIVE and I", "a mix of dive and i"],
  ],
  times: [
    ["5:30pm at 17:05", "five thirty pm at seventeen oh five"],
    ["John 3:16", "john three sixteen"],
  ],
  hyphens: [
    ["twenty-one mid-1990s 20-year-old", "twenty one mid nineteen nineties twenty year old"],
    ["F-16 7-Eleven", "f sixteen seven eleven"],
  ],
};

describe("is read", () => {
  for (const [kind, cases] of Object.entries(read)) {
    test(kind, () => {
      for (const [written, spoken] of cases) {
        const { text, refused } = normaliseEnglish(written);
        assert.equal(text, spoken, written);
        assert.deepEqual(refused, [], written);
      }
    });
  }
});

/** What is said in several ways, and the stretch that is refused. */
const refused: [string, string][] = [
  ["so <unk> said", "<unk>"],
  ["(speaking French) yes", "(speaking French)"],
  ["[inaudible 2]", "[inaudible 2]"],
  ["10k runners", "10k"],
  ["5m long", "5m"],
  ["5 m long", "5 m"],
  ["a 5G phone", "5G"],
  ["12 345 people", "12 345"],
  ["they won 2-1", "2-1"],
  ["2024-01-15", "-"],
  ["1-800-555-1234", "1-800-555-1234"],
  ["the 911 was clear", "911"],
  ["see https://example.com/a?b", "https://example.com/a?b"],
  ["example.com/a/b", "example.com/a/b"],
  ["the file.txt", "."],
  ["Henry VIII", "VIII"],
  ["ii", "ii"],
  ["the km", "km"],
  ["3/4", "/"],
  ["½ cup", "½"],
  ["10:30:15", "10:30:15"],
  ["16:9 or 3:1", ":"],
  ["5 January 2020", "5"],
  ["I saw Jan. Then", "Jan."],
  ["w/o that", "w/o"],
  ["US$5", "$"],
  ['a 5" nail', '"'],
  ["cafÃ©", "Ã©"],
  ["donâ€™t", "â€™"],
];

describe("is refused", () => {
  for (const [written, stretch] of refused) {
    test(written, () => {
      const found = normaliseEnglish(written).refused.map(({ character }) => character);
      assert.ok(found.includes(stretch), JSON.stringify(found));
    });
  }
});

test("tags may be refused, and are counted where they are not", () => {
  const written = "[laughter] so (coughs)";
  assert.deepEqual(
    normaliseEnglish(written).changes.map(({ kind, from, position }) => [kind, from, position]),
    [
      ["tag", "[laughter]", 0],
      ["tag", "(coughs)", 14],
    ],
  );
  assert.deepEqual(
    normaliseEnglish(written, { tags: "refuse" }).refused.map(({ character }) => character),
    ["[laughter]", "(coughs)"],
  );
});
