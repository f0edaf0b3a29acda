/** Times both sides of a row: each side's best setting first, then both in turns, by medians. */
import { setNativeDefaults } from "@deepspeech-ts/torch/environment";
import { median } from "../median.js";
import { Contestant, type Side, type Task, type Timing } from "./contestant.js";

export interface MeasureOptions {
  /** Undefined: our side alone. */
  python: string | undefined;
  rounds: number;
  /** Run once before each run that counts: a side that stood still finds its caches cold. Default: true. */
  warmUp?: boolean;
  /** Add up the runs, which are parts of one piece of work, instead of taking their median. Default: false. */
  isWhole?: boolean;
  /** Thread counts to try; each side takes its best. */
  threads: readonly number[];
}

/** How a side is run. Sleeping threads or spinning ones matter to more than one only. */
interface Setting {
  threads: number;
  waiting: "PASSIVE" | "ACTIVE";
  /** By malloc, instead of giving it back and taking it anew in each step; ours keeps the large pieces itself. */
  keepsMemory: boolean;
}

/** glibc's settings with which malloc never gives memory back; arenas of threads would. */
const KEEP_MEMORY = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_MAX_: "0",
  MALLOC_TRIM_THRESHOLD_: "1000000000000",
  MALLOC_TOP_PAD_: "268435456",
};

export interface SideResult extends Timing {
  peakMegabytes: number;
  setting: string;
  version: string;
}

type Work = Omit<Task, "threads">;

/** Median times of both sides; `reference` is undefined where it could not or need not run. */
export async function measure(
  work: Work,
  sides: readonly Side[],
  options: MeasureOptions,
): Promise<Partial<Record<Side, SideResult>>> {
  const { warmUp = true, isWhole = false } = options;
  const open: [Side, Setting, Contestant, Timing[]][] = [];
  try {
    for (const side of sides) {
      const setting = await bestSetting(side, work, options);
      open.push([side, setting, await start(side, setting, work, options), []]);
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const [, , contestant, timings] of open) {
        if (warmUp) await contestant.run();
        timings.push(await contestant.run());
      }
    }
    const results = await Promise.all(
      open.map(
        async ([side, setting, contestant, timings]) =>
          [side, await summary(setting, contestant, isWhole ? sumOf(timings) : medianOf(timings))] as const,
      ),
    );
    return Object.fromEntries(results);
  } finally {
    for (const [, , contestant] of open) await contestant[Symbol.asyncDispose]();
  }
}

/** Wall time from nothing to a task that is ready, by median. */
export async function measureStart(side: Side, work: Work, options: MeasureOptions): Promise<Timing> {
  const timings: Timing[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const before = performance.now();
    const contestant = await start(side, { threads: 1, waiting: "PASSIVE", keepsMemory: false }, work, options);
    timings.push({ wallMs: performance.now() - before, cpuMs: Number.NaN });
    await contestant[Symbol.asyncDispose]();
  }
  return medianOf(timings);
}

async function summary({ threads, waiting, keepsMemory }: Setting, contestant: Contestant, timing: Timing) {
  const { version } = contestant;
  const words = threads === 1 ? ["1 thread"] : [`${threads} threads`, waiting.toLowerCase()];
  const setting = [...words, ...(keepsMemory ? ["memory kept"] : [])].join(", ");
  return { ...timing, peakMegabytes: await contestant.peakMegabytes(), setting, version };
}

/** The faster of the second runs: the first pays for what is made once. */
async function bestSetting(side: Side, work: Work, options: MeasureOptions): Promise<Setting> {
  const settings = options.threads.flatMap((threads) => settingsOf(side, threads));
  if (settings.length === 1) return settings[0]!;
  const times: number[] = [];
  for (const setting of settings) {
    await using contestant = await start(side, setting, work, options);
    await contestant.run();
    times.push((await contestant.run()).wallMs);
  }
  return settings[times.indexOf(Math.min(...times))]!;
}

function settingsOf(side: Side, threads: number): Setting[] {
  if (side === "ours") return [{ threads, waiting: "PASSIVE", keepsMemory: false }];
  const waits = threads > 1 ? (["PASSIVE", "ACTIVE"] as const) : (["PASSIVE"] as const);
  return waits.flatMap((waiting) => [false, true].map((keepsMemory) => ({ threads, waiting, keepsMemory })));
}

/** Both sides get what our own program sets for itself, above all OpenBLAS's right kernels. */
function start(side: Side, { threads, waiting, keepsMemory }: Setting, work: Work, { python = "" }: MeasureOptions) {
  setNativeDefaults();
  const own = { OMP_WAIT_POLICY: waiting, OMP_NUM_THREADS: String(threads), ...(keepsMemory && KEEP_MEMORY) };
  const env = { ...process.env, ...own };
  return Contestant.start(side, { ...work, threads } as Task, { python, env });
}

function sumOf(timings: readonly Timing[]): Timing {
  const sum = (key: keyof Timing) => timings.reduce((total, timing) => total + timing[key], 0);
  return { wallMs: sum("wallMs"), cpuMs: sum("cpuMs") };
}

function medianOf(timings: readonly Timing[]): Timing {
  return {
    wallMs: median(timings.map(({ wallMs }) => wallMs)),
    cpuMs: median(timings.map(({ cpuMs }) => cpuMs)),
  };
}
