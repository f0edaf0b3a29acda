/** The commands one after another: a model is trained, measured and used, all by the real program. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { COMMAND, deepspeech, Running, rootPath, start, temporaryFolder, tinyRun } from "./command.js";

const speech = rootPath("test/fixtures/audio/speech-16k.flac");
const testSet = rootPath("sample-corpus/test");

interface EvaluationJson {
  rates: { wer: number; cer: number; numUtterances: number };
  utterances: { id: string; hypothesis: string }[];
}

describe("train, evaluate, transcribe", () => {
  it("work on what the one before them made", async (t) => {
    const runs = join(await temporaryFolder(t), "runs");
    const run = join(runs, "tiny", "version_0");
    const trained = await deepspeech("train", ...tinyRun(runs), "--test", testSet);
    assert.equal(trained.exitCode, 0, trained.stderr);
    // Before it, where the environment slows the machine, a line says so.
    assert.match(trained.stdout, /^Data\n {2}train .* utterances/m);
    assert.match(trained.stdout, /\nepoch 1\/1 .* CER .* WER /);
    assert.match(trained.stdout, /\nFinished after \d+ steps/);
    assert.equal(trained.stderr, "");

    const evaluated = await deepspeech("evaluate", run, testSet, "--json", "-", "--threads", "1");
    assert.equal(evaluated.exitCode, 0, evaluated.stderr);
    const result = JSON.parse(evaluated.stdout) as EvaluationJson;
    assert.equal(result.utterances.length, result.rates.numUtterances);
    const shownRate = /\ntest, best checkpoint: CER ([\d.]+)%?/.exec(trained.stdout)?.[1];
    assert.ok(shownRate !== undefined, trained.stdout);
    const digits = shownRate.split(".")[1]?.length ?? 0;
    const found = [result.rates.cer, 100 * result.rates.cer].map((rate) => rate.toFixed(digits));
    assert.ok(found.includes(shownRate), `train printed ${shownRate}, evaluate found ${result.rates.cer}`);

    const transcribed = await deepspeech("transcribe", run, speech, "--threads", "1");
    assert.equal(transcribed.exitCode, 0, transcribed.stderr);
    assert.match(transcribed.stdout, /^[a-z' ]*\n$/);

    const resumed = await deepspeech("train", "--resume", run, "--epochs", "2");
    assert.equal(resumed.exitCode, 0, resumed.stderr);
    assert.match(resumed.stdout, /\nepoch 2\/2 /);
    assert.deepEqual(readdirSync(join(runs, "tiny")), ["version_0"]);
  });
});

describe("Ctrl-C", () => {
  it("saves the run, which --resume then ends", async (t) => {
    const runs = join(await temporaryFolder(t), "runs");
    const run = join(runs, "tiny", "version_0");
    const training = start("train", ...tinyRun(runs), "--epochs", "100000");
    await training.printed("epoch 1/100000");
    training.interrupt();
    const stopped = await training.ended;
    assert.equal(stopped.exitCode, 130, stopped.stderr);
    assert.equal(stopped.stderr, "");
    const steps = Number(/\nStopped after ([\d,]+) steps? in /.exec(stopped.stdout)?.[1]?.replaceAll(",", ""));
    assert.ok(steps > 0, stopped.stdout);
    assert.ok(stopped.stdout.includes(`npx deepspeech-ts train --resume ${run}`), stopped.stdout);
    assert.ok(existsSync(join(run, "checkpoints", "last.safetensors")));
    const twin = JSON.parse(readFileSync(join(run, "checkpoints", "last.json"), "utf8"));
    assert.equal(twin.training.progress.step, steps);

    const epochs = String(twin.training.progress.epoch + 1);
    const resumed = await deepspeech("train", "--resume", run, "--epochs", epochs);
    assert.equal(resumed.exitCode, 0, resumed.stderr);
    assert.match(resumed.stdout, /going on after step/);
    assert.match(resumed.stdout, /\nFinished after /);
  });
});

describe("what fails", () => {
  /** One line on stderr, for people. */
  function assertOneLine(stderr: string, pattern: RegExp): void {
    assert.match(stderr, pattern);
    assert.equal(stderr.split("\n").length, 2, stderr);
  }

  it("is wrong usage: exit code 2", async () => {
    const unknown = await deepspeech("train", "--epoch", "3");
    assert.equal(unknown.exitCode, 2);
    assertOneLine(unknown.stderr, /^deepspeech: .*--epoch.*--epochs/);
    const command = await deepspeech("trian");
    assert.equal(command.exitCode, 2);
    assertOneLine(command.stderr, /^deepspeech: .*trian.*train/);
  });

  it("is the work: exit code 1", async (t) => {
    const folder = await temporaryFolder(t);
    const none = await deepspeech("transcribe", join(folder, "none"), speech);
    assert.equal(none.exitCode, 1);
    assert.equal(
      none.stderr,
      `deepspeech: ${join(folder, "none")}: no such file or folder; give a model or a recording\n`,
    );
    const checkpoint = join(folder, "cut.safetensors");
    writeFileSync(checkpoint, "cut");
    const cut = await deepspeech("evaluate", checkpoint, testSet);
    assert.equal(cut.exitCode, 1);
    assertOneLine(cut.stderr, /^deepspeech: .*cut\.safetensors: not a safetensors file: 3 bytes long; /);
    const data = await deepspeech("train", ...tinyRun(folder), "--train", join(folder, "nothing"));
    assert.equal(data.exitCode, 1);
    assert.equal(data.stderr, `deepspeech: ${join(folder, "nothing")}: no such file; check the path.\n`);
  });

  it("is one recording of two: the other is transcribed, exit code 1", async (t) => {
    const folder = await temporaryFolder(t);
    const trained = await deepspeech("train", ...tinyRun(folder));
    assert.equal(trained.exitCode, 0, trained.stderr);
    const bad = join(folder, "bad.wav");
    writeFileSync(bad, "not a recording");
    const outcome = await deepspeech("transcribe", join(folder, "tiny", "version_0"), bad, speech);
    assert.equal(outcome.exitCode, 1);
    assert.ok(outcome.stdout.startsWith(`${speech}\t`), outcome.stdout);
    assertOneLine(outcome.stderr, /^deepspeech: .*bad\.wav: /);
  });
});

