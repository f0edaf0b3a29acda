/** The data commands as they are run: what they print, write and exit with. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startMirror } from "@deepspeech-ts/toolkit/internal/data/download/mirror.test.support.js";
import {
  audioFixture,
  sampleCorpus,
  temporaryFolder,
  utterance,
  writeFiles,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { loadUtterances, readManifest, writeManifest } from "@deepspeech-ts/toolkit/internal/data/manifest.js";
import { type TrainConfigInput, trainConfigSchema } from "@deepspeech-ts/toolkit/internal/training/config.js";
import { recipes } from "@deepspeech-ts/toolkit/internal/training/recipes/index.js";
import { memoryLines } from "./data-check-memory.js";

const BINARY = fileURLToPath(new URL("../bin/deepspeech.mjs", import.meta.url));

function data(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BINARY, "data", ...words], {
    encoding: "utf8",
    env: { ...process.env, DEEPSPEECH_DEBUG: "" },
  });
  return { status, stdout, stderr };
}

function assertRefused(words: string[], message: string): void {
  assert.deepEqual(data(...words), { status: 2, stdout: "", stderr: `deepspeech: ${message}\n` });
}

describe("usage", () => {
  for (const name of ["download", "import", "check", "stats", "pack", "splice"]) {
    test(`${name} --help shows examples`, () => {
      const { status, stdout } = data(name, "--help");
      assert.equal(status, 0);
      assert.match(stdout.split("\nExamples:\n")[1] ?? "", new RegExp(`^  \\$ npx deepspeech-ts data ${name}`));
    });
  }

  test("mistakes are named, with the nearest that exists", () => {
    assertRefused(["chek", "x"], "unknown command 'chek'; did you mean 'check'?");
    assertRefused(["sing"], "unknown command 'sing'; `deepspeech data --help` lists what there is");
    assertRefused(["check", "x", "--heldout", "y"], "unknown option '--heldout'; did you mean '--held-out'?");
    assertRefused(
      ["stats", "x", "--colour"],
      "unknown option '--colour'; `deepspeech data stats --help` lists what there is",
    );
    assertRefused(["check", "x", "--show", "-1"], '--show must be a whole number of at least 0, not "-1"');
    assertRefused(
      ["check", "x", "--max-batch-seconds", "much"],
      '--max-batch-seconds must be a number above 0, not "much"',
    );
    assertRefused(["download", "ted"], 'corpus is "ted", expected librispeech.');
    assertRefused(
      ["download", "librispeech", "--mirror", "near"],
      '--mirror is "near", expected an address such as https://www.openslr.org.',
    );
    assertRefused(
      ["import", "kaldi", "x", "--to", "y"],
      'format is "kaldi", expected one of common-voice, ljspeech, folder, csv, nemo.',
    );
  });
});

describe("import", () => {
  test("writes a manifest, and names what it left out", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, {
      "clips/a.flac": { copyOf: audioFixture("speech-16k.flac") },
      "clips/a.txt": "good morning",
      "clips/b.flac": "no sound",
    });
    const to = join(folder, "m.jsonl");
    const { status, stdout, stderr } = data("import", "folder", join(folder, "clips"), "--to", to);
    assert.deepEqual([status, stdout], [0, `${to}: 1 utterance, 0.0 min\n`]);
    assert.equal(stderr, `1 utterance left out:\n  b: ${folder}/clips/b.flac has no .txt beside it\n`);
    const [only] = (await readManifest(to)).utterances;
    assert.deepEqual([only?.text, only?.audioPath], ["good morning", join(folder, "clips/a.flac")]);
  });
});

describe("check", () => {
  test("fails where something is of no use, and --fix leaves that out", async (t) => {
    const folder = await temporaryFolder(t);
    const good = utterance("good", { audioPath: audioFixture("speech-16k.flac"), durationSeconds: 1.064 });
    const [train, fixed] = [join(folder, "train.jsonl"), join(folder, "fixed.jsonl")];
    await writeManifest(train, [
      good,
      { ...good, id: "again" },
      { ...good, id: "gone", audioPath: join(folder, "gone.wav") },
    ]);
    const plain = data("check", train);
    assert.equal(plain.status, 1);
    assert.match(
      plain.stdout,
      /^3 utterances, 0\.1 min; 16000 Hz in 2\n✗ 1 {2}audio that cannot be read \(unreadable\)\n {4}gone: /,
    );
    assert.match(plain.stdout, /✗ 1 {2}the same recording again \(duplicate\)\n {4}again: is good once more\n/);
    assert.match(plain.stdout, /\n2 utterances of no use for training: see ✗ above\.\n$/);
    assert.doesNotMatch(data("check", train, "--no-audio").stdout, /✗|Hz/);
    assert.doesNotMatch(data("check", train, "--show", "0").stdout, / {4}/);
    const fix = data("check", train, "--fix", fixed);
    assert.equal(fix.status, 0);
    assert.match(fix.stdout, /\/fixed\.jsonl: 1 utterance; 2 utterances dropped\n$/);
    assert.deepEqual((await readManifest(fixed)).utterances, [good]);
    assert.equal(data("check", fixed).status, 0);
  });

  test("options change what is checked", () => {
    const dev = join(sampleCorpus("dev"), "1/3");
    const { stdout } = data("check", dev, "--no-audio", "--held-out", dev);
    assert.match(stdout, /! 1 {2}speakers who are in the held-out data too/);
    assert.match(
      data("check", dev, "--no-audio", "--model.time-stride", "100").stdout,
      /✗ \d+ {2}transcripts too long for their audio/,
    );
    const fast = ["--speed-factors", "1,2", "--model.time-stride", "10"];
    assert.match(data("check", dev, "--no-audio", ...fast).stdout, /at 2 times its speed/);
    assert.match(
      data("check", dev, "--no-audio", "--max-batch-seconds", "1").stdout,
      /Padding: 0\.00% of \d+ batches of up to 1 s/,
    );
    for (const flags of [["--no-normalise"], ["--alphabet", "abcdefg"]]) {
      assert.match(data("check", dev, "--no-audio", ...flags).stdout, /✗ \d+ {2}transcripts that cannot be spelt/);
    }
  });

  test("the largest batch and its memory are those of the training that flags and file describe", async (t) => {
    const folder = await temporaryFolder(t);
    const speech = { audioPath: audioFixture("speech-16k.flac"), durationSeconds: 10 };
    const train = join(folder, "train.jsonl");
    await writeManifest(
      train,
      ["a", "b", "c"].map((id) => utterance(id, { ...speech, text: "good morning", speaker: id })),
    );
    const largestBatch = (...flags: string[]) => {
      const { stdout, stderr } = data("check", train, "--no-audio", "--speed-factors", "1", ...flags);
      return (
        stdout
          .split("\n")
          .filter((line) => line.startsWith("Largest batch: "))
          .join() || stderr
      );
    };
    const long = ["--max-batch-seconds", "160"];
    const predicted = (numUtterances: number, config: TrainConfigInput) =>
      memoryLines({ numUtterances, seconds: 10 }, trainConfigSchema.parse(config), { numTokens: 29 })[0];
    assert.equal(largestBatch(), predicted(1, {}), "so short a run has batches of 16 s");
    assert.equal(largestBatch(...long), predicted(3, {}));
    assert.equal(largestBatch("--max-batch-utterances", "2", ...long), predicted(2, {}));
    const small = [...long, "--model.hidden-size", "64", "--ema-decay", "0"];
    assert.equal(largestBatch(...small), predicted(3, { model: { hiddenSize: 64 }, emaDecay: 0 }));
    const reference = { ...recipes.reference, optimizer: "muon" } as const;
    assert.equal(largestBatch("--recipe", "reference", "--optimizer", "muon", ...long), predicted(3, reference));
    assert.notEqual(predicted(3, reference), predicted(3, {}));
    const recipe = { maxBatchSeconds: 20, model: { hiddenSize: 1024 } };
    await writeFiles(folder, { "recipe.json": JSON.stringify(recipe) });
    assert.equal(largestBatch("--config", join(folder, "recipe.json")), predicted(2, recipe));
    assert.equal(new Set([predicted(3, {}), predicted(2, {}), predicted(2, recipe)]).size, 3);
    assert.match(
      data("check", train, "--no-audio", "--model.hidden-size", "65536").stdout,
      /\n! that is more than the [\d.]+ GB of this machine; [\d.]+ GB of it for the model itself: choose a smaller model\n/,
    );
  });
});

describe("stats", () => {
  test("shows numbers and histograms, or JSON", () => {
    const { status, stdout } = data("stats", sampleCorpus("dev"));
    assert.equal(status, 0);
    const json = JSON.parse(data("stats", sampleCorpus("dev"), "--json").stdout);
    assert.match(stdout, new RegExp(`^Utterances {2}${json.numUtterances}\n`));
    assert.match(stdout, /Seconds an utterance\n +1 – [\d.]+ {2}█+ \d+\n/);
    assert.ok(json.audioSeconds > 0 && json.durations.length > 3);
  });

  test("draws a picture where it is asked for one", async (t) => {
    const path = join(await temporaryFolder(t), "dev.svg");
    const { status, stdout } = data("stats", sampleCorpus("dev"), "--picture", path);
    assert.deepEqual([status, stdout], [0, data("stats", sampleCorpus("dev")).stdout]);
    assert.match(await readFile(path, "utf8"), /^<svg .*\n<title id="name">.*sample-corpus\/dev<\/title>\n/);
    assertRefused(["stats", "x", "--picture", "x.png"], '--picture must be a file ending in .svg, not "x.png"');
    assert.match(
      data("stats", sampleCorpus("dev"), "--picture", "no/folder/x.svg").stderr,
      /no\/folder\/x\.svg: could not be written, there is no folder no\/folder; create it first\.\n$/,
    );
  });
});

describe("pack", () => {
  test("makes a folder that the other commands read", async (t) => {
    const folder = join(await temporaryFolder(t), "packed");
    const dev = join(sampleCorpus("dev"), "1/3");
    const { status, stdout } = data("pack", dev, "--to", folder, "--shard-megabytes", "1", "--workers", "1");
    assert.equal(status, 0);
    assert.match(stdout, /packed: \d+ utterances in \d+ files?, \d+ MB\n$/);
    const own = JSON.parse(data("stats", folder, "--json").stdout);
    assert.equal(own.numUtterances, JSON.parse(data("stats", dev, "--json").stdout).numUtterances);
    assert.match(
      data("pack", dev, "--to", folder).stderr,
      /packed: exists already; remove it, or choose another folder\./,
    );
  });
});

describe("splice", () => {
  test("makes new utterances, in which the English model hears what their texts say", async (t) => {
    const folder = await temporaryFolder(t);
    const [corpus, to] = [join(folder, "m.jsonl"), join(folder, "spliced")];
    const { utterances } = await loadUtterances(join(sampleCorpus("dev"), "1/3"));
    const wrong = { ...utterances[0]!, id: "wrong", text: "nobody says this" };
    await writeManifest(corpus, [...utterances, wrong, utterance("gone", { speaker: "1" })]);
    const { status, stdout, stderr } = data("splice", corpus, "--to", to, "--times", "1.5", "--seed", "7");
    assert.equal(status, 0);
    assert.match(stdout, /spliced: \d+ splices, .*, \d+ MB\n$/);
    assert.match(stderr, /2 utterances left out:\n/);
    assert.match(stderr, /wrong: .* its text scores -\d\.\d\d, below -1\.8; is it the text of this recording\?/);
    assert.match(stderr, /gone: .*gone\.wav: no such file/);
    const before = JSON.parse(data("stats", corpus, "--json").stdout);
    const { utterances: splices } = await loadUtterances(to);
    const seconds = splices.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
    assert.ok(seconds > before.audioSeconds, `${seconds}`);
    const aligned = spawnSync(process.execPath, [BINARY, "align", "--manifest", to, "--json"], { encoding: "utf8" });
    const scores = aligned.stdout
      .trim()
      .split("\n")
      .map((line) => Number(JSON.parse(line).score));
    assert.equal(scores.length, splices.length);
    const middle = scores.sort((a, b) => a - b)[scores.length >> 1]!;
    assert.ok(middle > -1.2, `scores ${scores.join(" ")}`);
  });

  test("asks for a bundle, and for a folder that is not there", async (t) => {
    const folder = await temporaryFolder(t);
    const dev = join(sampleCorpus("dev"), "1/3");
    assert.match(
      data("splice", dev, "--to", folder).stderr,
      /exists already; remove it, or choose another folder\.\n$/,
    );
    assertRefused(["splice", dev], "required option '--to <dir>' not specified");
    assertRefused(["splice", dev, "--to", "x", "--times", "0"], '--times must be a number of at least 0.01, not "0"');
    const noBundle = data("splice", dev, "--to", join(folder, "new"), "--model", join(dev, "none.dsb"));
    assert.deepEqual([noBundle.status, noBundle.stdout], [1, ""]);
    assert.match(noBundle.stderr, /none\.dsb: no such file; check the path\n$/);
    assert.deepEqual(await readdir(folder), []);
  });
});

describe("download", () => {
  test("a mirror with another file leaves no corpus", async (t) => {
    const folder = await temporaryFolder(t);
    const archive = new Uint8Array(1000);
    const mirror = await startMirror(t, { "/resources/31/dev-clean-2.tar.gz": archive });
    const words = ["download", "librispeech", "--subset", "dev-clean-2", "--to", folder, "--mirror", mirror.url];
    // Not spawnSync: the mirror runs in this process.
    const child = spawn(process.execPath, [BINARY, "data", ...words]);
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const [status] = await once(child, "close");
    assert.equal(status, 1);
    assert.match(stderr, /^dev-clean-2: downloading 0 MB of 0 MB, 0\.0 MB\/s/);
    assert.match(stderr, /deepspeech: .* no mirror sent a file with the MD5 6d7ab67ac6a1d2c993d050e16d61080d/);
    assert.deepEqual(await readdir(join(folder, "LibriSpeech")), []);
    assert.ok(!existsSync(join(folder, "downloads/dev-clean-2.tar.gz")));
  });
});
