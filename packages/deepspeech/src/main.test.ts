/** The real program in a process of its own: exit codes, and what it says on which stream. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BINARY, BUNDLE, deepspeech, loadsLibtorch } from "./command.test.support.js";

const RECORDING = fileURLToPath(new URL("../../../test/fixtures/audio/speech-16k.wav", import.meta.url));
const EXAMPLES = fileURLToPath(new URL("../../../examples", import.meta.url));

function assertRefused(words: string[], message: string): void {
  const { status, stdout, stderr } = deepspeech(...words);
  assert.deepEqual({ status, stdout, stderr }, { status: 2, stdout: "", stderr: `deepspeech: ${message}\n` });
}

/** Commands that take no further command; each has examples. */
const COMMANDS = [
  "train",
  "dashboard",
  "evaluate",
  "transcribe",
  "align",
  "export",
  "import",
  "average",
  "summary",
  "info",
  "completion",
  "doctor",
];

test("what cannot be written is told in one line, and is no success", {
  skip: existsSync("/dev/full") ? false : "needs /dev/full",
}, async () => {
  const full = openSync("/dev/full", "w");
  try {
    for (const words of [["info", BUNDLE], ["--help"], ["transcribe", BUNDLE, RECORDING]]) {
      const { status, stderr } = spawnSync(process.execPath, [BINARY, ...words], {
        encoding: "utf8",
        stdio: ["ignore", full, "pipe"],
      });
      assert.equal(status, 1, words[0]);
      assert.equal(stderr, "the output could not be written: the disk is full; free some space\n", words[0]);
    }
  } finally {
    closeSync(full);
  }
});

describe("usage", () => {
  test("help and version are for stdout, with exit code 0", () => {
    const { status, stdout, stderr } = deepspeech("--help");
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    for (const name of COMMANDS) {
      assert.match(stdout, new RegExp(`^  ${name} `, "m"));
    }
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    for (const flag of ["--version", "-v"]) assert.equal(deepspeech(flag).stdout, `${version}\n`);
  });

  test("without a command, help goes to stderr, with exit code 2", () => {
    const { status, stdout, stderr } = deepspeech();
    assert.deepEqual({ status, stdout }, { status: 2, stdout: "" });
    assert.match(stderr, /^Usage: deepspeech/);
  });

  for (const name of COMMANDS) {
    test(`${name} --help shows examples`, () => {
      const { status, stdout } = deepspeech(name, "--help");
      assert.equal(status, 0);
      assert.match(stdout, new RegExp(`^Usage: deepspeech ${name} `));
      const [, examples = ""] = stdout.split("\nExamples:\n");
      assert.match(examples, new RegExp(`^  \\$ npx deepspeech-ts ${name}`));
    });
  }

  test("help takes a command's name", () => {
    assert.match(deepspeech("help", "doctor").stdout, /^Usage: deepspeech doctor /);
  });

  test("unknown commands and flags are refused, with the nearest that exists", () => {
    assertRefused(["trian"], "unknown command 'trian'; did you mean 'train'?");
    assertRefused(["sing"], "unknown command 'sing'; `deepspeech --help` lists what there is");
    assertRefused(["train", "--epoch", "3"], "unknown option '--epoch'; did you mean '--epochs'?");
    assertRefused(
      ["train", "--spec-augment.max-time-mask-shere=0.2"],
      "unknown option '--spec-augment.max-time-mask-shere=0.2'; did you mean '--spec-augment.max-time-mask-share'?",
    );
    assertRefused(
      ["train", "--hidden-size", "64"],
      "unknown option '--hidden-size'; did you mean '--model.hidden-size'?",
    );
    assertRefused(["doctor", "--colour"], "unknown option '--colour'; `deepspeech doctor --help` lists what there is");
  });

  test("arguments too many or too few are refused", () => {
    assertRefused(
      ["evaluate"],
      "missing required argument 'checkpoint'; usage: deepspeech evaluate [options] <checkpoint> <data...>",
    );
    assertRefused(
      ["transcribe"],
      "missing required argument 'audio'; usage: deepspeech transcribe [options] [model] <audio...>",
    );
    assertRefused(["train", "more"], "train has no use for more; usage: deepspeech train [options]");
    assertRefused(
      ["lm", "tune", "--lm", "x.lm", "--output", "x.json", "a"],
      "missing required argument 'data'; usage: deepspeech lm tune [options] <checkpoint> <data...>",
    );
    assertRefused(["train", "--epochs"], "option '--epochs <number>' argument missing");
  });

  test("wrong values are refused", () => {
    assertRefused(["train", "--epochs", "0"], "--epochs must be a whole number of at least 1, not 0");
    assertRefused(["evaluate", "a", "b", "--show", "all"], '--show must be a whole number of at least 0, not "all"');
    assertRefused(
      ["evaluate", "a", "b", "--max-batch-seconds", "-1"],
      "--max-batch-seconds must be a number above 0, not -1",
    );
    assertRefused(
      ["evaluate", "package.json", "b", "--json", "/no/x.json"],
      "/no/x.json: could not be written, there is no folder /no; create it first.",
    );
    assertRefused(["train", "--config", "no.ts"], "no.ts: no such file; check the path after --config");
  });

  test("a missing LibriSpeech is told with the way to get it", () => {
    const { status, stderr } = deepspeech("train", "--train", "data/LibriSpeech/none");
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^deepspeech: data\/LibriSpeech\/none: no such folder; "npx deepspeech-ts data download librispeech"/,
    );
  });

  test("the file that is missing is named, and a test set is wanted only where one is given", () => {
    assert.equal(
      deepspeech("train", "--train", "no.jsonl").stderr,
      "deepspeech: no.jsonl: no such file; check the path.\n",
    );
    const { stderr } = deepspeech("train", "--train", "package.json", "--dev", "package.json");
    assert.doesNotMatch(stderr, /LibriSpeech/);
    assert.match(
      stderr,
      /^deepspeech: package\.json: holds no utterance that can be used: all \d+ were left out, the first because /,
    );
  });

  test("a stack trace is shown where it is asked for, and only there", () => {
    const quiet = deepspeech("train", "--config", "no.ts");
    const verbose = deepspeech("train", "--config", "no.ts", "--verbose");
    assert.equal(verbose.status, 2);
    assert.ok(verbose.stderr.startsWith(quiet.stderr));
    assert.match(verbose.stderr, /\n {4}at .*config-file/);
  });
});

