/** The search over phones: a model of letters and phones is heard, words of a pronouncing lexicon are written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { alignText } from "../alignment/align-text.js";
import { modelFromEstimate } from "../language-model/model/from-estimate.js";
import { scoreSentence } from "../language-model/perplexity.js";
import { estimate } from "../language-model/toy-language.test.support.js";
import { phoneAlphabet, symbolsOf } from "../pronunciation/phones.js";
import { encodeText, englishAlphabet } from "../text/alphabet.js";
import { beamSearchDecode, createBeamSearchDecoder } from "./beam-search.js";
import type { Emissions } from "./emissions.js";
import { greedyDecode } from "./greedy.js";
import type { BeamSearchDecoder } from "./prefix-decoder.js";
import { PronouncedModel, pronunciationLines } from "./pronounced-model.js";

const PRONUNCIATIONS: Readonly<Record<string, readonly string[]>> = {
  ...{ the: ["DH AH", "DH IY"], a: ["AH", "EY"], sea: ["S IY"], see: ["S IY"], we: ["W IY"], boat: ["B OW T"] },
  ...{ their: ["DH EH R"], there: ["DH EH R"], is: ["IH Z"], road: ["R OW D"], rowed: ["R OW D"], long: ["L AO NG"] },
};
const SENTENCES = [
  ...["we see the sea", "there is a boat", "there is the sea", "we see a boat", "the road is long", "we see the road"],
  ...["we rowed a long boat", "we rowed their boat", "their boat is long", "the sea is there", "there we rowed"],
];
const pronounce = (word: string) => (PRONUNCIATIONS[word.toLowerCase()] ?? []).map(symbolsOf);
const wordsOf = (sentences: readonly string[]) => modelFromEstimate(estimate(sentences, { order: 3 }));
const modelOf = (sentences: readonly string[]) => {
  const words = wordsOf(sentences);
  return new PronouncedModel(words, pronunciationLines(words, pronounce));
};
const words = wordsOf(SENTENCES);
const languageModel = modelOf(SENTENCES);
const options = { frameSeconds: 0.04, languageModel, lmWeight: 1, wordScore: 0 };

const NUM_TOKENS = englishAlphabet.tokens.length + phoneAlphabet.tokens.length;

/** What a model says that hears `phones`, words between bars, and writes the letters of `text` as sure as its phones. */
function heard(phones: string, text: string): Emissions {
  const spoken = encodeText(phones.split(" | ").map(symbolsOf).join(" "), phoneAlphabet);
  const written = encodeText(text, englishAlphabet);
  const numFrames = 2 * Math.max(spoken.length, written.length) + 1;
  const logProbs = new Float32Array(numFrames * NUM_TOKENS);
  const mark = (frame: number, { tokens, blankId }: typeof englishAlphabet, ids: readonly number[], from: number) => {
    const id = frame % 2 === 1 ? (ids[(frame - 1) / 2] ?? blankId) : blankId;
    for (let token = 0; token < tokens.length; token++) {
      const probability = token === id ? 0.9 : 0.1 / (tokens.length - 1);
      logProbs[frame * NUM_TOKENS + from + token] = Math.log(probability);
    }
  };
  for (let frame = 0; frame < numFrames; frame++) {
    mark(frame, englishAlphabet, written, 0);
    mark(frame, phoneAlphabet, spoken, englishAlphabet.tokens.length);
  }
  return { logProbs, numFrames, numTokens: NUM_TOKENS };
}

const seaShanty = heard("W IY | R OW D | DH EH R | B OW T", "we rode ther bote");

test("words are found by how they are spoken, those that sound alike by the language model", () => {
  const [found] = beamSearchDecode(seaShanty, englishAlphabet, options);
  assert.equal(found!.text, "we rowed their boat");
  assert.deepEqual(found!.words, ["we", "rowed", "their", "boat"]);
  assert.deepEqual(found!.tokenIds, encodeText("we rowed their boat", englishAlphabet));
  const [other] = beamSearchDecode(heard("DH AH | R OW D | IH Z | L AO NG", ""), englishAlphabet, options);
  assert.equal(other!.text, "the road is long");
  assert.equal(beamSearchDecode(heard("DH IY | S IY", ""), englishAlphabet, options)[0]!.text, "the sea");
});

test("a phone that no word has there is heard as the likeliest word", () => {
  const [found] = beamSearchDecode(heard("W IY | S IY | AH | B UW T", ""), englishAlphabet, {
    ...options,
    topTokens: phoneAlphabet.tokens.length,
  });
  assert.equal(found!.text, "we see a boat");
});

test("letters are decoded as before by greedy search, by a search without pronunciations, and by alignment", () => {
  assert.equal(greedyDecode(seaShanty, englishAlphabet).text, "we rode ther bote");
  const [byLetters] = beamSearchDecode(seaShanty, englishAlphabet, { frameSeconds: 0.04 });
  assert.equal(byLetters!.text, "we rode ther bote");
  const { timedWords } = alignText(seaShanty, "we rode ther bote", englishAlphabet, { frameSeconds: 0.04 });
  assert.equal(timedWords[0]!.startSeconds, 0.04);
});

