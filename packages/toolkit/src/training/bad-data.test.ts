/** What a run does with recordings and transcripts that are not as they should be. */
import assert from "node:assert/strict";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { audioFixture, temporaryFolder, wav } from "../data/fixtures.test.support.js";
import { RunRecord, rawManifestIn, tinyConfig, trainHere, trainInWorker } from "./training.test.support.js";
import { loadLastHeader, readRunConfig, trainingStateOf } from "./training-state.js";

const SECONDS = 1.064;

interface Corpus {
  folder: string;
  manifest: string;
  pathOf: (id: number) => string;
}

/** Copies of one recording, so that each can be spoilt. */
async function corpusOf(t: TestContext, count: number): Promise<Corpus> {
  const folder = await temporaryFolder(t);
  const pathOf = (id: number) => join(folder, `${id}.flac`);
  const lines = Array.from({ length: count }, (_, id) => ({
    audio_filepath: `${id}.flac`,
    duration: SECONDS,
    text: "good morning",
    id: `u${id}`,
  }));
  await Promise.all(lines.map((_, id) => copyFile(audioFixture("speech-16k.flac"), pathOf(id))));
  return { folder, manifest: rawManifestIn(folder, "corpus", lines), pathOf };
}

describe("training on bad data", () => {
  it("goes on without a corrupt file, and names it once", async (t) => {
    const { folder, manifest, pathOf } = await corpusOf(t, 20);
    const whole = await readFile(pathOf(7));
    await writeFile(pathOf(7), whole.subarray(0, whole.length / 2));
    const run = await trainInWorker(tinyConfig(folder, manifest, { maxBatchUtterances: 4 }));
    const [failure, ...others] = run.all("failure");
    assert.deepEqual(others, []);
    assert.equal(failure?.id, "u7");
    assert.ok(failure.reason.startsWith(`${pathOf(7)}: `), failure.reason);
    assert.equal(run.one("finished").reason, "epochs");
    assert.equal(run.all("epoch").at(-1)?.dev.rates.numUtterances, 19);
  });

  it("goes on without a noise that is silent, and names it once", async (t) => {
    const { folder, manifest } = await corpusOf(t, 20);
    const noise = join(folder, "noise.wav");
    await writeFile(noise, wav(new Float32Array(1600)));
    const augmentation = { noise: [noise], noiseProbability: 1 };
    const run = await trainInWorker(tinyConfig(folder, manifest, { maxBatchUtterances: 4, augmentation }));
    const reason = `${noise}: holds nothing but silence; take it out.`;
    assert.deepEqual(run.all("failure"), [{ kind: "failure", id: "augmentation", reason }]);
    assert.equal(run.one("finished").reason, "epochs");
  });

  it("measures and resumes where CTC can align no utterance of dev", async (t) => {
    const { folder, manifest } = await corpusOf(t, 4);
    const line = { audio_filepath: audioFixture("speech-16k.flac"), duration: SECONDS };
    const dev = [rawManifestIn(folder, "dev", [{ ...line, text: "a".repeat(99), id: "endless" }])];
    for (const selectBy of ["auto", "loss"] as const) {
      const config = { ...tinyConfig(folder, manifest, { epochs: 1, selectBy }), dev };
      const run = await trainHere(config);
      const [epoch] = run.all("epoch");
      assert.equal(epoch?.dev.loss, undefined);
      assert.ok(Number.isFinite(epoch?.dev.rates.cer));
      const { runFolder } = run;
      const { path, header } = loadLastHeader(runFolder);
      // As runs of earlier versions have it.
      const training = JSON.parse(JSON.stringify(header.training), (key, value) =>
        key === "kept" ? [{ ...value[0], loss: null }] : value,
      );
      assert.equal(trainingStateOf({ path, header: { ...header, training } }).progress.kept[0]?.loss, undefined);
      const resumed = await trainHere({ ...readRunConfig(runFolder), epochs: 2, resume: runFolder });
      assert.equal(resumed.one("finished").best?.epoch, 1);
      assert.equal(resumed.all("step").length, 2);
      const rows = (await readFile(join(runFolder, "epochs.csv"), "utf8")).split("\r\n").map((row) => row.split(","));
      assert.deepEqual(rows.map((cells) => cells[3]).slice(0, 3), ["dev_loss", "", ""]);
    }
  });

  it("goes on without the first bad files of a small corpus, as long as half of it is there", async (t) => {
    for (const [count, bad] of [
      [4, 1],
      [19, 3],
    ] as const) {
      const { folder, manifest, pathOf } = await corpusOf(t, count);
      for (let id = 0; id < bad; id++) await writeFile(pathOf(id), "not a recording");
      const run = await trainHere(tinyConfig(folder, manifest, { epochs: 1 }));
      assert.equal(run.one("finished").reason, "epochs");
      assert.equal(run.all("failure").length, bad);
    }
  });

  it("stops where too many are missing or corrupt, for their number or for the size of the corpus", async (t) => {
    for (const [count, bad] of [
      [20, 4],
      [4, 3],
      [1, 1],
    ] as const) {
      const { folder, manifest, pathOf } = await corpusOf(t, count);
      await rm(pathOf(0));
      for (let id = 1; id < bad; id++) await writeFile(pathOf(id), "not a recording");
      const record = new RunRecord();
      await assert.rejects(trainInWorker(tinyConfig(folder, manifest), { record }), {
        name: "UserError",
        code: "bad-corpus",
        message: new RegExp(
          `^${bad} of ${count} training files? could not be loaded, more than can be passed over; the last: ${folder}/\\d\\.flac: .*\\.$`,
        ),
      });
      assert.equal(record.all("failure").length, bad);
      assert.deepEqual(record.all("finished"), []);
    }
  });

  it("says what it leaves out before it starts, and why", async (t) => {
    const { folder, pathOf } = await corpusOf(t, 1);
    const line = (id: string, text: string, duration = SECONDS) => ({ audio_filepath: pathOf(0), duration, text, id });
    const lines = [line("good", "hello"), line("empty", ""), line("greek", "καλημέρα"), line("hasty", "a".repeat(50))];
    const run = await trainHere(tinyConfig(folder, rawManifestIn(folder, "mixed", lines), { speedFactors: [1] }));
    const { train, dev } = run.one("data");
    assert.deepEqual([train.numUtterances, dev.numUtterances], [1, 3]);
    assert.deepEqual(Object.fromEntries(train.leftOut.map(({ id, reason }) => [id, reason])), {
      empty: "has no words",
      greek: 'cannot be spelt out: "κ", "α", "λ", "η", "μ", "έ", "ρ"',
      hasty: "the transcript needs 99 frames, and 1.06 s of audio give 43",
    });
  });

  it("takes a recording that is shorter than its manifest says as a failure", async (t) => {
    const { folder, pathOf } = await corpusOf(t, 1);
    const lines = Array.from({ length: 20 }, (_, id) => ({
      audio_filepath: pathOf(0),
      duration: SECONDS,
      text: "good morning",
      id: `u${id}`,
    }));
    // 1.5 s would give frames enough for 50 letters; the recording's 1.06 s do not.
    lines[5] = { ...lines[5]!, duration: 1.5, text: "ab".repeat(25) };
    const manifest = rawManifestIn(folder, "hopeful", lines);
    const run = await trainHere(tinyConfig(folder, manifest, { epochs: 1, speedFactors: [1] }));
    assert.deepEqual(run.all("failure"), [
      {
        kind: "failure",
        id: "u5",
        reason: `${pathOf(0)}: the transcript needs 50 frames, and the 1.06 s that were read give 43`,
      },
    ]);
    assert.equal(run.all("epoch")[0]?.dev.rates.numUtterances, 20, "it can be measured all the same");
  });

  it("names dev files that cannot be loaded, and stops where none can", async (t) => {
    const { folder, manifest, pathOf } = await corpusOf(t, 4);
    const lost = { audio_filepath: "gone.flac", duration: 1, text: "hello", id: "gone" };
    const found = { ...lost, audio_filepath: pathOf(0), duration: SECONDS, id: "found" };
    const dev = rawManifestIn(folder, "dev", [lost, found]);
    const run = await trainHere(tinyConfig(folder, manifest, { dev: [dev] }));
    const reason = `${join(folder, "gone.flac")}: no such file; check the path.`;
    assert.deepEqual(run.all("failure"), [{ kind: "failure", id: "gone", reason }]);
    const none = rawManifestIn(folder, "none", [lost]);
    await assert.rejects(trainHere(tinyConfig(folder, manifest, { dev: [none] })), {
      name: "UserError",
      message: `no file of 1 to measure on could be loaded; the first: ${reason}`,
    });
  });

  it("names data that are not there", async (t) => {
    const folder = await temporaryFolder(t);
    const manifest = join(folder, "none.jsonl");
    await assert.rejects(trainInWorker(tinyConfig(folder, manifest)), {
      name: "UserError",
      code: "file-not-found",
      message: `${manifest}: no such file; check the path.`,
    });
  });
});
