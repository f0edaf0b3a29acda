/** One thing named where another is due: each command says which, and what to write instead. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, type TestContext, test } from "node:test";
import {
  audioFixture,
  sampleCorpus,
  temporaryFolder,
  writeFiles,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { babblingCheckpoint } from "@deepspeech-ts/toolkit/internal/evaluation/evaluation.test.support.js";
import { BINARY, BUNDLE, deepspeech } from "./command.test.support.js";

const call = join(sampleCorpus("test"), "1/11/1-11-0000.opus");
const speech = audioFixture("speech-16k.flac");

function assertRefused(words: string[], message: string, status = 2): void {
  const outcome = deepspeech(...words);
  assert.deepEqual([outcome.status, outcome.stdout, outcome.stderr], [status, "", `deepspeech: ${message}\n`]);
}

describe("models", () => {
  test("a forgotten one", () => {
    assertRefused(
      ["evaluate", speech],
      `missing required argument 'data'; ${speech} is a recording, and the checkpoint comes before it`,
    );
    assertRefused(["serve", speech], `${speech}: is a recording, and the bundle (.dsb) comes before it`);
  });

  test("a run or a checkpoint where a bundle is due", async (t) => {
    const folder = await temporaryFolder(t);
    const checkpoint = babblingCheckpoint(folder);
    const complaint = (path: string) =>
      `${path}: is no bundle yet; npx deepspeech-ts export ${path} --output model.dsb makes one`;
    await writeFiles(folder, { "run/config.json": "{}", "run/log.jsonl": "" });
    for (const path of [checkpoint, join(folder, "run")]) {
      assertRefused(["serve", path], complaint(path));
      assertRefused(["align", path, speech, "--text", "activated"], complaint(path));
    }
    assertRefused(["serve", folder], `${folder}: is a folder, expected a bundle (.dsb)`);
    assertRefused(["serve", "none.dsb"], "none.dsb: no such file; check the path", 1);
  });

  test("a bundle where a run is due", () => {
    const complaint =
      `${BUNDLE}: is a bundle, which is for recognisers and for train's --init-from; ` +
      "give the run's folder or the checkpoint that it was exported from.";
    assertRefused(["evaluate", BUNDLE, "sample-corpus/test"], complaint, 1);
    assertRefused(["export", BUNDLE, "--output", "none.dsb"], complaint, 1);
    assertRefused(["average", BUNDLE, BUNDLE, "--output", "none.safetensors"], complaint, 1);
  });

  test("a run that has no best checkpoint yet, and what is no run", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, { "new/config.json": "{}", "new/checkpoints/last.safetensors": "" });
    const run = join(folder, "new");
    const missing = "holds no checkpoints/best.safetensors";
    const last = join(run, "checkpoints/last.safetensors");
    assertRefused(
      ["evaluate", run, speech],
      `${run}: ${missing}; it has not been measured on dev yet; wait, or give ${last}.`,
      1,
    );
    assertRefused(["evaluate", folder, speech], `${folder}: ${missing}; give a run's folder or a checkpoint file.`, 1);
    assertRefused(["dashboard", speech], `${speech}: is no folder; name a run, or a folder of runs.`);
  });
});

test("a flag of several words that took the recording is named", () => {
  const wayOut = "put the arguments before it, or -- after its own words";
  assertRefused(
    ["transcribe", BUNDLE, "--hot-words", "coll", speech],
    `missing required argument 'audio'; --hot-words took coll ${speech}: ${wayOut}`,
  );
  assertRefused(
    ["serve", "--cors-origin", "https://example.org", BUNDLE],
    `--cors-origin took https://example.org ${BUNDLE}: ${wayOut}`,
  );
  const { stdout } = deepspeech("transcribe", BUNDLE, "--threads", "1", "--hot-words", "coll", "--", speech);
  assert.equal(stdout, "activated\n");
});

test("a configuration that is missing is blamed on the flag that named it", async (t) => {
  assertRefused(
    ["transcribe", BUNDLE, speech, "--decoding", "no.json"],
    "no.json: no such file; check the path after --decoding",
  );
  assertRefused(["train", "--config", "no.ts"], "no.ts: no such file; check the path after --config");
  const folder = await temporaryFolder(t);
  assertRefused(["train", "--config", folder], `${folder}: is a folder; --config takes a file`);
});

test("--cors-origin that no browser would send is wrong usage, before anything listens", () => {
  assertRefused(
    ["serve", BUNDLE, "--port", "0", "--cors-origin", "example.org"],
    '--cors-origin: "example.org" is no origin of web pages; write it as https://example.org, or * for all',
  );
});

describe("--output", () => {
  test("with a format's ending is the file of one recording", async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, "new/talk.srt");
    const done = deepspeech("transcribe", BUNDLE, speech, "--threads", "1", "--output", path);
    assert.deepEqual([done.status, done.stdout, done.stderr], [0, `${path}\n`, ""]);
    assert.match(await readFile(path, "utf8"), /^1\n00:00:00,\d{3} --> 00:00:01,\d{3}\nactivated\n$/);
    const words = ["transcribe", BUNDLE, speech];
    assertRefused([...words, "--output", path], `${path} exists already; --force overwrites it`);
    assertRefused(
      [...words, speech, "--output", path],
      `--output ${path} is one file, and there are 2 recordings; give a folder`,
    );
    assertRefused(
      [...words, "--output", path, "--format", "srt,vtt"],
      `--output ${path} is one file of format srt; for --format srt,vtt give a folder`,
    );
    assertRefused([...words, "--output", path, "--beside"], "--output and --beside are two places; give one of them");
    const ctm = join(folder, "talk.ctm");
    assert.equal(deepspeech("align", BUNDLE, speech, "--text", "activated", "--output", ctm).status, 0);
    assert.match(await readFile(ctm, "utf8"), /^speech-16k 1 \S+ \S+ activated \S+\n$/);
    assertRefused(
      ["align", BUNDLE, speech, "--text", "activated", "--output", "talk.txt"],
      '--format must be of json, srt, vtt, ctm, tsv, not "txt"',
    );
  });

  test("that is there as a folder, or ends in a slash, is a folder", async (t) => {
    const folder = await temporaryFolder(t);
    await mkdir(join(folder, "a.srt"));
    for (const output of ["a.srt", "b.txt/"]) {
      const { status } = deepspeech("transcribe", BUNDLE, speech, "--threads", "1", "--output", join(folder, output));
      assert.equal(status, 0);
      assert.ok(existsSync(join(folder, output, "speech-16k.txt")));
    }
  });
});

describe("pipes", { skip: process.platform === "win32" }, () => {
  /** A named pipe into which a file's bytes go, as <(…) of a shell. */
  async function pipeOf(t: TestContext, folder: string, name: string, bytes: Uint8Array | string): Promise<string> {
    const path = join(folder, name);
    execFileSync("mkfifo", [path]);
    await writeFile(`${path}.bytes`, bytes);
    // A process of its own: to open a pipe that nobody reads holds the opener, and this one must end nonetheless.
    const writer = spawn("sh", ["-c", 'exec cat "$0.bytes" > "$0"', path], { stdio: "ignore" });
    t.after(() => void writer.kill("SIGKILL"));
    return path;
  }

  /** spawnSync would leave nobody to fill the pipe. */
  async function run(...words: string[]): Promise<[stdout: string, stderr: string]> {
    const child = spawn(process.execPath, [BINARY, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return [stdout, stderr];
  }

  test("bring recordings, texts, settings and manifests", async (t) => {
    const folder = await temporaryFolder(t);
    const sound = await readFile(speech);
    const settings = await pipeOf(t, folder, "settings", JSON.stringify({ hotWords: ["frim"], hotWordWeight: 30 }));
    const recording = await pipeOf(t, folder, "recording", await readFile(call));
    assert.deepEqual(await run("transcribe", BUNDLE, recording, "--decoding", settings, "--threads", "1"), [
      "incoming call frim\n",
      "",
    ]);
    const [talk, words] = [await pipeOf(t, folder, "talk", sound), await pipeOf(t, folder, "words", "activated")];
    const [ctm] = await run("align", BUNDLE, talk, words, "--threads", "1");
    assert.match(ctm, /^talk 1 \S+ \S+ activated \S+\n$/);
    const line = JSON.stringify({ audio_filepath: speech, duration: 1, text: "one word more" });
    const [stats] = await run("data", "stats", await pipeOf(t, folder, "manifest", line));
    assert.match(stats, /^Utterances {2}1\n/);
    const model = await pipeOf(t, folder, "model", await readFile(BUNDLE));
    assertRefused(["serve", model], `${model}: is no file; give the bundle's path`);
  });
});