test("words have the times of their phones, shared among their letters", () => {
  const [found] = beamSearchDecode(seaShanty, englishAlphabet, options);
  const [we, rowed] = found!.timedWords;
  const seconds = ({ startSeconds, endSeconds }: { startSeconds: number; endSeconds: number }) =>
    [startSeconds, endSeconds].map((value) => Number(value.toFixed(2)));
  assert.deepEqual([we!.word, ...seconds(we!)], ["we", 0.04, 0.16]);
  // Frames 7, 9 and 11 are its phones.
  assert.deepEqual([rowed!.word, ...seconds(rowed!)], ["rowed", 0.28, 0.48]);
  assert.equal(rowed!.characters.map(({ character }) => character).join(""), "rowed");
  assert.ok(rowed!.characters.every((letter, i, all) => letter.startSeconds >= (all[i - 1]?.startSeconds ?? 0)));
  assert.ok(rowed!.characters.every(({ startSeconds, endSeconds }) => endSeconds > startSeconds));
  assert.ok(found!.timedWords.every(({ confidence }) => confidence > 0.3 && confidence <= 1));
});

const hot = (...hotWords: { phrase: string; weight: number }[]) => ({ ...options, hotWords });
const textOf = (emissions: Emissions, search: typeof options & { hotWords?: { phrase: string; weight: number }[] }) =>
  beamSearchDecode(emissions, englishAlphabet, search)[0]!.text;

test("hot words outside the vocabulary are heard as their letters sound, however they are written", () => {
  const zorb = heard("W IY | S IY | DH AH | Z AO R B", "");
  assert.equal(textOf(zorb, hot({ phrase: "Zorb!", weight: 4 })), "we see the zorb");
  assert.notEqual(textOf(zorb, options), "we see the zorb");
  // A phrase's words may be heard without it, and then nothing favours them.
  assert.equal(textOf(zorb, hot({ phrase: "the long zorb", weight: 8 })), "we see the zorb");
  assert.throws(() => createBeamSearchDecoder(englishAlphabet, hot({ phrase: "'", weight: 4 })), {
    code: "unknown-character",
    message: 'hot word "\'" has no words',
  });
  assert.throws(() => createBeamSearchDecoder(englishAlphabet, hot({ phrase: "zorb", weight: 1e6 })), {
    code: "number-out-of-range",
    message: /^hot word "zorb" has weight 1000000; it must be/,
  });
  const accented = { ...englishAlphabet, tokens: englishAlphabet.tokens.map((token) => (token === "q" ? "ß" : token)) };
  assert.throws(() => createBeamSearchDecoder(accented, hot({ phrase: "ß", weight: 4 })), {
    code: "invalid-option",
    message: 'hot word "ß" has no pronunciation; leave it out',
  });
});

test("a hot word is written rather than what sounds alike, and one that is not wanted less so", () => {
  const sea = heard("W IY | S IY | DH AH | S IY", "");
  assert.equal(textOf(sea, options), "we see the sea");
  assert.equal(textOf(sea, hot({ phrase: "see", weight: 4 })), "we see the see");
  assert.equal(textOf(sea, hot({ phrase: "sea", weight: -20 })), "we see the see");
  assert.equal(textOf(sea, hot({ phrase: "see", weight: -8 })), "we sea the sea");
  assert.equal(textOf(sea, { ...hot({ phrase: "see", weight: 4 }), lmWeight: 8 }), "we see the sea");
});

test("a phrase of several words has its weight only where all of it is spoken", () => {
  const long = heard("W IY | R OW D | AH | L AO NG | B OW T", "");
  assert.equal(textOf(long, options), "we rowed a long boat");
  assert.equal(textOf(long, hot({ phrase: "road boat", weight: 12 })), "we rowed a long boat");
  assert.equal(textOf(long, hot({ phrase: "road a", weight: 12 })), "we road a long boat");
});

test("weights of one phrase add up, and of phrases that sound alike the weightiest is favoured", () => {
  const sea = heard("W IY | S IY | DH AH | S IY", "");
  const scoreOf = (...hotWords: { phrase: string; weight: number }[]) =>
    beamSearchDecode(sea, englishAlphabet, hot(...hotWords))[0]!.score;
  const assertClose = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-6, `${a} and ${b}`);
  assertClose(
    scoreOf({ phrase: "sea", weight: 1 }, { phrase: "Sea", weight: 1 }),
    scoreOf({ phrase: "sea", weight: 2 }),
  );
  const [both, other] = [
    scoreOf({ phrase: "sea", weight: 2 }, { phrase: "see", weight: -1 }),
    scoreOf({ phrase: "see", weight: -1 }, { phrase: "sea", weight: 2 }),
  ];
  assertClose(both, other);
  assertClose(both, scoreOf({ phrase: "sea", weight: 2 }));
});

