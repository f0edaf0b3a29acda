import assert from "node:assert/strict";
import { test } from "node:test";
import { modelFromEstimate } from "../model/from-estimate.js";
import type { NgramModel } from "../model/ngram-model.js";
import { arpaText, contextsOf, estimate, probability, toySentences } from "../toy-language.test.support.js";
import { ArpaReader, type ArpaReaderOptions } from "./arpa-reader.js";

function read(text: string, options: ArpaReaderOptions & { chunkBytes?: number } = {}): NgramModel {
  const reader = new ArpaReader(options);
  const bytes = new TextEncoder().encode(text);
  const { chunkBytes = bytes.length } = options;
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes));
  return reader.finish();
}

// Written by hand in the manner of SRILM: a preamble, tabs and spaces, -99 for <s>, no back-off where nothing follows,
// n-grams in no order, one entry twice as likely as its shorter form says.
const HAND_MADE = `This text before the data is passed over.

\\data\\
ngram 1=5
ngram 2=4
ngram 3=2

\\1-grams:
-0.8\t</s>
-99\t<s>\t-0.3
-1.2\tb\t-0.2
-0.5  a  -0.25
-2\t<unk>

\\2-grams:
-0.6\tb a\t-0.05
-0.4\t<s> a\t-0.1
-0.7\ta b\t-0.15
-1e-1\tb </s>

\\3-grams:
-0.3\t<s> a b
-0.2\ta b a

\\end\\
after the end`;

test("a file of another tool scores as Katz's back-off says", () => {
  const model = read(HAND_MADE);
  assert.deepEqual(model.counts, [5, 4, 2]);
  assert.deepEqual([...model.words()], ["b", "a"]);
  const expected: [string, string[], number][] = [
    ["a", [], -0.5],
    ["a", ["<s>"], -0.4],
    ["b", ["<s>", "a"], -0.3],
    ["a", ["a", "b"], -0.2],
    ["</s>", ["a", "b"], -0.15 - 0.1],
    ["b", ["a", "b"], -0.15 - 0.2 - 1.2],
    ["b", ["b", "a"], -0.05 - 0.7],
    ["a", ["b", "a"], -0.05 - 0.25 - 0.5],
    ["never", ["<s>", "a"], -0.1 - 0.25 - 2],
    ["b", ["<s>"], -0.3 - 1.2],
    ["b", ["never"], -1.2],
    ["a", ["never", "b"], -0.6],
  ];
  for (const [word, context, log10] of expected) {
    const found = Math.log10(probability(model, word, context));
    assert.ok(Math.abs(found - log10) < 1e-6, `p(${word} | ${context.join(" ")}) is ${found}`);
  }
});

test("equal states come from histories that the model cannot tell apart", () => {
  const model = read(HAND_MADE);
  const stateAfter = (...words: string[]) => {
    let state = model.begin();
    for (const word of words) {
      model.score(state, model.wordId(word));
      state = model.nextState;
    }
    return state;
  };
  assert.equal(stateAfter("a", "b"), stateAfter("never", "a", "b"));
  assert.equal(stateAfter("never"), 0);
  assert.notEqual(stateAfter("a"), stateAfter("never", "a"));
});

test("line ends of Windows, chunks of any size and more blanks change nothing", () => {
  const whole = read(HAND_MADE);
  for (const model of [
    read(HAND_MADE.replaceAll("\n", "\r\n")),
    read(HAND_MADE, { chunkBytes: 1 }),
    read(HAND_MADE, { chunkBytes: 7, memoryBytes: 1 }),
    read(HAND_MADE.replaceAll("\t", "   ")),
    read(HAND_MADE.replace("<unk>", "<UNK>")),
  ]) {
    assert.equal(probability(model, "b", ["<s>", "a"]), probability(whole, "b", ["<s>", "a"]));
    assert.equal(probability(model, "never", ["b"]), probability(whole, "never", ["b"]));
  }
});

