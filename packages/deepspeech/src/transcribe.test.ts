/** `deepspeech transcribe` with a bundle, by the real program; what a checkpoint does stands in test/e2e. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  audioFixture,
  sampleCorpus,
  temporaryFolder,
  writeFiles,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { babblingCheckpoint } from "@deepspeech-ts/toolkit/internal/evaluation/evaluation.test.support.js";
import { BINARY, BUNDLE, deepspeech, deepspeechOn, loadsLibtorch } from "./command.test.support.js";

const speech = audioFixture("speech-16k.flac");
const chapter = join(sampleCorpus("test"), "1/3");
const call = join(sampleCorpus("test"), "1/11/1-11-0000.opus");

function transcribe(...words: string[]) {
  return deepspeech("transcribe", BUNDLE, ...words, "--threads", "1");
}

function assertRefused(words: string[], message: string | RegExp, status = 2): void {
  const outcome = transcribe(...words);
  assert.deepEqual([outcome.status, outcome.stdout], [status, ""], outcome.stderr);
  if (typeof message === "string") assert.equal(outcome.stderr, `deepspeech: ${message}\n`);
  else assert.match(outcome.stderr, message);
}

describe("a bundle", () => {
  test("transcribes files, folders and patterns, in order, several at a time", () => {
    const { status, stdout, stderr } = transcribe(
      speech,
      chapter,
      call,
      join(chapter, "*-001{7,1}.opus"),
      "--jobs",
      "3",
    );
    assert.deepEqual([status, stderr], [0, ""]);
    const lines = stdout.trimEnd().split("\n");
    const pattern = ["1-3-0011.opus", "1-3-0017.opus"].map((name) => join(chapter, name));
    const inChapter = readdirSync(chapter)
      .filter((name) => name.endsWith(".opus"))
      .sort();
    assert.deepEqual(
      lines.map((line) => line.split("\t")[0]),
      [speech, ...inChapter.map((name) => join(chapter, name)), call, ...pattern],
    );
    assert.equal(lines[0], `${speech}\tactivated`);
    assert.ok(lines.includes(`${call}\tincoming call from`), stdout);
  });

  test("needs no libtorch, which a checkpoint does", async (t) => {
    assert.equal(loadsLibtorch(["transcribe", BUNDLE, speech]), false);
    const checkpoint = babblingCheckpoint(await temporaryFolder(t));
    assert.equal(loadsLibtorch(["transcribe", checkpoint, speech, "--threads", "1"]), true);
  });

  test("says the same words in every format, and so does a checkpoint", async (t) => {
    const folder = await temporaryFolder(t);
    for (const [name, model] of Object.entries({ bundle: BUNDLE, checkpoint: babblingCheckpoint(folder) })) {
      // Each by itself: alone the words are asked for without their times.
      const heard = (format: string): string[] => {
        const out = join(folder, name, format);
        const flags = ["--threads", "1", "--format", format, "--output", out];
        const { status, stderr } = deepspeech("transcribe", model, chapter, ...flags);
        assert.equal(status, 0, stderr);
        return readdirSync(out)
          .sort()
          .map((file) => readFileSync(join(out, file), "utf8"));
      };
      const texts = heard("txt").map((text) => text.trimEnd());
      const found = heard("json").map((text) => JSON.parse(text) as { text: string; words: { word: string }[] });
      assert.ok(texts.length > 5 && texts.some((text) => text.includes(" ")), texts.join("\n"));
      assert.deepEqual(
        found.map(({ text }) => text),
        texts,
      );
      assert.deepEqual(
        found.map(({ words }) => words.map(({ word }) => word).join(" ")),
        texts,
      );
    }
  });

  test("refuses a language model of whose words it can write none, and tells what it cannot of another", async (t) => {
    const folder = await temporaryFolder(t);
    const built = (name: string, text: string): string => {
      const path = join(folder, `${name}.txt`);
      writeFileSync(path, text.repeat(20));
      const lm = join(folder, `${name}.lm`);
      assert.equal(deepspeech("lm", "build", path, "--no-normalise", "--order", "2", "--output", lm).status, 0);
      return lm;
    };
    const useless = built("capitals", "INCOMING CALL FROM ZEBRA\n");
    const half = built("half", "incoming call FROM ZEBRA\n");
    const refusal =
      /capitals\.lm: 100% of its 4 words, such as "[A-Z]+", cannot be spelt in the model's alphabet, so it is of no use; /;
    const checkpoint = babblingCheckpoint(folder);
    const output = join(folder, "out.dsb");
    const ways = (lm: string) => [
      deepspeech("transcribe", BUNDLE, call, "--threads", "1", "--lm", lm),
      deepspeech("transcribe", checkpoint, call, "--threads", "1", "--lm", lm),
      deepspeech("export", checkpoint, "--output", output, "--no-evaluate", "--threads", "1", "--lm", lm),
    ];
    for (const { status, stderr } of ways(useless)) {
      assert.equal(status, 1, stderr);
      assert.match(stderr, refusal);
    }
    assert.ok(!existsSync(output));
    for (const { status, stderr } of ways(half)) {
      assert.equal(status, 0, stderr);
      assert.match(
        stderr,
        /^\S*half\.lm: 50% of its 4 words, such as "[A-Z]+", cannot be spelt .*, and can never be recognised\.$/m,
      );
      assert.equal(stderr.match(/cannot be spelt/g)?.length, 1, "it is told once");
    }
  });

  test("is known by its content, and takes a recording by standard input", async (t) => {
    const renamed = join(await temporaryFolder(t), "model.bin");
    await copyFile(BUNDLE, renamed);
    const { stdout, stderr } = deepspeechOn(await readFile(audioFixture("speech.m4a")), "transcribe", renamed, "-");
    assert.deepEqual([stdout, stderr], ["activated\n", ""]);
  });

  test("names what it cannot read at the end, after the others, with exit code 1", async (t) => {
    const folder = await temporaryFolder(t);
    const [text, empty, missing] = ["text.wav", "empty.wav", "none.wav"].map((name) => join(folder, name));
    await writeFiles(folder, { "text.wav": "not a recording", "empty.wav": "" });
    const { status, stdout, stderr } = transcribe(text!, empty!, missing!, speech, "--json");
    assert.equal(status, 1);
    const results = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      results.map(({ file }) => file),
      [text, empty, missing, speech],
    );
    assert.deepEqual(results[3], { file: speech, text: "activated", durationSeconds: results[3].durationSeconds });
    assert.ok(Math.abs(results[3].durationSeconds - 1.064) < 0.01);
    const complaints = stderr.split("\n").slice(0, -1);
    assert.deepEqual(
      complaints.slice(0, 3),
      results.slice(0, 3).map(({ error }) => `deepspeech: ${error}`),
    );
    assert.equal(results[2].error, `${missing}: no such file; check the path`);
    assert.deepEqual(complaints.slice(3), ["deepspeech: 3 of 4 recordings failed: see above"]);
  });
});

describe("outputs", () => {
  test("go into a folder, in several formats, and are not overwritten without --force", async (t) => {
    const folder = await temporaryFolder(t);
    const output = join(folder, "new/transcripts");
    const words = [speech, call, "--format", "srt,txt,json", "--output", output];
    const { status, stdout, stderr } = transcribe(...words);
    assert.deepEqual([status, stderr], [0, ""]);
    const names = ["speech-16k", "1-11-0000"].flatMap((name) => ["txt", "json", "srt"].map((end) => `${name}.${end}`));
    assert.deepEqual(
      stdout.trimEnd().split("\n"),
      names.map((name) => join(output, name)),
    );
    assert.equal(readFileSync(join(output, "1-11-0000.txt"), "utf8"), "incoming call from\n");
    assert.match(
      readFileSync(join(output, "speech-16k.srt"), "utf8"),
      /^1\n00:00:00,\d{3} --> 00:00:01,\d{3}\nactivated\n$/,
    );
    const { words: timed } = JSON.parse(readFileSync(join(output, "1-11-0000.json"), "utf8"));
    assert.deepEqual(
      timed.map(({ word }: { word: string }) => word),
      ["incoming", "call", "from"],
    );
    assertRefused(words, `${join(output, "speech-16k.txt")} exists already; --force overwrites it`);
    await writeFile(join(output, "1-11-0000.txt"), "old");
    assert.equal(transcribe(...words, "--force").status, 0);
    assert.equal(readFileSync(join(output, "1-11-0000.txt"), "utf8"), "incoming call from\n");
  });

  test("go beside the recordings, but not over a text that lies there", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, {
      "a/talk.flac": { copyOf: speech },
      "b/talk.opus": { copyOf: call },
      "b/talk.txt": "mine",
    });
    assertRefused([folder, "--beside"], `${join(folder, "b/talk.txt")} exists already; --force overwrites it`);
    assert.equal(existsSync(join(folder, "a/talk.txt")), false);
    assert.equal(transcribe(folder, "--beside", "--format", "ctm").status, 0);
    assert.match(
      readFileSync(join(folder, "b/talk.ctm"), "utf8"),
      /^talk 1 \d\.\d{3} \d\.\d{3} incoming [01]\.\d{4}\n/,
    );
  });

  test("that cannot be are refused before any recording is heard", () => {
    assertRefused(
      [speech, "--format", "txt,srt"],
      "several formats are several files; give --output <folder> or --beside",
    );
    assertRefused([speech, "--format", "doc"], '--format must be of txt, json, srt, vtt, ctm, tsv, not "doc"');
    assertRefused([speech, "--force"], "--force has no effect without --output or --beside");
    const twins = [speech, audioFixture("speech-16k.wav"), "--output", "none"];
    assertRefused(twins, 'two recordings are called "speech-16k", so their files in none would be one');
    assertRefused([join(chapter, "*.mp3")], `${join(chapter, "*.mp3")}: no file has such a name; check the pattern`, 1);
  });
});

describe("decoding", () => {
  test("is the bundle's own where no flag says otherwise", async (t) => {
    const folder = await temporaryFolder(t);
    const sentences = join(folder, "sentences.txt");
    const lm = join(folder, "words.lm");
    const decoding = join(folder, "decoding.json");
    await writeFile(sentences, "zebra quartz\n".repeat(20));
    assert.equal(deepspeech("lm", "build", sentences, "--order", "2", "--output", lm).status, 0);
    const heard = (...flags: string[]) => transcribe(call, ...flags).stdout;
    assert.equal(heard(), "incoming call from\n");
    assert.notEqual(heard("--lm", lm, "--lm-weight", "3"), "incoming call from\n", "another language model");
    assert.equal(heard("--hot-words", "Coll!", "--hot-word-weight", "30"), "incoming coll from\n");
    await writeFile(decoding, JSON.stringify({ hotWords: ["frim"], hotWordWeight: 30 }));
    assert.equal(heard("--decoding", decoding), "incoming call frim\n");
    const confidence = (...flags: string[]) => Number(/call (\S+)/.exec(heard("--format", "ctm", ...flags))?.[1]);
    assert.ok(confidence("--confidence-calibration", "2", "1", "1") > confidence(), "an offset above 0 trusts more");
  });

  test("finds words by their pronunciations where the model writes phones, unless told not to", async (t) => {
    const english = (...flags: string[]) => deepspeech("transcribe", call, "--threads", "1", ...flags);
    const folder = await temporaryFolder(t);
    const [sentences, lm] = [join(folder, "sentences.txt"), join(folder, "words.lm")];
    await writeFile(sentences, "incoming coal from\nzebra quartz\n".repeat(20));
    assert.equal(deepspeech("lm", "build", sentences, "--order", "2", "--output", lm).status, 0);
    const words = (...flags: string[]) =>
      english(...flags)
        .stdout.trim()
        .split(" ");
    const vocabulary = ["incoming", "coal", "from", "zebra", "quartz"];
    assert.ok(words("--lm", lm, "--pronunciations").every((word) => vocabulary.includes(word)));
    // So few words cannot be the only ones, where nobody says.
    const byLetters = ["--lm-weight", "0.1", "--unknown-word-score", "0"];
    assert.ok(words("--lm", lm, ...byLetters).some((word) => !vocabulary.includes(word)));
    const ofChapter = (...flags: string[]) => deepspeech("transcribe", chapter, "--threads", "1", ...flags).stdout;
    const own = ofChapter();
    assert.equal(ofChapter("--pronunciations"), own, "as it is anyway");
    assert.notEqual(ofChapter("--no-pronunciations"), own);
    const refused = (outcome: ReturnType<typeof deepspeech>, message: string) => {
      assert.deepEqual([outcome.status, outcome.stdout], [2, ""]);
      assert.ok(outcome.stderr.endsWith(`deepspeech: ${message}\n`), outcome.stderr);
    };
    refused(
      english("--unknown-word-score", "-1"),
      "unknownWordScore has no effect: this bundle finds words by their pronunciations, and knows those of its language model alone; leave it out",
    );
    const idle = "pronunciations has no effect as the model writes no phones; leave it out";
    for (const flag of ["--pronunciations", "--no-pronunciations"]) assertRefused([speech, flag], idle);
    const russian = join(folder, "russian.arpa");
    await writeFile(russian, "\\data\\\nngram 1=3\n\n\\1-grams:\n-1 <s>\n-1 </s>\n-1 '\n\n\\end\\\n");
    const speechless = english("--lm", russian, "--pronunciations");
    assert.equal(speechless.status, 1);
    assert.ok(
      speechless.stderr.endsWith(
        `deepspeech: ${russian}: no word of the language model has an English pronunciation; else decode without pronunciations (--no-pronunciations).\n`,
      ),
      speechless.stderr,
    );
  });

  test("that the bundle cannot do is refused", async (t) => {
    assertRefused([speech, "--device", "cpu"], "--device needs a checkpoint; a bundle runs on the processor");
    assertRefused([speech, "--lm-weight", "99"], "--lm-weight must be a number from 0 to 20, not 99");
    assertRefused([speech, "--hot-word-weight", "9"], "hotWordWeight has no effect without hot words; give hotWords");
    assertRefused([speech, "--lm", "none.lm"], "none.lm: no such file; check the path.", 1);
    assertRefused([speech, "--sample-rate", "8000"], "--sample-rate has no effect without --stream");
    const missing = deepspeech("transcribe", "none.dsb", speech);
    assert.deepEqual([missing.status, missing.stderr], [1, "deepspeech: none.dsb: no such file; check the path\n"]);
    const checkpoint = babblingCheckpoint(await temporaryFolder(t));
    const jobs = deepspeech("transcribe", checkpoint, speech, "--jobs", "2");
    assert.equal(jobs.status, 2);
    assert.match(jobs.stderr, /^deepspeech: --jobs needs a bundle; [^\n]*\n$/);
  });
});

test("Ctrl-C ends the work in good order: whole lines, exit code 130, no complaint", async () => {
  // So many that the command line is longer than what telemetry would bear: see bundle-recognizer.ts.
  const files = Array<string>(500).fill(call);
  const child = spawn(process.execPath, [BINARY, "transcribe", BUNDLE, ...files, "--threads", "1"]);
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdout.on("data", (chunk) => {
    if (stdout === "") child.kill("SIGINT");
    stdout += chunk;
  });
  const [code] = await once(child, "close");
  assert.deepEqual([code, stderr], [130, ""]);
  const lines = stdout.trimEnd().split("\n");
  assert.ok(lines.length < files.length, `${lines.length} lines`);
  assert.ok(lines.every((line) => line === `${call}\tincoming call from`));
});

test("a tab or a line break in a file's name breaks no list", { skip: process.platform === "win32" }, async (t) => {
  const folder = await temporaryFolder(t);
  const names = ["a\tb.wav", "c\nd.wav", "e\rf.wav"];
  for (const name of names) await copyFile(audioFixture("speech-16k.wav"), join(folder, name));
  const words = (...flags: string[]) => deepspeech("transcribe", BUNDLE, folder, "--threads", "1", ...flags).stdout;
  const shown = ["a\\tb", "c\\nd", "e\\rf"].map((name) => join(folder, name));
  assert.equal(words(), shown.map((name) => `${name}.wav\tactivated\n`).join(""));
  const lines = words("--json").trim().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).file),
    names.map((name) => join(folder, name)),
  );
  const ctm = words("--format", "ctm").trim().split("\n");
  assert.deepEqual(
    ctm.map((line) => line.split(" ")[0]),
    ["a_b", "c_d", "e_f"],
  );
  const tables = words("--format", "tsv").trim().split("\n");
  for (const line of tables) assert.equal(line.split("\t").length, 4, line);
  assert.equal(words("--format", "srt", "--beside"), shown.map((name) => `${name}.srt\n`).join(""));
});
