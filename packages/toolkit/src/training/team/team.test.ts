/** Real processes that train one model: they give the bits of one process, and none outlives another's death. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { distributed } from "@deepspeech-ts/torch";
import { temporaryFolder } from "../../data/fixtures.test.support.js";
import { Random } from "../../data/random.js";
import type { TrainConfig } from "../config.js";
import { manifestIn, RunRecord, shortUtterances, trainInWorker } from "../training.test.support.js";
import { endOf, livelyConfig, startRanks } from "./team.test.support.js";

const REMEDY = "Start all again with --resume to continue from the last checkpoint.";

const skip = !distributed.canJoin && "this add-on was built without Gloo";

describe("processes that train together", { skip }, () => {
  let expected: Awaited<ReturnType<typeof endOf>>;
  let config: TrainConfig;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "team-"));
    config = await livelyConfig(folder);
    const run = await trainInWorker(config);
    assert.equal(run.all("failure").length, 1);
    assert.equal(run.one("finished").steps, 6);
    expected = await endOf(run.runFolder);
  });
  after(async () => await rm(folder, { recursive: true, force: true }));

  it("give the weights, losses and error rates of one process to the bit", async () => {
    const run = await trainInWorker({ ...config, processes: 4 });
    assert.deepEqual(await endOf(run.runFolder), expected);
    assert.equal(run.all("failure").length, 1);
  });

  it("may add up in any order, on devices of their own: then losses are those of one process but for rounding", async () => {
    const run = await trainInWorker({ ...config, processes: 4, reduction: "fast", devices: Array(4).fill("cpu") });
    const { figures } = await endOf(run.runFolder);
    const lossesOf = (all: readonly object[]) =>
      all.flatMap((figure) => ("loss" in figure ? [Number(figure.loss)] : []));
    const [found, wanted] = [lossesOf(figures), lossesOf(expected.figures)];
    assert.equal(found.length, 6);
    for (const [step, loss] of found.entries()) {
      assert.ok(Math.abs(loss - wanted[step]!) < 1e-4 * wanted[step]!, `step ${step}: ${loss} for ${wanted[step]}`);
    }
  });

  it("stop together when they are asked to, and one alone goes on to the same bits", async () => {
    const stopWhen = (event: { kind: string }) => event.kind === "step";
    const stopped = await trainInWorker({ ...config, processes: 2 }, { stopWhen });
    assert.equal(stopped.one("finished").reason, "stopped");
    await trainInWorker({ ...config, resume: stopped.runFolder });
    assert.deepEqual(await endOf(stopped.runFolder), expected);
  });

  it("are ended by the death of any of them, wherever it is, and twice as many go on to the same bits", async (t) => {
    const random = new Random(String(process.hrtime.bigint()));
    const folder = await temporaryFolder(t);
    const own = { ...config, runs: join(folder, "runs") };
    const ranks = startRanks(join(folder, "config.json"), own, 2);
    const [killed, delayMs] = [random.integer(2), random.integer(1500)];
    const note = `rank ${killed} killed ${delayMs} ms after rank 0's first event`;
    await Promise.race([once(ranks[0]!.child.stdout!, "data"), ranks[0]!.ended]);
    await setTimeout(delayMs);
    ranks[killed]!.child.kill("SIGKILL");
    const other = await ranks[1 - killed]!.ended;
    t.diagnostic(note);
    // Unless it was done before.
    if (other.code !== 0) assert.match(other.errors, new RegExp(`UserError: rank ${killed} on .* ${REMEDY}`), note);
    const runFolder = join(own.runs, "tiny", "version_0");
    const resumed = { ...own, processes: 4, ...(existsSync(runFolder) && { resume: runFolder }) };
    await trainInWorker(resumed);
    assert.deepEqual((await endOf(runFolder)).tensors, expected.tensors, note);
  });

  it("wait for one that was stopped no longer than they may, and name it", async (t) => {
    const folder = await temporaryFolder(t);
    const own = { ...config, runs: join(folder, "runs"), epochs: 500, peerTimeoutSeconds: 4 };
    for (const [stopped, said] of [
      [1, "has been silent for \\d+ s by rank 0, last at step \\d+\\."],
      [0, "which serves the store at 127\\.0\\.0\\.1:\\d+, does not answer any more .*\\."],
    ] as const) {
      const ranks = startRanks(join(folder, "config.json"), own, 2);
      await stepOf(ranks[0]!.child);
      ranks[stopped]!.child.kill("SIGSTOP");
      const { errors, code } = await ranks[1 - stopped]!.ended;
      ranks[stopped]!.child.kill("SIGKILL");
      assert.match(errors, new RegExp(`UserError: rank ${stopped} on [^ ,]+,? ${said} ${REMEDY}`));
      assert.equal(code, 1);
    }
  });

  it("all say what one of them failed of", async (t) => {
    const folder = await temporaryFolder(t);
    const own = { ...config, runs: join(folder, "runs") };
    const other = await manifestIn(folder, await shortUtterances(9), "other");
    const configs = [own, { ...own, train: [other] }];
    const ranks = startRanks(join(folder, "config.json"), configs, 2);
    for (const { ended } of ranks) {
      assert.match((await ended).errors, /rank 1 on \S+ has other training or dev data than the others\./);
    }
    const lost = startRanks(join(folder, "config.json"), [own, { ...own, dev: [join(folder, "none.jsonl")] }], 2);
    const [first, second] = await Promise.all(lost.map(({ ended }) => ended));
    assert.match(second!.errors, /none\.jsonl: no such file; check the path\./);
    assert.match(first!.errors, /rank 1 on \S+ failed: .*none\.jsonl: no such file; check the path\./);
  });

  it("are refused in a number that cannot share a step", async () => {
    await assert.rejects(trainInWorker({ ...config, processes: 3 }), {
      code: "bad-config",
      message: /^3 processes cannot/,
    });
  });
});

describe("processes on this machine", { skip }, () => {
  it("are ended by the first death, and none is left", async (t) => {
    const folder = await temporaryFolder(t);
    const config = await livelyConfig(folder, { epochs: 500, processes: 2 });
    for (const [signal, exitCode] of [
      ["SIGKILL", 137],
      ["SIGTERM", 143],
    ] as const) {
      const record = new RunRecord();
      let children: number[] = [];
      const stopWhen = (event: { kind: string }) => {
        if (event.kind !== "step" || children.length > 0) return false;
        children = childrenOf(process.pid).filter(isRank);
        process.kill(children[1]!, signal);
        return false;
      };
      const error = await trainInWorker(config, { record, stopWhen }).catch((reason: unknown) => reason);
      assert.deepEqual(
        error,
        new UserError(
          `rank 1 (process ${children[1]}) was killed by ${signal}; the others were ended. --resume continues from the last checkpoint.`,
          { code: "process-died", exitCode },
        ),
      );
      assert.equal(children.length, 2);
      assert.deepEqual(childrenOf(process.pid).filter(isRank), []);
    }
  });
});

async function stepOf({ stdout }: ChildProcess): Promise<void> {
  for await (const [text] of stdoutEvents(stdout!)) if (String(text).includes("step")) return;
}

async function* stdoutEvents(stdout: NonNullable<ChildProcess["stdout"]>) {
  for (;;) yield await once(stdout, "data");
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

function isRank(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("team-process");
  } catch {
    return false;
  }
}
