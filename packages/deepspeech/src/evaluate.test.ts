/** `deepspeech evaluate` in a process of its own, on real sound: files, streams and exit codes. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { sampleCorpus, temporaryFolder } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { babblingCheckpoint } from "@deepspeech-ts/toolkit/internal/evaluation/evaluation.test.support.js";

const BINARY = fileURLToPath(new URL("../bin/deepspeech.mjs", import.meta.url));

function evaluate(checkpoint: string, ...flags: string[]) {
  const words = ["evaluate", checkpoint, sampleCorpus("dev"), "--threads", "1", "--workers", "1", ...flags];
  const env = { ...process.env, DEEPSPEECH_DEBUG: "" };
  return spawnSync(process.execPath, [BINARY, ...words], { encoding: "utf8", env });
}

describe("deepspeech evaluate", () => {
  test("writes every file that is asked for", async (t) => {
    const folder = await temporaryFolder(t);
    const checkpoint = babblingCheckpoint(folder);
    const pathOf = (name: string) => join(folder, name);
    const { status, stdout, stderr } = evaluate(
      checkpoint,
      ...["--json", pathOf("result.json"), "--alignments", pathOf("words.txt"), "--report", pathOf("report.html")],
      ...["--report-utterances", "2", "--breakdown", "--compare", checkpoint],
    );
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.match(stdout, /^WER +\d+\.\d\d% {2}95% \[\d+\.\d\d, \d+\.\d\d\] {2}\(S /);
    assert.match(stdout, /^speaker +WER/m);
    assert.match(stdout, /^WER .* against .*: 0\.00 points, 95% \[0\.00, 0\.00\], p = 1\.00$/m);
    const result = JSON.parse(readFileSync(pathOf("result.json"), "utf8"));
    for (const key of ["rates", "intervals", "bySpeaker", "byLength", "utterances", "compared"]) assert.ok(result[key]);
    assert.equal(result.evidence, undefined);
    assert.ok(result.intervals.wer.low <= result.rates.wer && result.rates.wer <= result.intervals.wer.high);
    const alignments = readFileSync(pathOf("words.txt"), "utf8");
    assert.equal(alignments.match(/^id: \(/gm)?.length, result.utterances.length);
    assert.equal(readFileSync(pathOf("report.html"), "utf8").match(/<audio/g)?.length, 2);
  });

  test("alignments are JSON where the file's name says so", async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, "words.JSON");
    const { status, stdout } = evaluate(babblingCheckpoint(folder), "--alignments", path, "--json", "-");
    assert.equal(status, 0);
    assert.equal(JSON.parse(readFileSync(path, "utf8")).length, JSON.parse(stdout).utterances.length);
  });

  test("two results are not written to one file", async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, "result");
    const { status, stderr } = evaluate(babblingCheckpoint(folder), "--json", path, "--report", `${folder}/./result`);
    assert.equal(status, 2);
    assert.equal(
      stderr,
      `deepspeech: ${folder}/./result: is where two results are to be written; give each a file of its own.\n`,
    );
    assert.ok(!existsSync(path));
  });

  test("fails above --max-wer, after the files are written", async (t) => {
    const folder = await temporaryFolder(t);
    const checkpoint = babblingCheckpoint(folder);
    const json = join(folder, "result.json");
    const failed = evaluate(checkpoint, "--max-wer", "50%", "--json", json);
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /^deepspeech: the word error rate is \d+\.\d\d%, above the 50\.00% of --max-wer\n$/);
    assert.ok(existsSync(json));
    assert.equal(evaluate(checkpoint, "--max-wer", "1000%").status, 0);
  });

  test("--verify-invariance passes a sound model, and names the utterance where it fails one", async (t) => {
    const folder = await temporaryFolder(t);
    const sound = evaluate(babblingCheckpoint(folder), "--verify-invariance");
    assert.equal(sound.status, 0, sound.stderr);
    assert.match(sound.stdout, /^Batch invariance holds for \d+ utterances: /m);
    const leaky = evaluate(babblingCheckpoint(folder, "leaky", { recurrence: "batch" }), "--verify-invariance");
    assert.equal(leaky.status, 1);
    assert.match(
      leaky.stderr,
      /^deepspeech: the batch changes what the model says about \d+ utterances of \d+; 1-\S+ most, by \S+ where 0\.0001 is allowed, (when scored alone|in shuffled batches)\n$/,
    );
  });

  test("refuses what it could only find wrong after the work", () => {
    const refused = (...flags: string[]) => {
      const { status, stderr } = evaluate(process.execPath, ...flags);
      assert.equal(status, 2);
      return stderr;
    };
    assert.equal(
      refused("--report", "/no/r.html"),
      "deepspeech: /no/r.html: could not be written, there is no folder /no; create it first.\n",
    );
    assert.equal(
      refused("--max-wer", "20"),
      'deepspeech: --max-wer must be a share from 0 to 1, or a percentage such as 20%, not "20"\n',
    );
    assert.equal(
      refused("--report-utterances", "-1"),
      'deepspeech: --report-utterances must be a whole number of at least 0, not "-1"\n',
    );
    assert.equal(
      refused("--report-utterances", "5"),
      "deepspeech: --report-utterances has no effect without --report\n",
    );
    assert.equal(
      refused("--compare-greedy"),
      "deepspeech: --compare-greedy has no effect on greedy decoding; give --lm, --hot-words or --beam-size\n",
    );
    assert.equal(
      refused("--hot-word-weight", "9"),
      "deepspeech: hotWordWeight has no effect without hot words; give hotWords\n",
    );
    assert.equal(
      refused("--json", "-", "--breakdown"),
      "deepspeech: --json - prints JSON alone; leave out --show and --breakdown, or give --json a file\n",
    );
    assert.match(
      refused("--beam-size", "3000000000"),
      /^deepspeech: --beam-size .*a whole number from 1 to 100000.*\n$/,
    );
  });
});
