import assert from "node:assert/strict";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { audioFixture, sampleCorpus, temporaryFolder, wav } from "../data/fixtures.test.support.js";
import { readLibriSpeech } from "../data/librispeech.js";
import { babblingCheckpoint } from "./evaluation.test.support.js";
import { runEvaluation } from "./run-evaluation.js";
import { runTranscription, type TranscriptionOptions, type TranscriptionResult } from "./run-transcription.js";

async function transcribe(options: Omit<TranscriptionOptions, "onResult">): Promise<TranscriptionResult[]> {
  const results: TranscriptionResult[] = [];
  await runTranscription({ threads: 1, ...options, onResult: (result) => results.push(result) });
  return results;
}

describe("runTranscription", () => {
  it("reads every format, in the order that was asked for", async (t) => {
    const checkpoint = babblingCheckpoint(await temporaryFolder(t));
    const names = [
      "speech-16k.wav",
      "speech-16k.flac",
      "speech-16k.mp3",
      "speech-vorbis.ogg",
      "speech.opus",
      "speech-44k-stereo.flac",
      "speech.m4a",
    ];
    const files = names.map(audioFixture);
    const results = await transcribe({ checkpoint, files });
    assert.deepEqual(
      results.map(({ file }) => file),
      files,
    );
    for (const result of results) {
      assert.ok("text" in result, JSON.stringify(result));
      assert.ok(Math.abs(result.durationSeconds - 1.064) < 0.1, `${result.file} lasts ${result.durationSeconds} s`);
      assert.match(result.text, /^[a-z' ]+$/);
    }
    const [wav, flac] = results.map((result) => "text" in result && result.text);
    assert.equal(flac, wav, "the same samples, without loss");
  });

  it("gives what evaluation gives", async (t) => {
    const checkpoint = babblingCheckpoint(await temporaryFolder(t));
    const { utterances } = await readLibriSpeech(sampleCorpus("dev"));
    const some = utterances.slice(0, 8);
    const results = await transcribe({ checkpoint, files: some.map(({ audioPath }) => audioPath) });
    const measured = await runEvaluation({ checkpoint, data: [sampleCorpus("dev")], threads: 1, workers: 1 });
    const expected = new Map(measured.utterances.map(({ id, hypothesis }) => [id, hypothesis]));
    assert.deepEqual(
      results.map((result) => "text" in result && result.text),
      some.map(({ id }) => expected.get(id)),
    );
  });

  it("goes on after files that it cannot read, and says what is wrong with each", async (t) => {
    const folder = await temporaryFolder(t);
    const pathOf = (name: string) => join(folder, name);
    await copyFile(audioFixture("speech-16k.wav"), pathOf("good.wav"));
    await writeFile(pathOf("text.wav"), "not a recording");
    await writeFile(pathOf("empty.wav"), "");
    await writeFile(pathOf("click.wav"), wav(new Float32Array(100)));
    await writeFile(pathOf("silence.wav"), wav(new Float32Array(8000)));
    const files = ["none.wav", "text.wav", "empty.wav", folder, "click.wav", "silence.wav", "good.wav"].map((name) =>
      name === folder ? folder : pathOf(name),
    );
    const results = await transcribe({ checkpoint: babblingCheckpoint(folder), files });
    const errors = results.map((result) => ("error" in result ? result.error : null));
    assert.equal(errors[0], `${pathOf("none.wav")}: no such file; check the path.`);
    assert.ok(errors[1]?.startsWith(`${pathOf("text.wav")}: `), `${errors[1]}`);
    assert.equal(errors[2], `${pathOf("empty.wav")}: is empty.`);
    assert.equal(errors[3], `${folder}: is a folder, expected a file.`);
    assert.equal(errors[4], `${pathOf("click.wav")}: has 100 samples at 16000 Hz, features need at least 201.`);
    assert.deepEqual(errors.slice(5), [null, null]);
  });

  it("hands a checkpoint's error over from its thread", async (t) => {
    const checkpoint = join(await temporaryFolder(t), "none.safetensors");
    await assert.rejects(transcribe({ checkpoint, files: [audioFixture("speech-16k.wav")] }), {
      name: "UserError",
      code: "file-not-found",
      message: `${checkpoint}: no such checkpoint; check the path.`,
    });
  });

  it("ends in good order when it is aborted", async (t) => {
    const checkpoint = babblingCheckpoint(await temporaryFolder(t));
    const files = Array<string>(1000).fill(audioFixture("speech-16k.flac"));
    const controller = new AbortController();
    let numResults = 0;
    const onResult = () => {
      numResults++;
      controller.abort();
    };
    await runTranscription({ checkpoint, files, threads: 1, onResult, signal: controller.signal });
    assert.ok(numResults >= 1 && numResults < 1000, `${numResults} results`);
  });
});