test("a model of capitals has its words spoken as those of small letters are", () => {
  const tokens = englishAlphabet.tokens.map((token) => (token.length === 1 ? token.toUpperCase() : token));
  const [found] = beamSearchDecode(
    heard("W IY | S IY | DH AH | Z AO R B", ""),
    { ...englishAlphabet, tokens },
    {
      ...options,
      languageModel: modelOf(SENTENCES.map((sentence) => sentence.toUpperCase())),
      hotWords: [{ phrase: "zorb", weight: 4 }],
    },
  );
  assert.equal(found!.text, "WE SEE THE ZORB");
});

test("the language model's score is that of the text that is written", () => {
  const [found] = beamSearchDecode(seaShanty, englishAlphabet, hot({ phrase: "there", weight: 6 }));
  assert.equal(found!.text, "we rowed there boat");
  assert.ok(Math.abs(found!.lmScore - scoreSentence(words, found!.text)) < 1e-6);
});

test("what it does not heed is refused: words that the model lacks, letters, and a model without phones", () => {
  assert.throws(() => createBeamSearchDecoder(englishAlphabet, { ...options, unknownWordScore: -1 }), {
    code: "invalid-option",
    message:
      "unknownWordScore has no effect where words are found by their pronunciations: those of the language model are the only ones",
  });
  const decoder = createBeamSearchDecoder(englishAlphabet, options);
  decoder.begin();
  const letters = { logProbs: new Float32Array(29), numFrames: 1, numTokens: 29 };
  assert.throws(() => decoder.step(letters), {
    code: "invalid-emissions",
    message:
      "emissions have 29 tokens a frame, an alphabet of 29 with phones 70; search letters, or use a model that writes phones",
  });
  const cut = { ...seaShanty, logProbs: seaShanty.logProbs.subarray(1) };
  assert.throws(() => decoder.step(cut), { code: "invalid-emissions" });
});

test("several texts are different ones, the best first; pronunciations of one text are one", () => {
  const uncertain = heard("DH AH | S IY | IH Z | L AO NG", "");
  const [from, numLetters] = [3 * NUM_TOKENS, englishAlphabet.tokens.length];
  for (const symbol of [symbolsOf("AH"), symbolsOf("IY")]) {
    uncertain.logProbs[from + numLetters + phoneAlphabet.tokens.indexOf(symbol)] = Math.log(0.45);
  }
  const alike = beamSearchDecode(uncertain, englishAlphabet, { ...options, nBest: 2 });
  assert.equal(alike.length, 2);
  assert.equal(alike[0]!.text, "the sea is long");
  assert.notEqual(alike[1]!.text, alike[0]!.text);
  const found = beamSearchDecode(seaShanty, englishAlphabet, { ...options, nBest: 3 });
  assert.equal(found[0]!.text, "we rowed their boat");
  assert.equal(new Set(found.map(({ text }) => text)).size, found.length);
  assert.ok(
    found.length > 1 && found.every(({ score }, i) => score <= (found[i - 1]?.score ?? Number.POSITIVE_INFINITY)),
  );
});

test("what may yet become a hot phrase is not stable", () => {
  const decoder = createBeamSearchDecoder(englishAlphabet, hot({ phrase: "road a long boat", weight: 20 }));
  const sentence = heard("W IY | R OW D | AH | L AO NG | B OW T", "");
  decoder.begin();
  let told = "";
  for (let frame = 0; frame < sentence.numFrames; frame++) {
    const logProbs = sentence.logProbs.subarray(frame * NUM_TOKENS, (frame + 1) * NUM_TOKENS);
    decoder.step({ logProbs, numFrames: 1, numTokens: NUM_TOKENS });
    decoder.decide(2);
    const stable = decoder.stableText();
    assert.ok(stable.startsWith(told));
    told = stable;
  }
  const { text } = decoder.end();
  assert.equal(text, "we road a long boat");
  assert.ok(text.startsWith(told) && told !== "");
});

test("an utterance in pieces is found as it is at once; what is stable starts all that follows", () => {
  const sentence = heard("W IY | R OW D | DH EH R | L AO NG | B OW T", "");
  const whole = beamSearchDecode(sentence, englishAlphabet, options)[0]!;
  const decoder: BeamSearchDecoder = createBeamSearchDecoder(englishAlphabet, options);
  decoder.begin();
  const told: string[] = [];
  for (let from = 0; from < sentence.numFrames; from += 3) {
    const to = Math.min(sentence.numFrames, from + 3);
    const logProbs = sentence.logProbs.subarray(from * NUM_TOKENS, to * NUM_TOKENS);
    decoder.step({ logProbs, numFrames: to - from, numTokens: NUM_TOKENS });
    decoder.decide(6);
    const stable = decoder.stableText();
    assert.ok(`${decoder.partial().text} `.startsWith(stable === "" ? "" : `${stable} `));
    assert.ok(stable.startsWith(told.at(-1) ?? ""));
    told.push(stable);
  }
  assert.equal(decoder.end().text, whole.text);
  assert.equal(whole.text, "we rowed their long boat");
  assert.ok(told.some((stable) => stable.startsWith("we rowed")));
});
