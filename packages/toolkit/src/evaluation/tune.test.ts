import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import {
  corpusErrorRates,
  type Emissions,
  encodeText,
  englishAlphabet,
  greedyDecode,
  modelFromEstimate,
  NgramEstimator,
} from "@deepspeech-ts/speech";
import { defaultModelConfig, featureConfigSchema } from "../acoustic-model/index.js";
import { audioFixture, temporaryFolder } from "../data/fixtures.test.support.js";
import { Random } from "../data/random.js";
import { buildLanguageModel } from "../language-model/build.js";
import { rawManifestIn } from "../training/training.test.support.js";
import { calibrateWords } from "./calibrate-words.js";
import { beamDecode, decodeGreedily, openDecoding } from "./decoding.js";
import { greedyDecoding } from "./decoding-config.js";
import { babblingCheckpoint, trainedWith } from "./evaluation.test.support.js";
import { runTuning, type TuningEvent, type TuningRequest } from "./run-tuning.js";
import { atEdge, type Trial, tuneDecoding } from "./tune.js";

const SENTENCES = ["please hold the line", "press one to hold", "please press the pound key", "the line is busy"];
const FRAME_SECONDS = 0.04;

function languageModelOf(sentences: readonly string[]) {
  const estimator = new NgramEstimator({ order: 3 });
  estimator.addText(new TextEncoder().encode(`${sentences.join("\n")}\n`));
  estimator.endText();
  return modelFromEstimate(estimator.finish());
}

/** A hesitant model's answer: each letter stands for two frames, between blanks, and some letters lose to a neighbour. */
function hesitantEmissions(text: string, random: Random): Emissions {
  const ids = encodeText(text, englishAlphabet).flatMap((id) => [id, id, englishAlphabet.blankId]);
  const numTokens = englishAlphabet.tokens.length;
  const logProbs = new Float32Array(ids.length * numTokens).fill(Math.log(0.001));
  for (const [frame, id] of ids.entries()) {
    const isBlank = id === englishAlphabet.blankId;
    const rival = isBlank ? id : 2 + random.integer(26);
    const wins = !isBlank && random.next() < 0.2;
    logProbs[frame * numTokens + rival] = Math.log(wins ? 0.55 : 0.3);
    logProbs[frame * numTokens + id] = Math.log(wins ? 0.4 : 0.9);
  }
  return { logProbs, numFrames: ids.length, numTokens };
}

function storedUtterances() {
  const random = new Random("tune");
  return SENTENCES.map((reference) => ({ reference, emissions: hesitantEmissions(reference, random) }));
}

describe("tuneDecoding", () => {
  const options = { alphabet: englishAlphabet, frameSeconds: FRAME_SECONDS, beamSize: 16 };

  it("finds weights with which a language model beats greedy decoding", () => {
    const utterances = storedUtterances();
    const languageModel = languageModelOf(SENTENCES);
    const trials: Trial[] = [];
    const best = tuneDecoding(utterances, { ...options, languageModel, onTrial: (trial) => trials.push(trial) });
    const greedyErrors = utterances.filter(
      ({ reference, emissions }) => greedyDecode(emissions, englishAlphabet).text !== reference,
    );
    assert.ok(greedyErrors.length >= 2, "the emissions are hard enough to be worth a language model");
    assert.ok(best.rates.wer < 0.1, `best WER ${best.rates.wer}`);
    assert.equal(best.rates.wer, Math.min(...trials.map(({ rates }) => rates.wer)));
    const { alphabet: _, ...search } = options;
    const decode = beamDecode(englishAlphabet, {
      ...search,
      languageModel,
      lmWeight: best.lmWeight,
      wordScore: best.wordScore,
      unknownWordScore: best.unknownWordScore!,
    });
    const again = utterances.filter(({ reference, emissions }) => decode(emissions).text !== reference).length;
    assert.equal(again / utterances.length, best.rates.sentenceErrorRate, "the weights give the rates that were told");
  });

  it("tries no point twice, and stops when it is told to", () => {
    const tried: string[] = [];
    const onTrial = ({ lmWeight, wordScore, unknownWordScore }: Trial) =>
      tried.push(`${lmWeight} ${wordScore} ${unknownWordScore}`);
    const common = { ...options, languageModel: languageModelOf(SENTENCES), onTrial };
    tuneDecoding(storedUtterances(), common);
    assert.equal(new Set(tried).size, tried.length);
    tried.length = 0;
    tuneDecoding(storedUtterances(), { ...common, shouldStop: () => tried.length >= 3 });
    assert.equal(tried.length, 3);
  });
});

