import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { countErrors } from "@deepspeech-ts/speech";
import { audioFixture, sampleCorpus, temporaryFolder } from "../data/fixtures.test.support.js";
import { rawManifestIn } from "../training/training.test.support.js";
import { analyse } from "./analysis.js";
import type { EvaluationResult } from "./evaluate.js";
import { babblingCheckpoint, trainedWith } from "./evaluation.test.support.js";
import { runEvaluation } from "./run-evaluation.js";

const quiet = { threads: 1, workers: 1 };

const transcriptsOf = ({ utterances }: EvaluationResult) =>
  Object.fromEntries(utterances.map(({ id, hypothesis }) => [id, hypothesis]));

describe("runEvaluation", () => {
  it("gives the same answers whatever the batch size", async (t) => {
    const checkpoint = babblingCheckpoint(await temporaryFolder(t));
    const data = [sampleCorpus("dev")];
    const [small, large] = [
      await runEvaluation({ checkpoint, data, maxBatchSeconds: 5, ...quiet }),
      await runEvaluation({ checkpoint, data, maxBatchSeconds: 160, ...quiet }),
    ];
    assert.ok(new Set(Object.values(transcriptsOf(small))).size > 20, "the model does not answer one thing to all");
    assert.deepEqual(transcriptsOf(large), transcriptsOf(small));
    assert.deepEqual(large.rates, small.rates);
    assert.ok(Math.abs(large.loss! - small.loss!) < 1e-4 * small.loss!, `losses ${large.loss} and ${small.loss}`);
    assert.equal(large.audioSeconds, small.audioSeconds);
  });

  it("sums errors over the corpus, and tells of its progress", async (t) => {
    const checkpoint = babblingCheckpoint(await temporaryFolder(t));
    const progress: [done: number, total: number][] = [];
    const onProgress = (done: number, total: number) => progress.push([done, total]);
    const result = await runEvaluation({
      checkpoint,
      data: [sampleCorpus("dev")],
      maxBatchSeconds: 20,
      onProgress,
      ...quiet,
    });
    const { rates, utterances } = result;
    const errors = utterances.reduce((sum, { words }) => sum + countErrors(words), 0);
    const words = utterances.reduce((sum, { reference }) => sum + reference.split(" ").length, 0);
    assert.equal(rates.wer, errors / words);
    assert.equal(rates.numUtterances, utterances.length);
    assert.deepEqual(progress.at(-1), [utterances.length, utterances.length]);
    assert.deepEqual(
      progress.map(([done]) => done),
      progress.map(([done]) => done).sort((a, b) => a - b),
    );
  });

  it("goes on without what it cannot use, and lists it", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, "bad.wav"), "not a recording");
    const line = { audio_filepath: audioFixture("speech-16k.flac"), duration: 1.064, text: "hello" };
    const data = [
      rawManifestIn(folder, "mixed", [
        { ...line, id: "good" },
        { ...line, id: "greek", text: "αβγ" },
        { ...line, id: "bad", audio_filepath: "bad.wav" },
        { ...line, id: "endless", text: "a".repeat(99) },
      ]),
    ];
    const result = await runEvaluation({ checkpoint: babblingCheckpoint(folder), data, ...quiet });
    assert.deepEqual(result.utterances.map(({ id }) => id).sort(), ["endless", "good"]);
    assert.deepEqual(
      result.leftOut.map(({ id }) => id),
      ["greek", "bad"],
    );
    assert.ok(Number.isFinite(result.loss), "what CTC cannot align has no loss");
    assert.equal(result.rates.characters.referenceLength, 5 + 99);
  });

  it("hands errors for people over from its thread", async (t) => {
    const folder = await temporaryFolder(t);
    const data = [sampleCorpus("dev")];
    const checkpoint = join(folder, "garbage.safetensors");
    await writeFile(checkpoint, "garbage");
    await assert.rejects(runEvaluation({ checkpoint, data, ...quiet }), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.code, "bad-checkpoint");
      assert.equal(error.message, `${checkpoint}: not a safetensors file: 7 bytes long; use another checkpoint.`);
      return true;
    });
    const nowhere = join(folder, "nowhere");
    await assert.rejects(runEvaluation({ checkpoint: babblingCheckpoint(folder), data: [nowhere], ...quiet }), {
      name: "UserError",
      message: `${nowhere}: no such file; check the path.`,
    });
  });

  it("says so where nothing can be loaded", async (t) => {
    const folder = await temporaryFolder(t);
    const line = { audio_filepath: "gone.wav", duration: 1, text: "hello", id: "a" };
    const data = [rawManifestIn(folder, "gone", [line, { ...line, id: "b" }])];
    await assert.rejects(runEvaluation({ checkpoint: babblingCheckpoint(folder), data, ...quiet }), {
      name: "UserError",
      message: `no file of 2 to measure on could be loaded; the first: ${join(folder, "gone.wav")}: no such file; check the path.`,
    });
  });

  it("ends with the signal's reason when it is aborted", async (t) => {
    const folder = await temporaryFolder(t);
    const controller = new AbortController();
    let batches = 0;
    const onProgress = () => {
      batches++;
      controller.abort();
    };
    const options = {
      checkpoint: babblingCheckpoint(folder),
      data: [sampleCorpus("train")],
      maxBatchSeconds: 5,
      ...quiet,
    };
    await assert.rejects(runEvaluation({ ...options, onProgress, signal: controller.signal }), { name: "AbortError" });
    assert.ok(batches < 50, `${batches} batches were measured`);
  });

  it("makes transcripts as the model's training did, unless it is told otherwise", async (t) => {
    const folder = await temporaryFolder(t);
    const line = { audio_filepath: audioFixture("speech-16k.flac"), duration: 1.064 };
    const data = [
      rawManifestIn(folder, "dev", [
        { ...line, text: "[laughter] good morning", id: "tagged" },
        { ...line, text: "Good morning", id: "capital" },
      ]),
    ];
    const checkpoint = babblingCheckpoint(folder);
    const measured = async (options = {}) => {
      const { utterances } = await runEvaluation({ checkpoint, data, ...quiet, ...options });
      return utterances.map(({ id }) => id);
    };
    assert.deepEqual(await measured(), ["tagged", "capital"]);
    trainedWith(checkpoint, { soundTags: "refuse" });
    assert.deepEqual(await measured(), ["capital"]);
    assert.deepEqual(await measured({ soundTags: "drop" }), ["tagged", "capital"]);
    trainedWith(checkpoint, { normalise: false });
    await assert.rejects(measured(), { name: "UserError" });
    assert.deepEqual(await measured({ normalise: true }), ["tagged", "capital"]);
  });

  it("measures false alarms on recordings without words, which count as insertions and in no loss", async (t) => {
    const folder = await temporaryFolder(t);
    const checkpoint = babblingCheckpoint(folder);
    const line = { audio_filepath: audioFixture("speech-16k.flac"), duration: 1.064, text: "good morning", id: "said" };
    const spoken = await runEvaluation({ checkpoint, data: [rawManifestIn(folder, "spoken", [line])], ...quiet });
    const lines = [line, { ...line, id: "noise", text: "" }, { ...line, id: "hum", text: "   " }];
    const both = await runEvaluation({ checkpoint, data: [rawManifestIn(folder, "both", lines)], ...quiet });
    const heard = both.utterances.filter(({ reference }) => reference === "");
    const numWords = heard.reduce((total, { words }) => total + words.insertions, 0);
    assert.ok(numWords > 0, "the model babbles");
    assert.deepEqual(analyse(both.utterances).falseAlarms, { numWordless: 2, numAlarms: 2, numWords });
    assert.equal(both.rates.words.insertions, spoken.rates.words.insertions + numWords);
    assert.equal(both.rates.words.referenceLength, 2);
    assert.ok(Math.abs(both.loss! - spoken.loss!) < 1e-5 * spoken.loss!, `${both.loss}, ${spoken.loss}`);
    await assert.rejects(
      runEvaluation({ checkpoint, data: [rawManifestIn(folder, "none", lines.slice(1))], ...quiet }),
      {
        name: "UserError",
        message: `none of the 2 recordings has words, so there is no error rate; words were recognised in 2 of them (words: ${numWords}). Measure them together with recordings that have words.`,
      },
    );
  });
});
