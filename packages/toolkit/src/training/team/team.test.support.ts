/** What the tests of several processes share: a small run with everything on, its end as bits, and ranks to start. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { copyFile, readFile, truncate } from "node:fs/promises";
import { basename, join } from "node:path";
import { tidy } from "@deepspeech-ts/torch";
import { loadTrainingState } from "../../acoustic-model/index.js";
import type { TrainConfig, TrainConfigInput } from "../config.js";
import { readRunLog } from "../logging/read-log.js";
import { checkpointPath } from "../run-folder.js";
import { manifestIn, shortUtterances, tinyConfig } from "../training.test.support.js";

/** Eleven batches an epoch in steps of four: the last step has three. Dropout, masks, average, heads are all on. */
export async function livelyConfig(folder: string, overrides: TrainConfigInput = {}): Promise<TrainConfig> {
  const utterances = await shortUtterances(21);
  // One recording is cut short in the middle.
  const bad = join(folder, basename(utterances[5]!.audioPath));
  await copyFile(utterances[5]!.audioPath, bad);
  await truncate(bad, Math.floor((await readFile(bad)).length / 2));
  const spoilt = utterances.with(5, { ...utterances[5]!, audioPath: bad });
  return tinyConfig(folder, await manifestIn(folder, spoilt), {
    ...{ epochs: 2, maxBatchUtterances: 2, accumulateBatches: 4, emaDecay: 0.9, learningRate: 1e-3, keepBest: 2 },
    ...{ averageBest: 2, test: [], peerTimeoutSeconds: 60, saveMinutes: 1e-6, patience: 5 },
    specAugment: { timeMasks: 2, frequencyMasks: 2, startEpoch: 1 },
    objective: { intermediateLayers: [1], phoneLayer: 1, consistencyWeight: 0.2 },
    model: { convChannels: 2, residualLayers: 1, recurrentLayers: 2, hiddenSize: 8, dropout: 0.2 },
    ...overrides,
  });
}

/** Weights, optimiser, average and heads as bits, progress but for the time, and what the log says of steps and epochs. */
export async function endOf(runFolder: string) {
  const events = await readRunLog(runFolder);
  const figures = events.flatMap((event): object[] => {
    if (event.kind === "step") return [{ step: event.step, loss: event.loss, norm: event.gradientNorm }];
    if (event.kind === "epoch") return [{ epoch: event.epoch, trainLoss: event.trainLoss, dev: event.dev }];
    return event.kind === "averaged" ? [{ epochs: event.epochs, dev: event.dev }] : [];
  });
  const { tensors, progress } = tidy(() => {
    const { header, tensors } = loadTrainingState(checkpointPath(runFolder, "last"));
    const bits = [...tensors].map(([name, tensor]) => [
      name,
      Buffer.from(tensor.toTypedArray().buffer).toString("base64"),
    ]);
    return { tensors: bits, progress: (header.training as { progress: object }).progress };
  });
  return { figures, tensors, progress: { ...progress, elapsedSeconds: 0 } };
}

export interface StartOptions {
  /** Where rank 0 is. Default: this machine. */
  host?: string;
  /** What a rank's command line begins with. Default: nothing. */
  commandOf?: (rank: number) => string[];
}

export interface RunningRank {
  child: ChildProcess;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; errors: string }>;
}

/** Ranks as torchrun starts them, of which the first serves the store. */
export function startRanks(
  path: string,
  config: TrainConfig | readonly TrainConfig[],
  size: number,
  { host = "127.0.0.1", commandOf = () => [] }: StartOptions = {},
): RunningRank[] {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  return Array.from({ length: size }, (_, rank) => {
    const own = `${path}.${rank}`;
    writeFileSync(own, JSON.stringify(Array.isArray(config) ? config[rank] : config));
    const place = { RANK: `${rank}`, WORLD_SIZE: `${size}`, MASTER_ADDR: host, MASTER_PORT: `${port}` };
    const script = new URL("../train.test.process.js", import.meta.url).pathname;
    const env = { ...process.env, ...place, GLOG_minloglevel: "3" };
    const [command = "", ...rest] = [...commandOf(rank), process.execPath, script, own];
    const child = spawn(command, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      errors += text;
    });
    child.stdout.resume();
    const ended = once(child, "close").then(([code, signal]) => ({ code, signal, errors }));
    return { child, ended };
  });
}
