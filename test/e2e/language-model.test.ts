/** A language model from text to transcripts, by the real program. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { deepspeech, rootPath, start, temporaryFolder, tinyRun } from "./command.js";

const speech = rootPath("test/fixtures/audio/speech-16k.flac");
const devSet = rootPath("sample-corpus/dev/1/3");

describe("lm build, lm tune, and decoding with the result", () => {
  it("work on what the one before them made", async (t) => {
    const folder = await temporaryFolder(t);
    const text = join(folder, "text.txt");
    const lm = join(folder, "words.lm");
    const decoding = join(folder, "decoding.json");
    writeFileSync(text, "please hold the line\npress one to hold\nthe line is busy\n".repeat(20));
    const built = await deepspeech("lm", "build", text, "--order", "2", "--output", lm);
    assert.equal(built.exitCode, 0, built.stderr);
    assert.match(built.stdout, /^60 sentences, 240 words\n1-grams {2}\d+\n2-grams {2}\d+\n/);

    // A bias against the blank makes an untrained model babble, so that decoders have something to disagree about.
    const trained = await deepspeech("train", ...tinyRun(join(folder, "runs")), "--blank-bias", "-3");
    assert.equal(trained.exitCode, 0, trained.stderr);
    const run = join(folder, "runs/tiny/version_0");
    const tuned = await deepspeech("lm", "tune", run, devSet, "--lm", lm, "--beam-size", "4", "--output", decoding);
    assert.equal(tuned.exitCode, 0, tuned.stderr);
    const settings = JSON.parse(readFileSync(decoding, "utf8"));
    assert.equal(settings.lm, lm);
    assert.match(tuned.stdout, new RegExp(`best {4}lmWeight ${settings.lmWeight.toFixed(2)} `));

    const broken = start("lm", "tune", run, devSet, "--lm", lm, "--beam-size", "200", "--output", decoding);
    await broken.printed("lmWeight");
    broken.interrupt();
    const { exitCode, stderr } = await broken.ended;
    assert.deepEqual([exitCode, stderr], [130, "deepspeech: interrupted; nothing was written\n"]);
    assert.deepEqual(JSON.parse(readFileSync(decoding, "utf8")), settings);

    const errors = async (...flags: string[]) => {
      const outcome = await deepspeech("evaluate", run, devSet, "--threads", "1", "--json", "-", ...flags);
      assert.equal(outcome.exitCode, 0, outcome.stderr);
      return JSON.parse(outcome.stdout).rates.wer as number;
    };
    const wer = await errors("--decoding", decoding, "--beam-size", "4");
    assert.match(tuned.stdout, new RegExp(`best .*WER ${(100 * wer).toFixed(2)}%`));

    const heard = async (...flags: string[]) =>
      (await deepspeech("transcribe", run, speech, "--threads", "1", ...flags)).stdout;
    const greedy = await heard();
    const useless = await deepspeech("transcribe", run, speech, "--lm-weight", "1");
    assert.equal(useless.exitCode, 2);
    assert.match(useless.stderr, /^deepspeech: lmWeight and unknownWordScore have no effect without a language model/);
    assert.notEqual(await heard("--lm", lm, "--lm-weight", "2"), greedy);
    assert.match(await heard("--hot-words", "zebra", "--hot-word-weight", "200"), /\bzebra\b/);

    const hot = ["--hot-words", "zebra", "--hot-word-weight", "200"];
    assert.match(await heard(...hot, "--format", "srt"), /^1\n00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}\n.*zebra/);
    assert.match(await heard(...hot, "--format", "ctm"), /^speech-16k 1 \d+\.\d{3} \d+\.\d{3} zebra [01]\.\d{4}$/m);
    const json = JSON.parse(await heard(...hot, "--format", "json"));
    assert.ok(json.words.some(({ word }: { word: string }) => word === "zebra"));
    const subtitles = join(folder, "subtitles");
    await heard(rootPath("test/fixtures/audio/speech-8k.wav"), ...hot, "--format", "vtt", "--output", subtitles);
    assert.deepEqual(readdirSync(subtitles).sort(), ["speech-16k.vtt", "speech-8k.vtt"]);
    assert.match(readFileSync(join(subtitles, "speech-8k.vtt"), "utf8"), /^WEBVTT\n\n00:00/);
  });

  it("refuse wrong use in one line", async (t) => {
    const folder = await temporaryFolder(t);
    const missing = await deepspeech("lm", "build", join(folder, "none.txt"), "--output", join(folder, "x.lm"));
    assert.equal(missing.exitCode, 1);
    assert.match(missing.stderr, /^deepspeech: .*none\.txt.*\n$/);
    const bits = await deepspeech("lm", "build", "a.txt", "--output", "x.lm", "--bits", "9");
    const many = await deepspeech("transcribe", speech, speech, "--format", "srt");
    assert.deepEqual(
      [many.exitCode, many.stderr],
      [2, "deepspeech: --format srt is one document a recording; give --output <folder> for several\n"],
    );
    assert.deepEqual([bits.exitCode, bits.stderr], [2, "deepspeech: --bits must be 8, 16 or 32, not 9\n"]);
    const idle = await deepspeech("lm", "build", "a.txt", "--output", "x.ARPA", "--bits", "16");
    assert.deepEqual(
      [idle.exitCode, idle.stderr],
      [2, "deepspeech: --bits has no effect on an ARPA file, whose numbers are exact; leave it out\n"],
    );
    const tuned = await deepspeech("lm", "tune", "run", "data", "--lm", "x", "--output", "y", "--beam-size", "0");
    assert.deepEqual(
      [tuned.exitCode, tuned.stderr],
      [2, 'deepspeech: --beam-size must be a whole number from 1 to 100000, not "0"\n'],
    );
  });
});
