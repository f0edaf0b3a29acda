/** `deepspeech align`, by the real program. */
import assert from "node:assert/strict";
import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  audioFixture,
  sampleCorpus,
  temporaryFolder,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { loadUtterances, writeManifest } from "@deepspeech-ts/toolkit/internal/data/manifest.js";
import { packCorpus } from "@deepspeech-ts/toolkit/internal/data/packing/pack-corpus.js";
import { type PackedPath, parsePackedPath } from "@deepspeech-ts/toolkit/internal/data/packing/packed-path.js";
import { BUNDLE, deepspeech, loadsLibtorch } from "./command.test.support.js";

const speech = audioFixture("speech-16k.flac");
const call = join(sampleCorpus("test"), "1/11/1-11-0000.opus");

function align(...words: string[]) {
  return deepspeech("align", BUNDLE, ...words, "--threads", "1");
}

function assertRefused(words: string[], message: string, status = 2): void {
  const { stdout, stderr, status: found } = align(...words);
  assert.deepEqual([found, stdout, stderr], [status, "", `deepspeech: ${message}\n`]);
}

describe("one recording", () => {
  test("gets its words' times, whatever case and signs the text has", async (t) => {
    const text = join(await temporaryFolder(t), "call.txt");
    await writeFile(text, "Incoming\ncall — from…\n");
    const { status, stdout, stderr } = align(call, text);
    assert.deepEqual([status, stderr], [0, ""]);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" "));
    assert.deepEqual(
      rows.map(([id, , , , word]) => [id, word]),
      [
        ["1-11-0000", "Incoming"],
        ["1-11-0000", "call\u00a0—"],
        ["1-11-0000", "from…"],
      ],
    );
    const starts = rows.map(([, , start]) => Number(start));
    const ends = rows.map(([, , start, duration]) => Number(start) + Number(duration));
    assert.ok(
      starts.every((start, i) => start < ends[i]! && start >= (ends[i - 1] ?? 0)),
      stdout,
    );
    assert.ok(ends[2]! < 1.8, stdout);
  });

  test("in other formats, and with its score", () => {
    const text = ["--text", "Incoming call from"];
    assert.match(align(call, ...text, "--format", "vtt").stdout, /^WEBVTT\n\n00:00:0.*\nIncoming call from\n$/);
    const right = JSON.parse(align(call, ...text, "--json").stdout);
    assert.deepEqual(
      right.words.map(({ word }: { word: string }) => word),
      ["Incoming", "call", "from"],
    );
    const wrong = JSON.parse(align(call, "--text", "zebra quartz", "--json").stdout);
    assert.ok(right.score > -1 && wrong.score < right.score - 2, `${right.score}, ${wrong.score}`);
  });

  test("whose text does not fit is told so", () => {
    const words = Array<string>(40).fill("zebra").join(" ");
    const { status, stdout, stderr } = align(speech, "--text", words);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /: the text "zebra[^\n]* needs 239 frames, the recording has 29; is it the text [^\n]*\n$/);
    assert.ok(stderr.startsWith(`deepspeech: ${speech}: `), stderr);
    assertRefused(
      [speech, "--text", "日本"],
      `${speech}: its text has "日", "本", which the model cannot write; spell it out`,
      1,
    );
    assertRefused([speech, "--text", "…"], `${speech}: its text has no words`, 1);
    assertRefused(["none.wav", "--text", "a"], "none.wav: no such file; check the path", 1);
  });
});

describe("a corpus", () => {
  test("becomes one CTM, without what does not fit", async (t) => {
    const manifest = join(await temporaryFolder(t), "corpus.jsonl");
    const { utterances } = await loadUtterances(join(sampleCorpus("test"), "1/3"));
    const swapped = utterances
      .slice(0, 3)
      .map((utterance, i) => ({ ...utterance, text: i === 1 ? "zebra" : utterance.text }));
    await writeManifest(manifest, swapped);
    const { status, stdout, stderr } = align("--manifest", manifest, "--min-score", "-3");
    assert.equal(status, 1);
    const ids = [
      ...new Set(
        stdout
          .trimEnd()
          .split("\n")
          .map((line) => line.split(" ")[0]),
      ),
    ];
    assert.deepEqual(ids, [utterances[0]!.id, utterances[2]!.id]);
    assert.match(
      stderr,
      /^deepspeech: .*: its text scores -\d+\.\d\d, below -3; is it the text of this recording\?\n$/,
    );
  });

  test("may be packed, and gets the same times; what a shard has lost is named", async (t) => {
    const folder = join(await temporaryFolder(t), "packed");
    const times = join(folder, "../times");
    const { utterances } = await loadUtterances(join(sampleCorpus("test"), "1/3"));
    const packed = await packCorpus(utterances.slice(0, 3), { folder });
    const { status, stdout, stderr } = align("--manifest", folder, "--format", "ctm", "--output", times);
    assert.deepEqual([status, stderr], [0, ""]);
    const names = packed.utterances.map(({ id }) => join(times, `${id}.ctm`));
    assert.equal(stdout, names.map((name) => `${name}\n`).join(""));
    // Sixteen bits change times by a frame at most.
    const timesOf = (ctm: string) =>
      ctm
        .trimEnd()
        .split("\n")
        .map((line) => line.split(" "))
        .map(([id, , start, , word]) => ({ id, word, start: Number(start) }));
    const found = (await Promise.all(names.map((name) => readFile(name, "utf8")))).flatMap(timesOf);
    const expected = timesOf(align("--manifest", join(sampleCorpus("test"), "1/3")).stdout).slice(0, found.length);
    for (const [i, { id, word, start }] of expected.entries()) {
      assert.deepEqual([found[i]?.id, found[i]?.word], [id, word]);
      assert.ok(Math.abs(found[i]!.start - start) < 0.03, `${id} ${word}`);
    }
    assertRefused(
      ["--manifest", folder, "--beside"],
      "--beside needs recordings that are files; parts of files, as of a packed corpus, are not, so give --output",
    );
    const last = packed.utterances.reduce((a, b) => (a.durationSeconds > b.durationSeconds ? a : b));
    const { shardPath } = parsePackedPath(last.audioPath) as PackedPath;
    await truncate(shardPath, (await stat(shardPath)).size - 2);
    const damaged = align("--manifest", folder, "--json");
    assert.equal(damaged.status, 1);
    assert.equal(damaged.stdout.match(/"score":/g)?.length, 2);
    assert.match(damaged.stderr, new RegExp(`^deepspeech: ${last.id}: [^\\n]*is not in its shard, [^\\n]*\\n$`));
  });

  test("needs no libtorch", () => {
    assert.equal(loadsLibtorch(["align", BUNDLE, speech, "--text", "activated"]), false);
  });
});

test("wrong usage is refused", () => {
  assertRefused([], "missing a recording and its text, or --manifest");
  assertRefused([speech], "give the recording's text once: a file that holds it, or --text");
  assertRefused([speech, "a.txt", "--text", "a"], "give the recording's text once: a file that holds it, or --text");
  assertRefused([speech, "--manifest", "a.jsonl"], "--manifest names recordings and texts; leave out others");
  assertRefused([speech, "--text", "a", "--format", "txt"], '--format must be of json, srt, vtt, ctm, tsv, not "txt"');
});
