/** The search over phones: a model of letters and phones is heard, words of a pronouncing lexicon are written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { alignText } from "../alignment/align-text.js";
import { NgramEstimator } from "../language-model/estimation/estimate.js";
import { modelFromEstimate } from "../language-model/model/from-estimate.js";
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
const pronounce = (word: string) => (PRONUNCIATIONS[word] ?? []).map(symbolsOf);
const languageModel = (() => {
  const estimator = new NgramEstimator({ order: 3 });
  estimator.addText(new TextEncoder().encode(SENTENCES.join("\n")));
  const words = modelFromEstimate(estimator.finish());
  return new PronouncedModel(words, pronunciationLines(words, pronounce));
})();
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

test("hot words outside the vocabulary are heard as their letters sound, and written rather than what sounds alike", () => {
  const zorb = heard("W IY | S IY | DH AH | Z AO R B", "");
  const hot = (phrase: string) => ({ ...options, hotWords: [{ phrase, weight: 4 }] });
  assert.equal(beamSearchDecode(zorb, englishAlphabet, hot("zorb"))[0]!.text, "we see the zorb");
  assert.notEqual(beamSearchDecode(zorb, englishAlphabet, options)[0]!.text, "we see the zorb");
  const sea = beamSearchDecode(heard("W IY | S IY | DH AH | S IY", ""), englishAlphabet, hot("see"));
  assert.equal(sea[0]!.text, "we see the see");
  assert.throws(() => createBeamSearchDecoder(englishAlphabet, hot("'")), {
    code: "invalid-option",
    message: 'hot word "\'" has no pronunciation',
  });
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

test("several texts are different ones, the best first", () => {
  const found = beamSearchDecode(seaShanty, englishAlphabet, { ...options, nBest: 3 });
  assert.equal(found[0]!.text, "we rowed their boat");
  assert.equal(new Set(found.map(({ text }) => text)).size, found.length);
  assert.ok(
    found.length > 1 && found.every(({ score }, i) => score <= (found[i - 1]?.score ?? Number.POSITIVE_INFINITY)),
  );
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