const canMount = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

describe("a full disk in training", { skip: canMount ? false : "cannot mount here" }, () => {
  it("is one line, exit code 1, and the checkpoints written before can be used", async (t) => {
    const copy = await temporaryFolder(t);
    // Both checkpoints of the first epoch fit; the temporary file of the next does not.
    const script = [
      "mount -t tmpfs -o size=4700k none /mnt",
      `"$0" "$@"; code=$?; cp -r /mnt/runs/. ${copy}; exit $code`,
    ].join(" && ");
    const flags = [...tinyRun("/mnt/runs"), "--epochs", "1000", "--model.hidden-size", "96"];
    const words = ["-rm", "sh", "-c", script, process.execPath, COMMAND, "train", ...flags];
    const { exitCode, stderr, stdout } = await new Running("unshare", words).ended;
    assert.equal(exitCode, 1, `${stdout}\n${stderr}`);
    assert.match(stderr, /^deepspeech: \/mnt\/runs\/tiny\/version_0\/.* the disk is full .*\n$/);
    assert.equal(stderr.split("\n").length, 2, stderr);
    const run = join(copy, "tiny", "version_0");
    assert.deepEqual(
      readdirSync(join(run, "checkpoints")).filter((name) => name.endsWith(".tmp")),
      [],
    );
    const transcribed = await deepspeech("transcribe", run, speech, "--threads", "1");
    assert.equal(transcribed.exitCode, 0, transcribed.stderr);
    const resumed = await deepspeech("train", "--resume", run, "--epochs", "2");
    assert.equal(resumed.exitCode, 0, resumed.stderr);
  });
});
