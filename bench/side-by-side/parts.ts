/** What is compared: each part gives one row or more. */

import type { Side, Timing } from "./contestant.js";
import { subfolder, writeEpoch, writeFlac, writePacked } from "./corpora.js";
import { type MeasureOptions, measure, measureStart } from "./measure.js";

export interface Row {
  name: string;
  ours: number;
  /** Null where there is no reference. */
  reference: number | null;
  /** How many times better ours is: faster, or smaller. */
  ratio: number | null;
  unit: string;
  /** The same by processor time, which busy neighbours disturb less; null where it says nothing. */
  cpuRatio: number | null;
  /** The settings that each side was measured at, its best. */
  settings: string;
}

export interface PartOptions extends MeasureOptions {
  /** A folder for what is made on the way. */
  folder: string;
  /** Where training steps run; everything else is the CPU's. */
  devices: readonly ("cpu" | "cuda")[];
  /** Of training steps. */
  precisions: readonly string[];
}

type Part = (options: PartOptions) => AsyncIterable<Row>;

const bothSides = ({ python }: MeasureOptions) => (python ? (["ours", "reference"] as const) : (["ours"] as const));

const STEP_SHAPES = [
  [8, 10],
  [16, 15],
] as const;

export const PARTS: Record<string, Part> = {
  async *"train-step"(options) {
    for (const device of options.devices) {
      for (const [batch, seconds] of STEP_SHAPES) {
        for (const precision of options.precisions) {
          yield* trainStep({ batch, seconds, precision, device }, options);
        }
      }
    }
  },
  async *epoch(options) {
    const { plan, numBatches, seconds } = await writeEpoch(subfolder(options.folder, "epoch"), 80);
    // A batch each in turns: over a whole epoch, a neighbour could come and go.
    const once = { ...options, rounds: numBatches, warmUp: false, isWhole: true };
    const results = await measure(
      { task: "epoch", precision: "fp32", device: "cpu", plan, scratch: options.folder },
      bothSides(options),
      once,
    );
    yield throughput("epoch of the sample corpus, fp32", seconds, results, "wallMs", "s of audio a second");
  },
  async *forward(options) {
    const results = await measure({ task: "forward", seconds: 10 }, bothSides(options), options);
    yield duration("forward pass, one utterance of 10 s", results);
  },
  async *features(options) {
    const results = await measure({ task: "features", batch: 8, seconds: 10 }, bothSides(options), options);
    yield duration("features, 8 × 10 s", results);
  },
  loader: loaderRows,
  async *greedy(options) {
    const frames = 40 * 3600;
    for (const isPeaked of [true, false]) {
      const task = { task: "greedy", frames, isPeaked };
      const results = await measure(task, bothSides(options), { ...options, threads: [1] });
      yield duration(`greedy decoding, an hour of ${isPeaked ? "speech" : "noise"}`, results);
    }
  },
  async *"start-up"(options) {
    const times: Partial<Record<Side, Timing>> = {};
    for (const side of bothSides(options)) times[side] = await measureStart(side, { task: "start-up" }, options);
    yield duration("start-up to a model that is ready", times);
  },
};

async function* trainStep(
  shape: { batch: number; seconds: number; precision: string; device: string },
  options: PartOptions,
): AsyncGenerator<Row> {
  const results = await measure({ task: "train-step", ...shape, scratch: options.folder }, bothSides(options), options);
  const name = `training step ${shape.device === "cuda" ? "on CUDA " : ""}${shape.precision}, ${shape.batch} × ${shape.seconds} s`;
  const { ours, reference } = results;
  const peaks = [ours!.peakMegabytes, reference?.peakMegabytes ?? null] as const;
  yield duration(name, results);
  yield { ...row(`${name}: peak memory`, ...peaks, "MB"), settings: settingsOf(results) };
}

async function* loaderRows(options: PartOptions): AsyncGenerator<Row> {
  const made = await writeFlac(subfolder(options.folder, "loader"));
  if (made === undefined) {
    console.log("loader: left out, for neither flac nor ffmpeg is installed to make FLAC files with");
    return;
  }
  const seconds = made.utterances.reduce((total, { durationSeconds }) => total + durationSeconds, 0);
  const onOne = { ...options, threads: [1] };
  const flac = await measure({ task: "load", manifest: made.manifest, batch: 8 }, bothSides(options), onOne);
  const manifest = await writePacked(options.folder, made.utterances);
  const packed = await measure({ task: "load", manifest, batch: 8 }, ["ours"], onOne);
  yield throughput("loader, FLAC", seconds, flac, "cpuMs", "× real time a core");
  yield throughput("loader, packed shards", seconds, packed, "cpuMs", "× real time a core");
}

type Results = Partial<Record<Side, Timing & { setting?: string }>>;

function duration(name: string, results: Results): Row {
  const { ours, reference } = results;
  const cpuRatio = reference ? reference.cpuMs / ours!.cpuMs : null;
  return { ...row(name, ours!.wallMs, reference?.wallMs ?? null, "ms"), cpuRatio, settings: settingsOf(results) };
}

function throughput(name: string, seconds: number, results: Results, clock: "wallMs" | "cpuMs", unit: string): Row {
  const perSecond = (side: Timing | undefined) => (side ? (1e3 * seconds) / side[clock] : null);
  const [ours, reference] = [perSecond(results.ours)!, perSecond(results.reference)];
  const cpuRatio = results.reference ? results.reference.cpuMs / results.ours!.cpuMs : null;
  return { name, ours, reference, ratio: reference && ours / reference, unit, cpuRatio, settings: settingsOf(results) };
}

function row(name: string, ours: number, reference: number | null, unit: string): Omit<Row, "settings"> {
  return { name, ours, reference, ratio: reference && reference / ours, unit, cpuRatio: null };
}

function settingsOf({ ours, reference }: Results): string {
  return [ours?.setting, reference?.setting].filter((setting) => setting !== undefined).join(" : ");
}
