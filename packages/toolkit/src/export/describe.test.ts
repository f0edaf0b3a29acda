import assert from "node:assert/strict";
import { test } from "node:test";
import { loadCheckpointHeader } from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { checkpointPath, epochCheckpointPath } from "../training/run-folder.js";
import { manifestIn, shortUtterances, tinyConfig, trainHere } from "../training/training.test.support.js";
import { runFacts } from "./describe.js";

test("a checkpoint tells the error rates of its own weights, or none", async (t) => {
  const folder = await temporaryFolder(t);
  const manifest = await manifestIn(folder, await shortUtterances(4));
  const record = await trainHere(tinyConfig(folder, manifest, { epochs: 3, keepBest: 3, averageLast: 3 }));
  const { runFolder } = record;
  const told = (path: string) => runFacts(loadCheckpointHeader(path).header.training).dev;
  const ratesOf = ({ wer, cer }: { wer: number; cer: number }) => ({ wer, cer });
  for (const { epoch, dev } of record.all("epoch")) {
    assert.deepEqual(told(epochCheckpointPath(runFolder, epoch)), ratesOf(dev.rates));
  }
  const best = record.one("finished").best;
  assert.deepEqual(told(checkpointPath(runFolder, "best")), best && ratesOf(best));
  for (const which of ["last", "averaged"] as const) assert.equal(told(checkpointPath(runFolder, which)), undefined);
});

test("of an earlier version's checkpoint, the rates of the epoch that it ends are told", () => {
  const kept = [
    { epoch: 2, wer: 0.25, cer: 0.125 },
    { epoch: 4, wer: 0.5, cer: 0.25 },
  ];
  const dev = (progress: object) => runFacts({ config: { train: [] }, progress: { step: 9, kept, ...progress } }).dev;
  assert.deepEqual(dev({ epoch: 4, batch: 0, averaged: { epochs: [2, 4], wer: 0, cer: 0 } }), { wer: 0.5, cer: 0.25 });
  assert.equal(dev({ epoch: 3, batch: 0 }), undefined);
  assert.equal(dev({ epoch: 4, batch: 7 }), undefined);
});
