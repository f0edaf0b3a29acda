/**
 * A run's curves in Weights & Biases, through its own package, which is no dependency of ours: who wants it installs
 * it. The run waits for the service at its start, to say in time that it cannot be reached, and at its end; between the
 * two, the package sends from a queue of its own.
 */
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { errorMessage, UserError } from "@deepspeech-ts/recognizer/system";
import { type LoggedEvent, readableNumber } from "./logged-event.js";
import { type Scalars, scalarsOf } from "./scalars.js";
import type { LogSink } from "./sink.js";

const PACKAGE = "@wandb/sdk";
/** How long the service may take to answer at the start, and to take what is left at the end. */
const PATIENCE_MILLISECONDS = 60_000;
/** What a start that failed may still throw comes within this time. */
const AFTERMATH_MILLISECONDS = 500;

export interface WandbOptions {
  project: string;
  /** The run's configuration, shown beside its curves. */
  config: object;
}

/** What we use of the package. */
export interface WandbSdk {
  init(options: { project: string; name: string; config: object }): Promise<WandbRun>;
}

interface WandbRun {
  log(data: Record<string, unknown>, step: number): void;
  finish(): Promise<void>;
}

/**
 * The package, from the working folder's node_modules or from those around this file.
 *
 * @throws UserError where it is not installed, or is not what it should be
 */
export async function loadWandb(): Promise<WandbSdk> {
  const path = findPackage();
  if (path === null) {
    throw new UserError(
      `wandb: the package ${PACKAGE} is not installed; run 'npm install ${PACKAGE}', or leave wandb out.`,
      { code: "missing-package" },
    );
  }
  const exported = (await import(pathToFileURL(path).href)) as { default?: unknown };
  const sdk = [exported, exported.default, (exported.default as { default?: unknown } | undefined)?.default];
  const found = sdk.find(isSdk);
  if (found) return found;
  throw new UserError(`wandb: ${path} has no function 'init'; reinstall ${PACKAGE}.`, { code: "missing-package" });
}

function findPackage(): string | null {
  for (const from of [join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      return createRequire(from).resolve(PACKAGE);
    } catch {
      // Not from here.
    }
  }
  return null;
}

function isSdk(value: unknown): value is WandbSdk {
  return typeof value === "object" && value !== null && "init" in value && typeof value.init === "function";
}

/**
 * Starts a run named after its folder. The package can only begin runs, not go on with one, so a resumed run is a run
 * of its own, named after the step that it goes on from.
 *
 * @throws UserError where the package is missing, nobody is logged in, or the service cannot be reached
 */
export async function openWandbSink(
  runFolder: string,
  resumedAfter: number,
  { project, config }: WandbOptions,
): Promise<LogSink> {
  const sdk = await loadWandb();
  const folder = resolve(runFolder);
  const name = join(basename(dirname(folder)), basename(folder));
  const options = { project, name: resumedAfter > 0 ? `${name} from step ${resumedAfter}` : name, config };
  try {
    return new WandbSink(await startRun(() => sdk.init(options)));
  } catch (error) {
    throw new UserError(
      `wandb: Weights & Biases did not start the run (${errorMessage(error)}); ` +
        "check WANDB_API_KEY and the network, or leave wandb out.",
      { code: "wandb-failed", cause: error },
    );
  }
}

/**
 * Waits until the package has started the run. Some failures it throws past its promise, where nobody can catch them,
 * and then never answers; as long as it starts, what nobody caught is taken for its answer.
 */
async function startRun(start: () => Promise<WandbRun>): Promise<WandbRun> {
  let onUncaught: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    onUncaught = reject;
  });
  process.on("uncaughtException", onUncaught);
  try {
    return await within(PATIENCE_MILLISECONDS, Promise.race([start(), failure]));
  } catch (error) {
    await delay(AFTERMATH_MILLISECONDS);
    throw error;
  } finally {
    process.off("uncaughtException", onUncaught);
  }
}

class WandbSink implements LogSink {
  /** A step's values, until the next step's: the package takes one row a step. */
  #row: Scalars | null = null;

  constructor(readonly run: WandbRun) {}

  handle(event: LoggedEvent): void {
    const scalars = scalarsOf(event);
    if (scalars === null) return;
    if (this.#row !== null && this.#row.step !== scalars.step) this.#send();
    this.#row = { step: scalars.step, values: { ...this.#row?.values, ...scalars.values } };
  }

  /** Nothing: sending is the package's own affair. */
  flush(): void {}

  /** The run is trained by now: should the service fail, it ends all the same. */
  async close(): Promise<void> {
    this.#send();
    try {
      await within(PATIENCE_MILLISECONDS, this.run.finish());
    } catch (error) {
      process.emitWarning(`Weights & Biases may lack the end of the run: ${errorMessage(error)}`);
    }
  }

  #send(): void {
    if (this.#row === null) return;
    const { step, values } = this.#row;
    const data = Object.entries(values).map(([tag, value]) => [tag, readableNumber(value)]);
    this.run.log(Object.fromEntries(data), step);
    this.#row = null;
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const timeout = delay(milliseconds, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new Error(`no answer within ${milliseconds / 1000} seconds`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timer.abort();
  }
}
