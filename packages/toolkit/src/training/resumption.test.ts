/** What of a run may be another when it is resumed: it acts and is told, or it is refused. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { tidy } from "@deepspeech-ts/torch";
import { loadCheckpointHeader, loadTrainingState, saveCheckpoint } from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { runEvaluation } from "../evaluation/run-evaluation.js";
import type { TrainConfig, TrainConfigInput } from "./config.js";
import { readRunLog } from "./logging/read-log.js";
import { checkpointPath, configPath, epochCheckpointPath } from "./run-folder.js";
import {
  loggedValues,
  manifestIn,
  type RunRecord,
  rawManifestIn,
  shortUtterances,
  tinyConfig,
  trainHere,
  wordsLast,
} from "./training.test.support.js";
import { loadLastHeader, trainingStateOf } from "./training-state.js";

interface Scene {
  folder: string;
  config: TrainConfig;
  run: RunRecord;
  runFolder: string;
}

/** A run that stands at the end of its second epoch, or within its first. */
async function scene(t: TestContext, { within = false, ...overrides }: TrainConfigInput & { within?: boolean } = {}) {
  const folder = await temporaryFolder(t);
  const manifest = await manifestIn(folder, await shortUtterances(6));
  const config = tinyConfig(folder, manifest, { epochs: 2, learningRate: 1e-3, maxBatchSeconds: 20, ...overrides });
  const stopWhen = (event: { kind: string }) => within && event.kind === "step";
  const run = await trainHere(config, { stopWhen });
  return { folder, config, run, runFolder: run.runFolder } satisfies Scene;
}

const resumed = ({ config, runFolder }: Scene, changes: Partial<TrainConfig>) =>
  trainHere({ ...config, resume: runFolder, ...changes });

const progressIn = (runFolder: string) => trainingStateOf(loadLastHeader(runFolder)).progress;

