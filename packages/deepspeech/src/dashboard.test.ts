/** The real command, in a process of its own. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { TestRun } from "@deepspeech-ts/toolkit/internal/dashboard/fixtures.test.support.js";
import { temporaryFolder } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";

const BINARY = fileURLToPath(new URL("../bin/deepspeech.mjs", import.meta.url));

test("serves the runs of a folder until Ctrl-C", async (t) => {
  const folder = await temporaryFolder(t);
  const { folder: runFolder } = new TestRun(join(folder, "voice/version_0")).start().steps(3);
  const child = spawn(process.execPath, [BINARY, "dashboard", runFolder, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  const [, url = ""] = /: (http:\/\/127\.0\.0\.1:\d+\/) \(Ctrl-C ends it\)\n$/.exec(String(line)) ?? [];
  const { runs } = (await (await fetch(`${url}api/runs`)).json()) as { runs: { step: number; folder: string }[] };
  assert.deepEqual(
    runs.map(({ step, folder: at }) => [step, at]),
    [[3, runFolder]],
  );
  child.kill("SIGINT");
  const [exitCode] = await once(child, "close");
  assert.equal(exitCode, 0);
});

test("libtorch is not loaded", () => {
  const script = `
    const { startDashboard } = await import(${JSON.stringify(import.meta.resolve("@deepspeech-ts/toolkit/internal/dashboard/index.js"))});
    await (await startDashboard({ folders: [], port: 0 })).close();
    process.stdout.write(String(process.report.getReport().sharedObjects.some((path) => path.includes("libtorch"))));`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.equal(stdout, "false");
});

test("a folder that is not there, and a port that is none, are refused in one line", () => {
  const run = (...words: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [BINARY, "dashboard", ...words], { encoding: "utf8" });
    return [status, stderr];
  };
  const missing = "deepspeech: no-such-runs: no such folder; name a run, or a folder of runs.\n";
  assert.deepEqual(run("no-such-runs"), [1, missing]);
  assert.deepEqual(run("--port", "x"), [2, 'deepspeech: --port must be a whole number from 0 to 65535, not "x"\n']);
  assert.deepEqual(run("--port", "70000"), [
    2,
    'deepspeech: --port must be a whole number from 0 to 65535, not "70000"\n',
  ]);
});