test("what the writer wrote reads as what was estimated", () => {
  const sentences = toySentences(6, 150);
  for (const options of [{ order: 1 }, { order: 3 }, { order: 4, prune: [0, 1] }]) {
    const direct = modelFromEstimate(estimate(sentences, options), { bits: 32 });
    const text = arpaText(estimate(sentences, options));
    const model = read(text);
    assert.deepEqual(model.counts, direct.counts);
    for (const context of contextsOf(sentences, options.order)) {
      for (const word of [...direct.words(), "</s>", "<unk>"]) {
        const difference = Math.log(probability(model, word, context)) - Math.log(probability(direct, word, context));
        assert.ok(Math.abs(difference) < 3e-6, `p(${word} | ${context.join(" ")})`);
      }
    }
  }
});

test("minus infinity is as good as -99, and unknown words that a file lacks cost 100", () => {
  const model = read(
    HAND_MADE.replace("-1.2\tb", "-inf\tb").replace("-2\t<unk>\n", "").replace("ngram 1=5", "ngram 1=4"),
  );
  assert.ok(Math.abs(Math.log10(probability(model, "b", ["never"])) - -99) < 1e-4);
  assert.ok(Math.abs(model.score(0, model.unknownId) / Math.LN10 - -100) < 1e-4);
});

test("what would score wrongly in silence is refused, by line", () => {
  const cases: [from: string, to: string, message: string][] = [
    ["ngram 2=4", "ngram 2=5", "line 21: there are 4 2-grams before this line, line 5 announces 5"],
    ["ngram 2=4", "ngram 2=3", "line 19: there are more 2-grams than the 3 that line 5 announces"],
    ["ngram 2=4\n", "", 'line 5: "ngram 3=2" stands where ngram 2 should'],
    ["ngram 2=4", "ngram 2=x", 'line 5: "ngram 2=x" is neither "ngram 1=…", "\\1-grams:" nor "\\end\\"'],
    ["ngram 3=2", "ngram 17=2", 'line 6: "ngram 17=2": n-grams of more than 16 words cannot be read'],
    ["ngram 3=2\n", "", "line 20: \\3-grams: stands where \\end\\ should"],
    ["\\2-grams:", "\\3-grams:", "line 15: \\3-grams: stands where \\2-grams: should"],
    ["\t<s> a b\n", "\tb b a\n", 'line 22: this 3-gram continues "b b", which is none of the 2-grams'],
    ["\t<s> a b\n", "\t<s> a c\n", 'line 22: the word "c" is none of the 1-grams'],
    ["-0.7\ta b", "-o.7\ta b", 'line 18: the probability is "-o.7", which is no number'],
    ["-0.7\ta b", "nan\ta b", 'line 18: the probability is "nan", which is no number'],
    ["-0.7\ta b", "0.7\ta b", "line 18: the log-probability is 0.7; it must not be above 0"],
    ["b a\t-0.05", "b a\t--", 'line 16: the back-off is "--", which is no number'],
    ["b a\t-0.05", "b a\t1e400", 'line 16: the back-off is "1e400", which is no number'],
    ["b a\t-0.05", "b a\t300", "line 16: the back-off is 300; it must not be above 99"],
    ["b a\t-0.05", "b a\t-0.05 c d", "line 16: a 2-gram has 3 or 4 fields, this line 6"],
    ["-1.2\tb", "-1.2\ta", 'line 12: the 1-gram "a" stands in the file twice'],
    [
      "<s> a b\n",
      "a b a\n",
      'line 25: before this line, one of the 3-grams that end with "a" stands in the model twice',
    ],
    [
      "\n\\end\\\nafter the end",
      "",
      "line 23: the file ends in its 3-grams, after 2 of 2; it was cut, \\end\\ is missing",
    ],
    [
      HAND_MADE.slice(HAND_MADE.indexOf("-0.7")),
      "",
      "line 17: the file ends in its 2-grams, after 2 of 4; it was cut, \\end\\ is missing",
    ],
    ["\\data\\", "data", "line 26: it is no ARPA file: it ends without \\data\\"],
  ];
  for (const [from, to, message] of cases) {
    assert.ok(HAND_MADE.includes(from), from);
    const code = message.includes("no ARPA file") ? "no-arpa" : "invalid-arpa";
    assert.throws(() => read(HAND_MADE.replace(from, () => to)), { code, message });
  }
});