describe("settings of a resumed run", () => {
  it("that can no longer act are refused with the reason, and the run stays as it was", async (t) => {
    const own = await scene(t);
    const { config, runFolder } = own;
    const before = readFileSync(checkpointPath(runFolder, "last"));
    const other: [changes: Partial<TrainConfig>, message: RegExp][] = [
      [{ initFrom: runFolder }, /^initFrom was unset and is now ".*", but that is for the beginning of a run/],
      [{ blankBias: 1 }, /^blankBias was 0 and is now 1, but that is for the beginning of a run/],
      [{ orthogonalRecurrence: false }, /^orthogonalRecurrence was true and is now false, but that is for the begin/],
      [{ experiment: "other" }, /^experiment was "tiny" and is now "other", but a resumed run stays in its folder/],
      [{ runs: "elsewhere" }, /^runs was ".*" and is now "elsewhere", but a resumed run stays in its folder/],
      [
        { model: { ...config.model, hiddenSize: 9 } },
        /^model\.hiddenSize was 8 and is now 9, but the run's weights fit/,
      ],
      [
        { features: { ...config.features, numMels: 17 } },
        /^features\.numMels was 16 and is now 17, but the run's weig/,
      ],
      [{ features: { ...config.features, kind: "mel" } }, /^features\.kind was "log-mel" and is now "mel", but the ru/],
      [{ alphabet: "abc" }, /^alphabet is "abc", but the model of .*version_0 writes "' abc.*start a new run from it/],
    ];
    for (const [changes, message] of other) {
      await assert.rejects(resumed(own, changes), { name: "UserError", code: "bad-config", message });
    }
    assert.ok(readFileSync(checkpointPath(runFolder, "last")).equals(before));
    assert.deepEqual(JSON.parse(readFileSync(configPath(runFolder), "utf8")), config);
  });

  it("that say what is so already are taken", async (t) => {
    const own = await scene(t);
    const again = await resumed(own, { alphabet: "' abcdefghijklmnopqrstuvwxyz", epochs: 3 });
    assert.equal(again.all("epoch").length, 1);
    const moved = { ...own, runFolder: join(own.config.runs, "renamed", "version_7") };
    await mkdir(join(own.config.runs, "renamed"));
    await rename(own.runFolder, moved.runFolder);
    assert.equal((await resumed(moved, { experiment: "renamed", epochs: 4 })).all("epoch").length, 1);
  });

  it("that act are told in the log, in config.json, and in TensorBoard", async (t) => {
    const own = await scene(t);
    const changes = { epochs: 3, learningRate: 5e-4, freeze: ["cnn.*"], model: { ...own.config.model, dropout: 0.3 } };
    const run = await resumed(own, changes);
    const told = [
      { key: "epochs", was: "2", is: "3" },
      { key: "freeze", was: "[]", is: '["cnn.*"]' },
      { key: "learningRate", was: "0.001", is: "0.0005" },
      { key: "model.dropout", was: "0.1", is: "0.3" },
    ];
    const sorted = (list: readonly { key: string }[] = []) => list.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    assert.deepEqual(sorted(run.one("start").changes), told);
    const starts = (await readRunLog(own.runFolder)).filter((event) => event.kind === "start");
    assert.deepEqual(
      starts.map((event) => sorted(event.changes)),
      [[], told],
    );
    const { resume: _, ...config } = { ...own.config, ...changes };
    assert.deepEqual(JSON.parse(readFileSync(configPath(own.runFolder), "utf8")), config);
    const texts = loggedValues(own.runFolder).filter((logged) => logged.kind === "text" && logged.tag !== "samples");
    assert.deepEqual(
      texts.map(({ tag, step }) => [tag, step]),
      [
        ["config", 0],
        ["config", 6],
        ["changed_on_resume", 6],
      ],
    );
    const [first, second, changed] = texts.map((logged) => (logged.kind === "text" ? logged.text : ""));
    assert.deepEqual(JSON.parse(first!), own.config);
    assert.equal(JSON.parse(second!).learningRate, 5e-4);
    assert.match(changed!, /^ {4}learningRate: 0\.001 → 0\.0005$/m);
  });

  it("may unfreeze what was frozen, and keep more checkpoints than before", async (t) => {
    const own = await scene(t, { freeze: ["cnn.*", "classifier.*"] });
    const more = await resumed(own, { epochs: 4, freeze: [], averageBest: 2 });
    assert.equal(more.one("finished").reason, "epochs");
    const { epochs } = more.one("averaged");
    assert.equal(epochs.length, 2);
    assert.ok(epochs.every((epoch) => existsSync(epochCheckpointPath(own.runFolder, epoch))));
  });

  it("another measure of what is best ranks anew what was kept", async (t) => {
    const own = await scene(t, { epochs: 4, keepBest: 4, selectBy: "loss" });
    const losses = progressIn(own.runFolder).kept.map(({ loss }) => loss);
    assert.deepEqual(
      losses,
      losses.toSorted((a, b) => a! - b!),
    );
    await resumed(own, { selectBy: "cer" });
    const { kept } = progressIn(own.runFolder);
    assert.deepEqual(
      kept.map(({ cer }) => cer),
      kept.map(({ cer }) => cer).toSorted((a, b) => a - b),
    );
    const weightsIn = (path: string) =>
      tidy(() => loadTrainingState(path).tensors.get("model.cnn.weight")!.toNumbers());
    const first = epochCheckpointPath(own.runFolder, kept[0]!.epoch);
    assert.deepEqual(weightsIn(checkpointPath(own.runFolder, "best")), weightsIn(first));
  });
});

describe("data of a resumed run", () => {
  const changed = async (folder: string, text: string) => {
    const utterances = await shortUtterances(6);
    return manifestIn(folder, [{ ...utterances[0]!, text }, ...utterances.slice(1)], "changed");
  };

  it("may not be others within an epoch, but may lie elsewhere", async (t) => {
    const own = await scene(t, { within: true });
    const train = [await changed(own.folder, "something else")];
    await assert.rejects(resumed(own, { train }), {
      name: "UserError",
      code: "bad-config",
      message:
        /^the training data were 6 utterances of \d+\.\d s \([0-9a-f]{8}\) and are now 6 utterances of \d+\.\d s \([0-9a-f]{8}\), but the run stopped within an epoch; bring them back to the epoch's end, or start a new run from this one with --init-from\.$/,
    });
    const elsewhere = join(own.folder, "moved.jsonl");
    await rename(own.config.train[0]!, elsewhere);
    const run = await resumed(own, { train: [elsewhere], dev: [elsewhere] });
    assert.equal(run.one("finished").reason, "epochs");
  });

  it("between epochs are told; what was kept is measured on the new dev data", async (t) => {
    const own = await scene(t, { keepBest: 2 });
    const paths = [await changed(own.folder, "a much longer text")];
    const run = await resumed(own, { train: paths, dev: paths, epochs: 3 });
    const keys = run.one("start").changes?.map(({ key }) => key) ?? [];
    assert.deepEqual(keys.toSorted(), ["dev", "dev data", "epochs", "train", "train data"]);
    for (const { epoch, wer, cer } of progressIn(own.runFolder).kept) {
      const checkpoint = epochCheckpointPath(own.runFolder, epoch);
      const { rates } = await runEvaluation({ checkpoint, data: paths, threads: 1, workers: 1 });
      assert.deepEqual([wer, cer], [rates.wer, rates.cer], `epoch ${epoch}`);
    }
  });

  it("leave what was kept as it was where measuring on them is broken off", async (t) => {
    const own = await scene(t, { keepBest: 2 });
    const filesOf = () => ["best", "last"].map((which) => readFileSync(checkpointPath(own.runFolder, which as "best")));
    const before = filesOf();
    const dev = [rawManifestIn(own.folder, "wordless", wordsLast())];
    const config = { ...own.config, resume: own.runFolder, dev, epochs: 3 };
    const stopped = await trainHere(config, { stopWhen: (event) => event.kind === "evaluating" });
    assert.equal(stopped.one("finished").reason, "stopped");
    assert.deepEqual(filesOf(), before);
  });

  it("of a run of an earlier version, which did not note them, are taken as they are", async (t) => {
    const own = await scene(t, { within: true });
    const last = checkpointPath(own.runFolder, "last");
    tidy(() => {
      const { header, tensors } = loadTrainingState(last);
      const { data: _, progress, ...training } = header.training as unknown as Record<string, object>;
      const { averaged: _a, spokeAt: _s, lowestCer: _l, ...older } = progress as Record<string, unknown>;
      saveCheckpoint(last, { ...header, training: { ...training, progress: older } }, tensors);
    });
    const run = await resumed(own, {});
    assert.equal(run.one("finished").reason, "epochs");
    assert.equal(run.one("start").changes, undefined);
    assert.ok((loadCheckpointHeader(last).header.training as { data?: object }).data);
  });
});
