import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { placeIn } from "./place.js";
import { firstHostOf } from "./slurm-hosts.js";
import { checkTeamSize } from "./team-size.js";

const torchrun = { RANK: "3", WORLD_SIZE: "4", MASTER_ADDR: "10.0.0.1", MASTER_PORT: "29500" };
const slurm = {
  ...{ SLURM_PROCID: "0", SLURM_NTASKS: "8", SLURM_LOCALID: "0", SLURM_STEP_ID: "2", SLURM_JOB_ID: "1040077" },
  ...{ SLURM_STEP_NODELIST: "gpu[007-008,12]", SLURM_STEP_TASKS_PER_NODE: "3(x2),2" },
};

describe("the place that the environment gives a process", () => {
  it("is none where it says nothing, or that there is one process", () => {
    assert.equal(placeIn({}), undefined);
    assert.equal(placeIn({ ...torchrun, RANK: "0", WORLD_SIZE: "1" }), undefined);
    assert.equal(placeIn({ ...slurm, SLURM_NTASKS: "1" }), undefined);
    assert.equal(placeIn({ SLURM_PROCID: "0", SLURM_NTASKS: "8" }), undefined, "a job's script outside any step");
    assert.equal(placeIn({ ...slurm, SLURM_STEP_NUM_TASKS: "1" }), undefined, "a shell in a job of several tasks");
  });

  it("is torchrun's", () => {
    assert.deepEqual(placeIn(torchrun), {
      ...{ rank: 3, size: 4, localRank: 0, localSize: 1, host: "10.0.0.1", port: 29_500 },
      ...{ isServedByRank0: true, restarts: 0, startedBy: "RANK and WORLD_SIZE", job: undefined },
    });
    const elastic = {
      LOCAL_RANK: "1",
      LOCAL_WORLD_SIZE: "2",
      TORCHELASTIC_RESTART_COUNT: "2",
      TORCHELASTIC_RUN_ID: "a",
    };
    assert.deepEqual(placeIn({ ...torchrun, ...elastic }), {
      ...{ rank: 3, size: 4, localRank: 1, localSize: 2, host: "10.0.0.1", port: 29_500 },
      ...{ isServedByRank0: true, restarts: 2, startedBy: "torchrun", job: "torchrun a" },
    });
    assert.equal(placeIn({ ...torchrun, TORCHELASTIC_RUN_ID: "none" })?.job, undefined, "torchrun's word for no name");
    assert.equal(placeIn({ ...torchrun, TORCHELASTIC_USE_AGENT_STORE: "True" })?.isServedByRank0, false);
  });

  it("is that of a step of Slurm's", () => {
    assert.deepEqual(placeIn(slurm), {
      ...{ rank: 0, size: 8, localRank: 0, localSize: 3, host: "gpu007", port: 20_079 },
      ...{ isServedByRank0: true, restarts: 0, startedBy: "Slurm", job: "Slurm 1040077.2" },
    });
    const chosen = placeIn({ ...slurm, SLURM_PROCID: "7", MASTER_ADDR: "head", MASTER_PORT: "1234" });
    assert.deepEqual([chosen?.host, chosen?.port], ["head", 1234]);
    assert.equal(placeIn({ ...slurm, ...torchrun })?.startedBy, "RANK and WORLD_SIZE", "torchrun inside of a step");
  });

  it("is refused by the variable's name where it is half given or senseless", () => {
    const refused = (environment: Record<string, string>, message: RegExp) =>
      assert.throws(() => placeIn(environment), { code: "bad-environment", exitCode: 2, message });
    refused({ RANK: "0" }, /^WORLD_SIZE is not set, where RANK, WORLD_SIZE or Slurm's variables say /);
    refused({ ...torchrun, RANK: "4" }, /^RANK is "4"; it must be a whole number, from 0 to 3\.$/);
    refused({ ...torchrun, WORLD_SIZE: "two" }, /^WORLD_SIZE is "two"; it must be a whole number, 1 or more\.$/);
    refused({ ...torchrun, MASTER_ADDR: "" }, /^MASTER_ADDR is not set/);
    refused({ ...torchrun, MASTER_PORT: "123456" }, /^MASTER_PORT is "123456"; .* from 1 to 65535\.$/);
    refused(
      { ...slurm, SLURM_STEP_NODELIST: "" },
      /^SLURM_STEP_NODELIST is "", which names no host; set MASTER_ADDR\.$/,
    );
  });

  it("finds the first host of Slurm's lists", () => {
    const lists = { a: "a", "a,b": "a", "n[1-3],m": "n1", "n[09,11-12]x[2-4]": "n09x2", "rack-1-[5,7]": "rack-1-5" };
    for (const [list, first] of Object.entries(lists)) assert.equal(firstHostOf(list), first, list);
    assert.equal(firstHostOf(""), undefined);
  });
});

describe("the number of processes", () => {
  it("is a power of two that divides a step's batches; others are refused with the numbers that would do", () => {
    for (const [size, batches] of [
      [1, 1],
      [1, 7],
      [2, 6],
      [4, 4],
      [8, 24],
    ] as const)
      checkTeamSize(size, batches);
    const refused = (size: number, batches: number, end: string) =>
      assert.throws(() => checkTeamSize(size, batches), {
        message: `${size} processes cannot share steps of ${batches} batches (accumulateBatches): their number must be a power of two that divides it. ${end}`,
      });
    refused(3, 6, "Take 1 or 2.");
    refused(4, 24 / 4, "Take 1 or 2, or set accumulateBatches to 4, 8 or another multiple of 4.");
    refused(2, 1, "Take 1, or set accumulateBatches to 2, 4 or another multiple of 2.");
  });
});