test("counts agree with their nouns", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, {
    "one.jsonl": JSON.stringify({ audio_filepath: speech, duration: 1.064, text: "activated" }),
    "one.txt": "activated\n",
  });
  const lines = [
    deepspeech("data", "stats", join(folder, "one.jsonl")).stdout,
    deepspeech("data", "check", join(folder, "one.jsonl")).stdout,
    deepspeech("lm", "build", join(folder, "one.txt"), "--order", "2", "--output", join(folder, "one.lm")).stdout,
  ].join("");
  assert.match(lines, /1 utterance without one/);
  assert.match(lines, /1 sentence, 1 word\n/);
  assert.doesNotMatch(lines, /(?<![\d.,])1 [a-z]+(?:es|s)\b(?! of)/);
});

describe("help", () => {
  for (const columns of ["40", "72"]) {
    test(`fits ${columns} columns, but for commands to copy and long words`, () => {
      for (const words of [["--help"], ["transcribe", "--help"], ["train", "--help"], ["lm", "tune", "--help"]]) {
        process.env.COLUMNS = columns;
        const { stdout } = deepspeech(...words);
        delete process.env.COLUMNS;
        const wide = stdout.split("\n").filter((line) => line.length > Number(columns) && !line.startsWith("  $ "));
        assert.deepEqual(
          wide.filter((line) => /\S\s+\S.* /.test(line)),
          [],
        );
        assert.match(stdout, /--help/);
      }
    });
  }
});
