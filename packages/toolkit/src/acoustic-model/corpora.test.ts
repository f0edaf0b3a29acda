import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { audioFixture, sampleCorpus, temporaryFolder, writeFiles } from "../data/fixtures.test.support.js";
import { loadHeldOutCorpus, loadTrainingCorpus, type TrainingCorpusOptions } from "./corpora.js";
import { defaultFeatureConfig } from "./feature-config.js";

const speech = audioFixture("speech-16k.flac");
const options: TrainingCorpusOptions = {
  alphabet: englishAlphabet,
  features: defaultFeatureConfig,
  normalise: true,
  model: { timeStride: 2 },
  minDurationSeconds: 0.2,
  maxDurationSeconds: 20,
  speedFactors: [1],
};

interface Line {
  id: string;
  duration?: number;
  text?: string;
}

async function manifestOf(t: TestContext, lines: Line[]): Promise<string> {
  const path = join(await temporaryFolder(t), "corpus.jsonl");
  const full = lines.map((line) => ({ audio_filepath: speech, duration: 1.064, text: "hello", ...line }));
  await writeFile(path, full.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}

describe("loadTrainingCorpus", () => {
  it("leaves out what cannot be trained on, and says why", async (t) => {
    const manifest = await manifestOf(t, [
      { id: "good" },
      { id: "empty", text: "" },
      { id: "blank", text: "  " },
      { id: "foreign", text: "привет мир" },
      { id: "short", duration: 0.1 },
      { id: "long", duration: 21 },
      { id: "hasty", text: "a".repeat(30) },
    ]);
    const { utterances, facts } = await loadTrainingCorpus([manifest], options);
    assert.deepEqual(
      utterances.map(({ id }) => id),
      ["good"],
    );
    assert.deepEqual(Object.fromEntries(facts.leftOut.map(({ id, reason }) => [id, reason])), {
      empty: "has no words",
      blank: "has no words",
      foreign: 'cannot be spelt out: "п", "р", "и", "в", "е", "т", "м"',
      short: "lasts 0.10 s, under the 0.2 s allowed",
      long: "lasts 21.00 s, over the 20 s allowed",
      hasty: "the transcript needs 59 frames, and 1.06 s of audio give 43",
    });
    assert.deepEqual([facts.numUtterances, facts.audioSeconds], [1, 1.064]);
  });

  it("takes transcripts as they stand where it must not normalise", async (t) => {
    const manifest = await manifestOf(t, [{ id: "plain" }, { id: "number", text: "room 101" }]);
    const { facts } = await loadTrainingCorpus([manifest], { ...options, normalise: false });
    assert.deepEqual(facts.leftOut, [{ id: "number", reason: 'not in the alphabet: "1", "0"' }]);
    assert.equal(facts.normalisation, "");
  });

  it("counts frames at the fastest speed that an utterance may be played at", async (t) => {
    // 42 tokens without repeats need 42 frames; 1.064 s give 43, at 1.1 times the speed 39.
    const manifest = await manifestOf(t, [{ id: "tight", text: "ab".repeat(21) }, { id: "loose" }]);
    const atOne = await loadTrainingCorpus([manifest], options);
    assert.equal(atOne.facts.leftOut.length, 0);
    const together = await loadTrainingCorpus([manifest], { ...options, tempoFactors: [1, 1.1] });
    const faster = await loadTrainingCorpus([manifest], { ...options, speedFactors: [0.9, 1, 1.1] });
    assert.deepEqual(together.facts.leftOut, faster.facts.leftOut);
    assert.deepEqual(faster.facts.leftOut, [
      {
        id: "tight",
        reason: "the transcript needs 42 frames, and 1.06 s of audio at 1.1 times its speed give 39",
      },
    ]);
  });

  it("joins its sources, and refuses those with nothing to use", async (t) => {
    const manifest = await manifestOf(t, [{ id: "a" }, { id: "b" }]);
    const joined = await loadTrainingCorpus([manifest, sampleCorpus("dev")], options);
    const dev = await loadTrainingCorpus([sampleCorpus("dev")], options);
    assert.equal(joined.facts.numUtterances, 2 + dev.facts.numUtterances);
    const silent = await manifestOf(t, [{ id: "a", text: "" }]);
    await assert.rejects(loadTrainingCorpus([silent], options), {
      name: "UserError",
      message: `${silent}: holds no usable utterance; the first of 1 left out: a: has no words.`,
    });
  });

  it("gives utterances that its sources call alike ids of their own, the same wherever the sources lie", async (t) => {
    const line = { audio_filepath: "wav/0001.flac", duration: 1.064, text: "hello" };
    const idsIn = async (...names: string[]) => {
      const folder = await temporaryFolder(t);
      await writeFiles(folder, {
        "alice/m.jsonl": `${JSON.stringify(line)}\n`,
        "bob/m.jsonl": [line, { ...line, audio_filepath: "wav/0002.flac" }]
          .map((each) => JSON.stringify(each))
          .join("\n"),
      });
      const { utterances, facts } = await loadTrainingCorpus(
        names.map((name) => join(folder, name)),
        options,
      );
      return { ids: utterances.map(({ id }) => id), digest: facts.digest };
    };
    const both = await idsIn("alice/m.jsonl", "bob/m.jsonl");
    assert.deepEqual(both.ids, ["wav/0001", "bob/m.jsonl:wav/0001", "wav/0002"]);
    assert.deepEqual(await idsIn("alice/m.jsonl", "bob/m.jsonl"), both, "in another folder");
    const thrice = await idsIn("alice/m.jsonl", "alice/../alice/m.jsonl", "alice/m.jsonl");
    assert.deepEqual(thrice.ids, ["wav/0001", "m.jsonl:wav/0001", "m.jsonl:wav/0001#2"]);
    assert.deepEqual((await idsIn("bob/m.jsonl")).ids, ["wav/0001", "wav/0002"]);
  });

  it("uses all of the sample corpus", async () => {
    const { facts } = await loadTrainingCorpus([sampleCorpus("train")], { ...options, maxDurationSeconds: 60 });
    assert.deepEqual(facts.leftOut, []);
    assert.ok(facts.numUtterances > 300, `${facts.numUtterances} utterances`);
  });
});

describe("loadHeldOutCorpus", () => {
  it("keeps what could not be trained on, for it counts as errors", async (t) => {
    const lines = [
      { id: "long", duration: 40 },
      { id: "hasty", text: "a".repeat(30) },
      { id: "tiny", duration: 0.01 },
      { id: "wordless", text: "" },
    ];
    const { utterances, facts } = await loadHeldOutCorpus([await manifestOf(t, lines)], options);
    assert.deepEqual(
      utterances.map(({ id }) => id),
      ["long", "hasty", "wordless"],
    );
    assert.deepEqual(facts.leftOut, [{ id: "tiny", reason: "lasts 0.01 s, under the 0.012625 s allowed" }]);
  });
});