describe("runTuning", () => {
  const line = { audio_filepath: audioFixture("speech-16k.flac"), duration: 1.064, text: "good morning", id: "plain" };

  /** A model whose training had these settings, on these lines. */
  async function requestOf(t: TestContext, lines: readonly object[], config = {}): Promise<TuningRequest> {
    const folder = await temporaryFolder(t);
    const [text, lm] = [join(folder, "words.txt"), join(folder, "words.lm")];
    await writeFile(text, `${SENTENCES.join("\n")}\n`);
    await buildLanguageModel({ input: [text], output: lm, order: 2 });
    const checkpoint = trainedWith(babblingCheckpoint(folder), config);
    const data = [rawManifestIn(folder, "dev", lines)];
    return { checkpoint, data, lm, beamSize: 2, threads: 1, workers: 1 };
  }

  async function leftOutBy(request: TuningRequest): Promise<string[]> {
    const ids: string[] = [];
    const onEvent = (event: TuningEvent) => {
      if (event.kind === "leftOut") ids.push(...event.leftOut.map(({ id }) => id));
    };
    await runTuning(request, { onEvent });
    return ids;
  }

  it("treats tags for sounds as the run did, unless it is told otherwise", async (t) => {
    const lines = [line, { ...line, text: "[laughter] good morning", id: "tagged" }];
    const refusing = await requestOf(t, lines, { soundTags: "refuse" });
    assert.deepEqual(await leftOutBy(refusing), ["tagged"]);
    assert.deepEqual(await leftOutBy({ ...refusing, soundTags: "drop" }), []);
    const silent = await requestOf(t, lines);
    assert.deepEqual(await leftOutBy(silent), []);
    assert.deepEqual(await leftOutBy({ ...silent, soundTags: "refuse" }), ["tagged"]);
  });

  it("refuses recordings that all lack words, in evaluation's words", async (t) => {
    const request = await requestOf(t, [
      { ...line, text: "" },
      { ...line, text: "", id: "hum" },
    ]);
    await assert.rejects(leftOutBy(request), {
      name: "UserError",
      message: /^none of the 2 recordings has words, so there is no error rate; words were recognised in \d of them /,
    });
  });
});

describe("atEdge", () => {
  const { rates } = tuneDecoding(storedUtterances(), {
    ...{ alphabet: englishAlphabet, frameSeconds: FRAME_SECONDS, beamSize: 2, shouldStop: () => true },
    languageModel: languageModelOf(SENTENCES),
  });
  const edges = (lmWeight: number, wordScore: number, unknownWordScore: number) =>
    atEdge({ lmWeight, wordScore, unknownWordScore, rates });

  it("names the numbers beyond which nothing was tried", () => {
    assert.deepEqual(edges(1, 0.5, -3), []);
    assert.deepEqual(edges(4, 0, -1), ["lmWeight 4"]);
    assert.deepEqual(edges(4.2, 2, -10), ["lmWeight 4.2", "wordScore 2", "unknownWordScore -10"]);
    assert.deepEqual(edges(0.25, -3.25, 0), ["wordScore -3.25"]);
  });
});

describe("calibrateWords", () => {
  it("judges words by what a decoder finds, greedy or not", () => {
    const utterances = storedUtterances();
    for (const decode of [
      decodeGreedily(englishAlphabet, FRAME_SECONDS),
      beamDecode(englishAlphabet, { frameSeconds: FRAME_SECONDS }),
    ]) {
      const { before } = calibrateWords(utterances, decode);
      const texts = utterances.map(({ emissions, reference }) => ({ reference, hypothesis: decode(emissions).text }));
      const { words } = corpusErrorRates(texts);
      const numRight = before.bins.reduce((sum, { correct, numWords }) => sum + correct * numWords, 0);
      assert.equal(Math.round(numRight), words.hits);
    }
  });
});

describe("openDecoding", () => {
  const emissions = hesitantEmissions("press one", new Random("open"));
  const header = { alphabet: englishAlphabet, features: featureConfigSchema.parse({}), model: defaultModelConfig };

  it("is greedy unless told", async () => {
    const decode = await openDecoding(greedyDecoding, header);
    assert.equal(decode(emissions).text, greedyDecode(emissions, englishAlphabet).text);
  });

  it("favours hot words", async () => {
    const config = { ...greedyDecoding, hotWords: ["press none"], hotWordWeight: 60 };
    const decode = await openDecoding(config, header);
    assert.equal(decode(emissions).text, "press none");
  });

  it("spells hot words out, and refuses those that cannot be", async () => {
    const config = { ...greedyDecoding, hotWords: ["Press NONE!", "press none"], hotWordWeight: 60 };
    const decode = await openDecoding(config, header);
    assert.equal(decode(emissions).text, "press none");
    await assert.rejects(openDecoding({ ...config, hotWords: ["10k"] }, header), {
      message: 'hot word "10k" has "10k", which the model cannot write; spell it out.',
    });
  });

  it("refuses weights that would have no effect", async () => {
    const refused = (config: object) => openDecoding({ ...greedyDecoding, ...config }, header);
    await assert.rejects(refused({ lmWeight: 1 }), {
      message: "lmWeight and unknownWordScore have no effect without a language model; give lm.",
    });
    await assert.rejects(refused({ wordScore: 1 }), {
      message: "wordScore has no effect on greedy decoding; give beamSize or lm.",
    });
  });
});
