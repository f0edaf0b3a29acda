/** Killed at any moment, with no chance to save, a resumed run ends with the weights of one that was never stopped. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { tidy } from "@deepspeech-ts/torch";
import { loadTrainingState } from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { Random } from "../data/random.js";
import type { TrainConfig } from "./config.js";
import { readRunLog } from "./logging/read-log.js";
import { checkpointPath } from "./run-folder.js";
import { manifestIn, shortUtterances, tinyConfig, trainHere } from "./training.test.support.js";

/** Everything that has a state: dropout, masks, order, average, plateau, accumulation, kept checkpoints. */
async function livelyConfig(folder: string): Promise<TrainConfig> {
  return tinyConfig(folder, await manifestIn(folder, await shortUtterances(11)), {
    ...{ epochs: 4, maxBatchUtterances: 2, accumulateBatches: 2, keepBest: 2, emaDecay: 0.9, learningRate: 1e-3 },
    saveMinutes: 1e-6,
    schedule: { kind: "reduce-on-plateau", plateauPatience: 0 },
    model: { convChannels: 2, residualLayers: 1, recurrentLayers: 2, hiddenSize: 8, dropout: 0.2 },
  });
}

/** Trains in another process, until it ends or is killed; the delay, if any, counts from its first event. */
async function trainInProcess(
  config: TrainConfig,
  configPath: string,
  killAfterMs: number | undefined,
): Promise<boolean> {
  writeFileSync(configPath, JSON.stringify(config));
  const child = spawn(process.execPath, [new URL("./train.test.process.js", import.meta.url).pathname, configPath]);
  let errors = "";
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const ended = once(child, "exit");
  const hasBegun = await Promise.race([once(child.stdout, "data").then(() => true), ended.then(() => false)]);
  const mayEnd = !hasBegun || killAfterMs === undefined;
  const timer = mayEnd ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  const [code, signal] = await ended;
  clearTimeout(timer);
  assert.ok(code === 0 || signal === "SIGKILL", `the process ended with ${code}: ${errors}`);
  return code === 0;
}

function endOf(runFolder: string): Map<string, string> {
  return tidy(() => {
    const { tensors } = loadTrainingState(checkpointPath(runFolder, "last"));
    const bytes = ([name, tensor]: [string, { toTypedArray(): ArrayBufferView }]): [string, string] => [
      name,
      Buffer.from(tensor.toTypedArray().buffer).toString("base64"),
    ];
    return new Map([...tensors].map(bytes));
  });
}

describe("a run that is killed with SIGKILL", () => {
  it("resumes to the very weights of one that was never stopped, and its log tells each step once", async (t) => {
    const folder = await temporaryFolder(t);
    const config = await livelyConfig(folder);
    const whole = await trainHere(config);
    const expected = endOf(whole.runFolder);
    const runFolder = join(config.runs, "tiny", "version_1");
    const random = new Random(String(process.hrtime.bigint()));
    const delays: number[] = [];
    let isOver = false;
    for (let session = 0; !isOver && session < 7; session++) {
      // Long enough to get somewhere, too short to get to the end at once; the last session goes on to it.
      const delay = session < 6 ? 20 + random.integer(280) : undefined;
      if (delay !== undefined) delays.push(delay);
      // One that was killed before it had a folder has nothing to go on from.
      const resumed = existsSync(runFolder) ? { ...config, resume: runFolder } : config;
      isOver = await trainInProcess(resumed, join(folder, "config.json"), delay);
    }
    assert.ok(isOver);
    const note = `killed after ${delays.join(", ")} ms`;
    t.diagnostic(note);
    assert.deepEqual(endOf(runFolder), expected, note);
    const stepsIn = async (path: string) =>
      (await readRunLog(path)).flatMap((event) => (event.kind === "step" ? [[event.step, event.loss]] : []));
    assert.deepEqual(await stepsIn(runFolder), await stepsIn(whole.runFolder), note);
  });
});
