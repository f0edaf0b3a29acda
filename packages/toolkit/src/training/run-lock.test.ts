import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ownMark } from "@deepspeech-ts/recognizer/system";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { createRunFolder } from "./run-folder.js";
import { lockRun } from "./run-lock.js";
import { manifestIn, shortUtterances, tinyConfig, trainHere } from "./training.test.support.js";

describe("a run's folder", () => {
  it("is one process's, until it is done with it", async (t) => {
    const folder = await temporaryFolder(t);
    const config = tinyConfig(folder, await manifestIn(folder, await shortUtterances(4)));
    const runFolder = createRunFolder(config);
    const resume = () => trainHere({ ...config, resume: runFolder });
    {
      using _lock = await lockRun(runFolder);
      await assert.rejects(resume(), {
        code: "run-in-use",
        message: `${runFolder}: process ${process.pid} on ${hostname()} trains in it, and two would spoil each other's work; wait for its end, or stop it.`,
      });
    }
    assert.equal((await resume()).one("finished").reason, "epochs");
    assert.ok(!existsSync(join(runFolder, "lock")));
  });

  it("is held by a run that began there", async (t) => {
    const folder = await temporaryFolder(t);
    const config = tinyConfig(folder, await manifestIn(folder, await shortUtterances(4)));
    let isHeld = false;
    const run = await trainHere(config, {
      stopWhen: (event) => {
        if (event.kind === "start") isHeld = existsSync(join(event.runFolder, "lock"));
        return false;
      },
    });
    assert.ok(isHeld);
    assert.ok(!existsSync(join(run.runFolder, "lock")));
  });

  it("is free when the process that held it was killed", async (t) => {
    const folder = await temporaryFolder(t);
    const [lock, path] = [new URL("./run-lock.js", import.meta.url), join(folder, "lock")];
    const script = `
      await (await import(${JSON.stringify(lock)})).lockRun(${JSON.stringify(folder)});
      console.log("locked");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
    await once(child.stdout, "data");
    await assert.rejects(lockRun(folder), { code: "run-in-use" });
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.ok(existsSync(path));
    (await lockRun(folder))[Symbol.dispose]();
    // Its number is now another process's.
    const [place, pid] = ownMark().split("-");
    writeFileSync(path, JSON.stringify({ mark: `${place}-${pid}-0`, host: hostname(), pid }));
    (await lockRun(folder))[Symbol.dispose]();
  });

  it("of another machine's process is free when that is over, or of this very job", async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, "lock");
    const away = JSON.stringify({ mark: "00000000-1-2", host: "elsewhere", pid: 1, job: "Slurm 7.0" });
    const told: string[] = [];
    const watching = { watchSeconds: 0.6, onWatch: (message: string) => told.push(message) };
    writeFileSync(path, away);
    (await lockRun(folder, watching))[Symbol.dispose]();
    assert.match(told.join(), /lock: another machine has trained in this folder; 0.6 s will tell/);
    writeFileSync(path, away);
    (await lockRun(folder, { ...watching, job: "Slurm 7.0" }))[Symbol.dispose]();
    assert.equal(told.length, 1, "an earlier attempt of this job is over");
    writeFileSync(path, away);
    const touching = setInterval(() => utimesSync(path, new Date(), new Date()), 20);
    const refused = lockRun(folder, { watchSeconds: 60 }).finally(() => clearInterval(touching));
    await assert.rejects(refused, { message: /: process 1 on elsewhere trains in it/ });
    assert.equal(readFileSync(path, "utf8"), away);
  });
});
