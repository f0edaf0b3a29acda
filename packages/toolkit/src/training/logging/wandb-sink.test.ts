/**
 * Weights & Biases needs an account and a network, so a small package stands in for its own: it lies in the
 * node_modules of a temporary working folder, is found and imported there as the real one is, and writes down what it
 * is called with.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { temporaryFolder, writeFiles } from "../../data/fixtures.test.support.js";
import { runEvents } from "./run-events.test.support.js";

const RECORDING_PACKAGE = `
const { appendFileSync } = require("node:fs");
const write = (...call) => appendFileSync("calls.jsonl", JSON.stringify(call) + "\\n");
const run = {
  log: (data, step) => write("log", data, step),
  finish: async () => {
    write("finish");
    if (process.env.WANDB_FAILS === "finish") throw new Error("connection lost");
  },
};
const init = async (options) => {
  write("init", options);
  if (process.env.WANDB_FAILS === "init") throw new Error("No API key found");
  if (process.env.WANDB_FAILS !== "uncaught") return run;
  for (const reason of ["Failed to upsert run", "res is null"]) setImmediate(() => { throw new Error(reason); });
  return new Promise(() => {});
};
exports.__esModule = true;
exports.default = { init };
`;

/** Logs the events that it is given; prints the message of an error. */
const LOGGING_PROGRAM = `
const { RunLog } = await import(process.env.RUN_LOG);
const { events, options } = JSON.parse(process.env.INPUT);
try {
  const log = await RunLog.open("runs/tiny/version_3", options);
  for (const event of events) log.handle(event);
  await log.close();
} catch (error) {
  console.log(error.name + ": " + error.message);
}
`;

const wandb = { project: "speech", config: { epochs: 2 } };
const install = (source: string) => ({ "node_modules/@wandb/sdk/index.js": source });

/** Runs the program in a folder that holds the files; gives its output and the calls that the package recorded. */
async function logIn(folder: string, options: object, fails = "") {
  const env = {
    ...process.env,
    RUN_LOG: new URL("../run-log.js", import.meta.url).href,
    INPUT: JSON.stringify({ events: runEvents("runs/tiny/version_3"), options }),
    WANDB_FAILS: fails,
  };
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", LOGGING_PROGRAM],
    { cwd: folder, env },
  );
  const calls = () =>
    readFileSync(join(folder, "calls.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as [name: string, first: Record<string, unknown>, step?: number]);
  return { stdout, stderr, calls };
}

async function workingFolder(t: Parameters<typeof temporaryFolder>[0], files: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { "runs/tiny/version_3/config.json": "{}", ...files });
  return folder;
}

test("a run is logged with one row a step, under TensorBoard's tags", async (t) => {
  const { stdout, calls } = await logIn(await workingFolder(t, install(RECORDING_PACKAGE)), { wandb });
  assert.equal(stdout, "");
  const [init, ...rows] = calls();
  assert.deepEqual(init, ["init", { project: "speech", name: "tiny/version_3", config: { epochs: 2 } }]);
  assert.deepEqual(rows.pop(), ["finish"]);
  assert.deepEqual(
    rows.map(([name, , step]) => [name, step]),
    [1, 2, 3, 4, 5, 6].map((step) => ["log", step]),
  );
  const speed = { audio_seconds_per_second: 40 };
  assert.deepEqual(rows[0]?.[1], { "Loss/train": 8, learning_rate: 1 / 1024, gradient_norm: 0.25, ...speed });
  const epoch = { "Loss/val": 2, val_acc: 0.75, "Metrics/wer": 0.5, "Metrics/cer": 0.25 };
  const last = { ...epoch, "Averaged/wer": 0.25, "Averaged/cer": 0.125, "Test/wer": 0.5, "Test/cer": 0.25 };
  assert.deepEqual(rows[5]?.[1], {
    ...{ "Loss/train": 8 / 6, learning_rate: 6 / 1024, gradient_norm: 1.5, ...speed },
    ...last,
  });
});

test("a resumed run is named after its step", async (t) => {
  const folder = await workingFolder(t, install(RECORDING_PACKAGE));
  const { calls } = await logIn(folder, { wandb, resumeAt: { step: 4, epoch: 1 } });
  assert.equal(calls()[0]?.[1].name, "tiny/version_3 from step 4");
});

test("who does not ask for it does not load it", async (t) => {
  const { stdout, stderr } = await logIn(await workingFolder(t, install("throw new Error('loaded')")), {});
  assert.deepEqual([stdout, stderr], ["", ""]);
});

test("a missing package is named before anything is logged", async (t) => {
  const folder = await workingFolder(t, {});
  const { stdout } = await logIn(folder, { wandb });
  const hint = "run 'npm install @wandb/sdk', or leave wandb out.";
  assert.equal(stdout, `UserError: wandb: the package @wandb/sdk is not installed; ${hint}\n`);
  assert.deepEqual(await readdir(join(folder, "runs/tiny/version_3")), ["config.json"]);
});

test("a package of that name that is another is refused", async (t) => {
  const { stdout } = await logIn(await workingFolder(t, install("exports.weigh = () => 1;")), { wandb });
  assert.match(stdout, /^UserError: wandb: \S+index\.js has no function 'init'; reinstall @wandb\/sdk\.\n$/);
});

test("a service that does not start the run stops it before training", async (t) => {
  const folder = await workingFolder(t, install(RECORDING_PACKAGE));
  const reasons = { init: "No API key found", uncaught: "Failed to upsert run" };
  for (const [fails, reason] of Object.entries(reasons)) {
    const { stdout, stderr } = await logIn(folder, { wandb }, fails);
    assert.equal(
      stdout,
      `UserError: wandb: Weights & Biases did not start the run (${reason}); ` +
        "check WANDB_API_KEY and the network, or leave wandb out.\n",
    );
    assert.equal(stderr, "");
  }
  assert.deepEqual(await readdir(join(folder, "runs/tiny/version_3")), ["config.json"]);
});

test("a service that fails at the end leaves a warning, and a run that ended well", async (t) => {
  const { stdout, stderr } = await logIn(await workingFolder(t, install(RECORDING_PACKAGE)), { wandb }, "finish");
  assert.equal(stdout, "");
  assert.match(stderr, /Warning: Weights & Biases may lack the end of the run: connection lost/);
});
