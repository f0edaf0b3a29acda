import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { it } from "node:test";
import { temporaryFolder } from "../../data/fixtures.test.support.js";
import { createRunFolder, writeConfig } from "../run-folder.js";
import { tinyConfig } from "../training.test.support.js";
import { runOfEarlierAttempt } from "./earlier-attempt.js";
import { placeIn } from "./place.js";

const torchrun = { RANK: "0", WORLD_SIZE: "2", MASTER_ADDR: "a", MASTER_PORT: "1" };
const place = (restarts: string) => placeIn({ ...torchrun, TORCHELASTIC_RESTART_COUNT: restarts });

it("processes that were started again go on with the newest run of their own configuration", async (t) => {
  const folder = await temporaryFolder(t);
  const config = tinyConfig(folder, "corpus.jsonl");
  assert.equal(runOfEarlierAttempt(config, place("1")), undefined, "there is none");
  const older = createRunFolder(config);
  const own = createRunFolder(config);
  // As a run writes it when it has begun.
  writeConfig(own, { ...config, maxBatchSeconds: 8 });
  createRunFolder({ ...config, seed: 7 });
  assert.equal(runOfEarlierAttempt(config, place("1")), own);
  assert.equal(runOfEarlierAttempt(config, place("0")), undefined, "the first start");
  assert.equal(runOfEarlierAttempt(config, undefined), undefined, "one process alone");
  await rm(own, { recursive: true });
  assert.equal(runOfEarlierAttempt(config, place("2")), older);
});

it("of a job that says its name they go on with a run of its own, and with no finished one of the same configuration", async (t) => {
  const folder = await temporaryFolder(t);
  const config = tinyConfig(folder, "corpus.jsonl");
  const restarted = (id: string) => placeIn({ ...torchrun, TORCHELASTIC_RESTART_COUNT: "1", TORCHELASTIC_RUN_ID: id });
  createRunFolder(config, "torchrun yesterday");
  createRunFolder(config);
  assert.equal(runOfEarlierAttempt(config, restarted("today")), undefined);
  const own = createRunFolder(config, "torchrun today");
  createRunFolder(config, "torchrun tomorrow");
  assert.equal(runOfEarlierAttempt(config, restarted("today")), own);
});
