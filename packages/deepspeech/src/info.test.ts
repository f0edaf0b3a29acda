import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { openBundleFile } from "@deepspeech-ts/recognizer";
import { encodeBundle } from "@deepspeech-ts/speech";
import {
  audioFixture,
  temporaryFolder,
  writeFiles,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { babblingCheckpoint } from "@deepspeech-ts/toolkit/internal/evaluation/evaluation.test.support.js";
import { BUNDLE, deepspeech, loadsLibtorch } from "./command.test.support.js";

/** What info prints: its rows by their labels. */
function rowsOf(path: string): Record<string, string> {
  const { status, stdout, stderr } = deepspeech("info", path);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  return Object.fromEntries(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/, 2) as [string, string]),
  );
}

const ALPHABET = "29 tokens: ' ␠ a b c d e f g h i j k l m n o p q r s t u v w x y z, and the blank (28)";

test("a bundle is described without libtorch, with the licence that its maker gave it", async (t) => {
  const { header, section } = await openBundleFile(BUNDLE);
  const { numParameters, evaluation, exportedAt } = header.training;
  const { Made, Model, ...rows } = rowsOf(BUNDLE);
  assert.match(rows.Kind ?? "", /^bundle, fp16, 1\.5 MB: model\.onnx 1\.4 MB, language-model\.bin 39 kB$/);
  assert.equal(Made, `${exportedAt.slice(0, 10)}, by release ${header.training.projectVersion}`);
  assert.equal(
    Model,
    `${numParameters.toLocaleString("en")} parameters: 1 residual layer of 16 channels, 2 recurrent layers of 128, both ways`,
  );
  assert.equal(rows.Features, "64 bands of log-mel, each 12.5 ms of 16000 Hz; normalisation utterance");
  assert.equal(rows.Alphabet, ALPHABET);
  assert.equal(rows.Decoding, "beam search: its language model, beamSize 64, lmWeight 1, wordScore 1.5");
  assert.match(rows.Training ?? "", /^train; 35 epochs; 7,228 steps; on dev WER 62\.61%, CER 23\.41%$/);
  assert.equal(
    rows.Measured,
    `WER ${(100 * (evaluation?.wer ?? 0)).toFixed(2)}%, CER ${(100 * (evaluation?.cer ?? 0)).toFixed(2)}%, on test: 38 utterances, 2.3 min`,
  );
  assert.equal(rows.Licence, "not stated; export --license states it");
  assert.equal(loadsLibtorch(["info", BUNDLE]), false);

  const { kind, path, bytes, ...told } = JSON.parse(deepspeech("info", BUNDLE, "--json").stdout);
  assert.deepEqual([kind, path, bytes], ["bundle", BUNDLE, (await readFile(BUNDLE)).length]);
  assert.deepEqual(told, JSON.parse(JSON.stringify(header)));

  const { format: _, version: __, sections, ...description } = header;
  const training = { ...description.training, license: "CC-BY-4.0" };
  const content = Object.fromEntries(sections.map(({ name }) => [name, section(name)]));
  const licensed = join(await temporaryFolder(t), "licensed.dsb");
  await writeFile(licensed, Buffer.concat(await encodeBundle({ ...description, training }, content as never)));
  assert.equal(rowsOf(licensed).Licence, "CC-BY-4.0");
});