describe("commands", () => {
  test("the work's failure is one line and exit code 1", () => {
    const { status, stdout, stderr } = deepspeech("evaluate", "no-such-run", "sample-corpus/test");
    assert.deepEqual({ status, stdout }, { status: 1, stdout: "" });
    assert.match(stderr, /^deepspeech: no-such-run[^\n]*\n$/);
  });

  test("summary shows the layers and the total", () => {
    const { status, stdout } = deepspeech("summary");
    assert.equal(status, 0);
    assert.match(stdout, /^cnn +\w+ +weight \[32, 1, 3, 3\] +320$/m);
    assert.match(stdout, /^classifier\.3 +Linear +weight \[29, 512\] +14,877$/m);
    assert.match(stdout, /^Input {3}\[1, 800, 128\]/m);
    assert.match(stdout, /^Output {2}\[1, 400, 29\]/m);
    assert.match(stdout, /^Total {3}14,233,053 parameters$/m);
    assert.match(stdout, /^Hears {3}all that follows beyond a frame$/m);
  });

  test("summary tells what a model that streams hears ahead, and refuses one that could not", () => {
    const { stdout } = deepspeech("summary", "--recipe", "streaming");
    // Half a window, a frame of features, and 4 + 16 frames of 25 ms.
    assert.match(stdout, /^Hears {3}525 ms beyond a frame$/m);
    const refused = deepspeech("summary", "--model.direction", "forward");
    assert.deepEqual([refused.status, refused.stdout], [1, ""]);
    assert.equal(
      refused.stderr,
      'deepspeech: model.direction is "forward" and features.normalisation is "utterance"; a forward model needs "running" (--recipe streaming).\n',
    );
  });

  test("summary obeys flags and configuration files", () => {
    const five = deepspeech("summary", "--model.residual-layers", "3", "--model.recurrent-layers", "5");
    assert.match(five.stdout, /^birnn_layers\.4\.BiGRU /m);
    const quickstart = deepspeech(
      "summary",
      "--config",
      `${EXAMPLES}/quickstart.config.ts`,
      "--features.num-mels",
      "40",
    );
    assert.equal(quickstart.status, 0, quickstart.stderr);
    assert.match(quickstart.stdout, /^Input {3}\[1, 800, 40\]/m);
  });

  test("doctor finds this machine fit, for it runs these tests", () => {
    const { status, stdout } = deepspeech("doctor");
    assert.equal(status, 0, stdout);
    for (const name of ["Node", "Processor", "Memory", "Disk", "Native add-on", "libtorch", "BLAS", "CUDA"]) {
      assert.match(stdout, new RegExp(`^[✓!] ${name} `, "m"));
    }
    const checks: { status: string }[] = JSON.parse(deepspeech("doctor", "--json").stdout);
    assert.ok(checks.every((check) => check.status === "ok" || check.status === "warning"));
  });

  test("libtorch is loaded by the commands that need it alone", () => {
    assert.equal(loadsLibtorch(["--help"]), false);
    assert.equal(loadsLibtorch(["doctor", "--help"]), false);
    assert.equal(loadsLibtorch(["summary"]), true);
  });
});
