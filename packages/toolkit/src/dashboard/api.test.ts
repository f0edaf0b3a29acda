/** What the server says of runs, asked over HTTP. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { restoreLog } from "../training/logging/restore.js";
import { STEPS_IN_EPOCH, TestRun } from "./fixtures.test.support.js";
import { testServer } from "./server.test.support.js";

describe("the list of runs", () => {
  it("is empty before the first run, and has each run once it is there, the newest first", async (t) => {
    const { folder, list } = await testServer(t);
    assert.deepEqual(await list(), { folders: [folder], runs: [] });
    new TestRun(join(folder, "old/version_0"), { begin: Date.parse("2025-01-01") }).whole();
    assert.equal((await list()).runs[0]?.colour, 0);
    new TestRun(join(folder, "group/new/version_3")).start();
    const { runs } = await list();
    assert.deepEqual(
      runs.map(({ experiment, version, colour, state }) => [experiment, version, colour, state]),
      [
        ["new", "version_3", 1, "running"],
        ["old", "version_0", 0, "finished"],
      ],
    );
  });

  it("takes runs, and folders of runs, wherever they are, each once", async (t) => {
    const { folder } = await testServer(t);
    const run = new TestRun(join(folder, "voice/version_0"));
    const { list } = await testServer(t, { folders: [run.folder, folder, join(folder, "none")] });
    assert.deepEqual(
      (await list()).runs.map(({ version }) => version),
      ["version_0"],
    );
  });

  it("follows links to runs and to folders of them, each run once", async (t) => {
    const { folder } = await testServer(t);
    const run = new TestRun(join(folder, "real/version_0"));
    const linked = join(folder, "linked");
    mkdirSync(linked);
    symlinkSync("../real", join(linked, "experiment"));
    symlinkSync(run.folder, join(linked, "once more"));
    symlinkSync(linked, join(linked, "back"));
    symlinkSync("nowhere", join(linked, "gone"));
    const { list } = await testServer(t, { folders: [linked] });
    assert.deepEqual(
      (await list()).runs.map(({ version }) => version),
      ["version_0"],
    );
  });

  it("says how a run stands", async (t) => {
    const { folder, list } = await testServer(t);
    const summary = async () => (await list()).runs[0]!;
    const run = new TestRun(join(folder, "voice/version_0"), { epochs: 4 });
    assert.deepEqual([(await summary()).state, (await summary()).step], ["running", 0]);
    run.start().epoch().steps(10);
    const { state, ending, epoch, epochs, step, totalSteps, best, etaSeconds, numParameters } = await summary();
    assert.deepEqual([state, ending, epoch, epochs, step, totalSteps], ["running", null, 2, 4, 60, 200]);
    assert.deepEqual([best?.of, etaSeconds, numParameters], ["epoch 1", 280, 14_233_053]);
    run.finish("stopped");
    assert.deepEqual([(await summary()).state, (await summary()).ending], ["stopped", "stopped by hand"]);
  });

  it("takes a run for dead that ends without a word and is silent", async (t) => {
    const { folder, list } = await testServer(t);
    const run = new TestRun(join(folder, "voice/version_0")).start().steps(3);
    const longAgo = Date.now() / 1000 - 3600;
    utimesSync(run.logPath, longAgo, longAgo);
    const [summary] = (await list()).runs;
    assert.deepEqual([summary?.state, summary?.ending], ["stopped", "its log ends without a last word"]);
  });
});

describe("a run's detail", () => {
  it("has its curves over steps, epochs and hours, and its evaluations", async (t) => {
    const { folder, detail } = await testServer(t);
    new TestRun(join(folder, "voice/version_0"), { epochs: 2 }).whole();
    const { curves, evaluations, summary } = await detail("voice/version_0");
    assert.equal(curves.step.length, 2 * STEPS_IN_EPOCH);
    for (const column of Object.values(curves)) assert.equal(column.length, curves.step.length);
    assert.deepEqual([curves.step.at(-1), curves.epoch.at(-1)], [100, 2]);
    assert.equal(curves.epoch[24], 0.5);
    assert.ok(Math.abs(curves.hours.at(-1)! - 200 / 3600) < 1e-9, "two seconds a step");
    assert.deepEqual(
      evaluations.map(({ epoch, step, isBest }) => [epoch, step, isBest]),
      [
        [1, 50, true],
        [2, 100, true],
      ],
    );
    assert.deepEqual(summary.test, { wer: evaluations[1]!.wer, cer: evaluations[1]!.cer });
  });

  it("shows what was heard with each error marked, and no paths", async (t) => {
    const { folder, detail } = await testServer(t);
    const run = new TestRun(join(folder, "voice/version_0")).start().epoch();
    const { heard } = await detail("voice/version_0");
    assert.deepEqual(
      heard.map(({ title }) => title),
      ["dev, after epoch 1: the best"],
    );
    const { samples, worst } = heard[0]!;
    for (const { wordErrors, wordErrorRate, numWords } of worst) assert.equal(wordErrorRate, wordErrors / numWords);
    assert.match(samples[1]!.difference, /class="substitution" title="substituted: number → numbr"/);
    assert.match(samples[2]!.difference, /class="deletion" title="deleted: leave → ·"/);
    assert.ok(worst.every(({ wordErrors, durationSeconds }) => wordErrors > 0 && durationSeconds === 3.2));
    assert.ok(!JSON.stringify(heard).includes(run.folder) && !JSON.stringify(heard).includes(".flac"));
  });

  it("has averaged weights and the test set beside the newest epoch", async (t) => {
    const { folder, detail } = await testServer(t);
    new TestRun(join(folder, "voice/version_0")).start().epoch().epoch().average([1, 2]).test();
    const { heard, summary, evaluations } = await detail("voice/version_0");
    assert.equal(summary.best?.of, "the average of epochs 1, 2");
    assert.ok(summary.best.wer < evaluations[1]!.wer);
    const titles = [
      "dev, with the average of epochs 1, 2: the best",
      "dev, after epoch 2",
      "test, with the best checkpoint",
    ];
    assert.deepEqual(
      heard.map(({ title }) => title),
      titles,
    );
  });

  it("says why where the log cannot be read at all", async (t) => {
    const { folder, detail } = await testServer(t);
    const run = new TestRun(join(folder, "voice/version_0"));
    mkdirSync(run.logPath);
    assert.equal((await detail("voice/version_0")).problem, `${run.logPath}: is a folder, expected a file.`);
  });

  it("names damaged lines and shows all others; a line that is still being written is none", async (t) => {
    const { folder, detail } = await testServer(t);
    const run = new TestRun(join(folder, "voice/version_0")).start().steps(2).raw('{"kind":"st\n[]\n').steps(3);
    run.raw('{"time":"2025-01-01T00:00:00.000Z","ki');
    const { curves, numDamaged, damaged } = await detail("voice/version_0");
    assert.deepEqual([curves.step.length, numDamaged], [5, 2]);
    assert.deepEqual(
      damaged.map(({ line }) => line),
      [4, 5],
    );
    assert.match(damaged[1]!.reason, /expected an object/);
  });

  it("names lines that are JSON and lack what the page relies on", async (t) => {
    const { folder, detail, get } = await testServer(t);
    const run = new TestRun(join(folder, "voice/version_0")).start().steps(2);
    const [time, rates] = ["2025-01-01T00:00:00.000Z", { wer: 0.5, cer: 0.2 }];
    const dev = { rates, loss: 1, samples: [{ id: "a", reference: [["said"]], hypothesis: "heard" }], worst: [] };
    const epoch = {
      time,
      kind: "epoch",
      epoch: 1,
      epochs: 2,
      step: 2,
      trainLoss: 1,
      isBest: true,
      elapsedSeconds: 9,
      dev,
    };
    for (const event of [epoch, { time, kind: "averaged" }, { time, kind: "step", step: {} }])
      run.raw(`${JSON.stringify(event)}\n`);
    const { damaged, curves } = await detail("voice/version_0");
    assert.deepEqual(
      damaged.map(({ reason }) => reason),
      ["dev.samples.0.reference", "epochs", "epoch"].map((key) => `"${key}" is missing, or not what it should be`),
    );
    assert.equal(curves.step.length, 2);
    assert.equal((await get("/api/runs")).status, 200);
  });

  it("counts the steps that were skipped, and draws around them", async (t) => {
    const { folder, detail } = await testServer(t);
    const run = new TestRun(join(folder, "voice/version_0")).start().steps(2);
    run.raw(
      '{"time":"2025-01-01T00:00:00.000Z","kind":"step","epoch":1,"step":3,"totalSteps":500,"loss":"NaN","learningRate":0.1,"gradientNorm":"Infinity","audioSecondsPerSecond":100,"etaSeconds":9,"skipped":true}\n',
    );
    const { curves, numSkippedSteps } = await detail("voice/version_0");
    assert.deepEqual([numSkippedSteps, curves.loss[2], curves.learningRate[2]], [1, null, 0.1]);
  });

  it("begins anew where a resumed run cut its log", async (t) => {
    const { folder, detail } = await testServer(t);
    const run = new TestRun(join(folder, "voice/version_0")).start().epoch().steps(30).finish("stopped");
    const before = await detail("voice/version_0");
    assert.deepEqual([before.summary.state, before.curves.step.length], ["stopped", 80]);
    restoreLog(run.logPath, { step: 50, epoch: 1 });
    const after = await detail("voice/version_0");
    assert.deepEqual([after.summary.state, after.curves.step.length, after.evaluations.length], ["running", 50, 1]);
    assert.ok(after.summary.revision > before.summary.revision);
  });

  it("is not there for a run that is not", async (t) => {
    const { get } = await testServer(t);
    const response = await get("api/runs/0123456789ab");
    assert.equal(response.status, 404);
    assert.match(((await response.json()) as { error: string }).error, /There is no run "0123456789ab"/);
  });
});

it("configurations are compared by the server", async (t) => {
  const { folder, get, list } = await testServer(t);
  new TestRun(join(folder, "a/version_0"), { begin: 1, config: { seed: 1, model: { hiddenSize: 64 } } }).start();
  new TestRun(join(folder, "a/version_1"), { begin: 2, config: { seed: 1, model: { hiddenSize: 128 } } }).start();
  const ids = (await list()).runs.map(({ id }) => id).reverse();
  const differences = await (await get(`api/config-differences?runs=${ids.join(",")}`)).json();
  assert.deepEqual(differences, [{ key: "model.hiddenSize", values: ["64", "128"] }]);
});

it("updates come as a log grows", async (t) => {
  const { folder, get } = await testServer(t);
  const run = new TestRun(join(folder, "voice/version_0")).start();
  const response = await get("api/updates");
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const seen: number[] = [];
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const messages = text.split("\n\n");
    text = messages.pop()!;
    for (const message of messages) {
      const step = JSON.parse(/^data: (.*)$/m.exec(message)![1]!).runs[0].step;
      seen.push(step);
      if (step === 0) run.steps(5);
    }
    if (seen.includes(5)) break;
  }
  assert.deepEqual(seen, [0, 5]);
});