test("a line that does not end is refused before it fills the memory", () => {
  for (const [start, line] of [
    ["", 1],
    [HAND_MADE, 26],
  ] as const) {
    const reader = new ArpaReader();
    reader.push(new TextEncoder().encode(start));
    const push = () => {
      for (let i = 0; i < 20; i++) reader.push(new Uint8Array(100_000).fill(0x20));
    };
    assert.throws(push, { message: `line ${line}: it has more than 1000000 bytes; is this an ARPA file?` });
  }
});

/** What a reader says of a file, and log10 of the probabilities of its first words. */
function readWithNotices(text: string): { notices: string[]; model: NgramModel } {
  const reader = new ArpaReader();
  reader.push(new TextEncoder().encode(text));
  const model = reader.finish();
  return { notices: reader.notices, model };
}

const MARKS = "-1\t<unk>\n-99\t<s>\t0\n-0.5\t</s>\n";
const arpaOf = (unigrams: string, count: number, rest = "") =>
  `\\data\\\nngram 1=${count}\n${rest && "ngram 2=1\n"}\n\\1-grams:\n${unigrams}${rest}\n\\end\\\n`;
const log10OfEnd = (model: NgramModel) => Number((model.end(0) / Math.LN10).toFixed(4));

test("a sentence's end that stands twice is that which is no copy of another mark", () => {
  for (const [first, second, line, used] of [
    ["-inf", "-0.5", 8, "this"],
    ["-0.5", "-inf", 8, "the first"],
    ["-0.5", "0", 8, "the first"],
    ["0", "-0.5", 8, "this"],
  ] as const) {
    const { notices, model } = readWithNotices(
      arpaOf(`-1\t<unk>\n-99\t<s>\n${first}\t</s>\n${second}\t</s>\n-0.5\thello\n`, 5),
    );
    assert.deepEqual(notices, [`line ${line}: </s> stands in the 1-grams twice; ${used} is used`]);
    assert.equal(log10OfEnd(model), -0.5);
  }
});

test("a file without sentence marks is read, and says what was assumed", () => {
  const { notices, model } = readWithNotices(arpaOf("-0.5\thello\n-0.7\tyou\n", 2));
  assert.deepEqual(notices, [
    "the 1-grams do not hold <s>; sentences are taken to begin with any word",
    "the 1-grams do not hold </s>; sentences are taken to end after any word",
  ]);
  assert.equal(log10OfEnd(model), -1);
  assert.equal(Number((model.score(model.begin(), model.wordId("you")) / Math.LN10).toFixed(4)), -0.7);
});

test("a back-off that is not there is 1, and that is told", () => {
  const bigram = "\n\\2-grams:\n-0.1\thello you\n";
  const { notices, model } = readWithNotices(arpaOf(`${MARKS}-0.5\thello\n-0.7\tyou\n`, 5, bigram));
  assert.deepEqual(notices, ["1 n-grams have no back-off weight; it is taken to be 1"]);
  model.score(model.begin(), model.wordId("hello"));
  const after = model.nextState;
  assert.equal(Number((model.score(after, model.wordId("you")) / Math.LN10).toFixed(4)), -0.1);
  assert.equal(Number((model.score(after, model.wordId("hello")) / Math.LN10).toFixed(4)), -0.5);
});

test("headings with other spacing, Windows line ends and trailing blanks are read", () => {
  const text = arpaOf(`${MARKS}-0.5\thello\n`, 4);
  const odd = text.replace("\\1-grams:", "\\1-grams: ").replace("ngram 1=4", "ngram  1 = 4 ").replaceAll("\n", " \r\n");
  for (const variant of [odd, text.replace("\\1-grams:", "\\ 1-gram:")]) {
    const { notices, model } = readWithNotices(variant);
    assert.deepEqual(notices, []);
    assert.deepEqual([...model.words()], ["hello"]);
  }
});