test("a checkpoint, a run and a language model are described", async (t) => {
  const folder = await temporaryFolder(t);
  const checkpoint = babblingCheckpoint(folder, "model");
  const rows = rowsOf(checkpoint);
  assert.match(rows.Kind ?? "", /^checkpoint, \d+ kB$/);
  assert.match(
    rows.Model ?? "",
    /^[\d,]+ parameters: \d+ residual layers? of \d+ channels?, \d+ recurrent layers? of \d+/,
  );
  assert.deepEqual([rows.Alphabet, rows.Training], [ALPHABET, "data not stated"]);

  const run = join(folder, "run");
  await mkdir(join(run, "checkpoints"), { recursive: true });
  await writeFiles(run, {
    "config.json": "{}",
    "checkpoints/last.safetensors": { copyOf: checkpoint },
  });
  const { Kind, ...others } = rowsOf(run);
  const { Kind: _, ...own } = rows;
  assert.match(Kind ?? "", /^run, of whose checkpoints last\.safetensors is shown: \d+ kB$/);
  assert.deepEqual(others, own);
  const { checkpoint: told } = JSON.parse(deepspeech("info", run, "--json").stdout);
  assert.equal(told.numParameters, Number(/^[\d,]+/.exec(rows.Model ?? "")?.[0].replaceAll(",", "")));

  await writeFiles(folder, { "text.txt": "good morning\ngood night\n".repeat(20) });
  const lm = join(folder, "words.lm");
  assert.equal(deepspeech("lm", "build", join(folder, "text.txt"), "--order", "2", "--output", lm).status, 0);
  const words = rowsOf(lm);
  assert.match(words.Kind ?? "", /^language model, \d+ kB$/);
  assert.equal(words.Words, "3 words: good morning night");
  const { order, numWords } = JSON.parse(deepspeech("info", lm, "--json").stdout);
  assert.deepEqual([order, numWords], [2, 3]);
});

test("a language model is known by what it holds, as where it is used", async (t) => {
  const folder = await temporaryFolder(t);
  const arpa = "\\data\\\nngram 1=3\n\n\\1-grams:\n-1\t<s>\n-1\t</s>\n-1\tword\n\n\\end\\\n";
  await writeFiles(folder, {
    "words.gz": gzipSync(arpa),
    "described.txt": `${"What this is, at length.\n".repeat(1000)}${arpa}`,
    "wide.txt": Buffer.from(`\ufeff${arpa}`, "utf16le"),
    "words.ARPA.GZ": gzipSync(arpa),
  });
  for (const name of ["words.gz", "described.txt", "wide.txt", "words.ARPA.GZ"]) {
    assert.equal(rowsOf(join(folder, name)).Words, "1 word: word", name);
  }
});

test("what is none of these things is refused in one line", async (t) => {
  const folder = await temporaryFolder(t);
  const damaged = await readFile(BUNDLE);
  damaged[damaged.length - 100]! ^= 1;
  await writeFiles(folder, {
    "damaged.dsb": damaged,
    "cut.safetensors": Buffer.concat([Buffer.from([9, 1, 0, 0, 0, 0, 0, 0]), Buffer.from("{")]),
    "epoch.ckpt": "PK\u0003\u0004",
    "m.jsonl": "{}\n",
    "noise.bin": Buffer.from([0xff, 1, 0xfe, 2, 0xc3, 3]),
    "broken.arpa": "no such thing\n",
    "empty.bin": "",
    "deep/a.txt": "",
  });
  const known = "a bundle, a run's folder, a checkpoint or a language model";
  const cases: [name: string, message: string | RegExp][] = [
    ["none.dsb", "none.dsb: no such file or folder; check the path."],
    ["damaged.dsb", /^damaged\.dsb: /],
    ["cut.safetensors", /^cut\.safetensors: truncated: .*; use another checkpoint\.$/],
    ["epoch.ckpt", 'epoch.ckpt: is an archive; if PyTorch wrote it, "deepspeech import" makes a checkpoint of it.'],
    ["m.jsonl", `m.jsonl: is not ${known}; "deepspeech data stats" describes lists of recordings.`],
    ["noise.bin", `noise.bin: is not ${known}; "deepspeech data stats" describes lists of recordings.`],
    ["empty.bin", `empty.bin: is not ${known}; "deepspeech data stats" describes lists of recordings.`],
    ["broken.arpa", /^broken\.arpa: line 1: it is no ARPA file/],
    ["deep", `deep: is no run's folder; give ${known}.`],
    [audioFixture("speech-16k.wav"), `speech-16k.wav: is a recording; give ${known}.`],
  ];
  for (const [name, message] of cases) {
    const path = name.startsWith("/") ? name : join(folder, name);
    const { status, stderr } = deepspeech("info", path);
    const line = stderr.replace(path.slice(0, path.lastIndexOf("/") + 1), "").replace(/^deepspeech: (.*)\n$/, "$1");
    assert.equal(status, 1, stderr);
    if (typeof message === "string") assert.equal(line, message);
    else assert.match(line, message);
  }
});
