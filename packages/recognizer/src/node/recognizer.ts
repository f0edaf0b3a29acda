/** The recogniser for Node: no compiler and no libtorch, only what npm installs. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Bundle, BundleHeader } from "@deepspeech-ts/speech";
import { type AudioBytes, badInput, bytesOf, describe } from "../core/audio-input.js";
import { openVerified } from "../core/open-verified.js";
import { checkOptions, func, wholeNumber } from "../core/options.js";
import { type CoreOptions, CoreRecognizer } from "../core/recognizer.js";
import { unusableBundle, type WorkerPlatform } from "../core/worker-platform.js";
import { RecognizerError } from "../errors.js";
import { openBundleFile } from "./bundle-file.js";
import { startNodePlatform } from "./node-platform.js";

/** How `Recognizer.load` opens a model. */
export interface LoadOptions {
  /** Processes that run the model at the same time, each on batches of its own and with its own copy. Default 1. */
  workers?: number | undefined;
  /** Threads that each of them uses for one operator. Default: the processor's cores, shared among the workers. */
  threads?: number | undefined;
  /** The most seconds of sound in one run of the model, padding included. Default 120. */
  maxBatchSeconds?: number | undefined;
  /**
   * How long a request waits for others under way to share a run with. Default 5. A live stream's sound waits twice as
   * long for each request that is open, up to twelve times.
   */
  maxWaitMilliseconds?: number | undefined;
  /** Called before each run of the model with the number of pieces of sound that share it. */
  onBatch?: ((size: number) => void) | undefined;
}

const milliseconds = {
  // Node's timers go no further.
  wanted: "a number from 0 to 2147483647",
  holds: (value: unknown) => typeof value === "number" && value >= 0 && value < 2 ** 31,
};
const seconds = {
  wanted: "a number above 0",
  holds: (value: unknown) => typeof value === "number" && value > 0,
};
const LOAD_CHECKS = {
  workers: wholeNumber,
  threads: wholeNumber,
  maxBatchSeconds: seconds,
  maxWaitMilliseconds: milliseconds,
  onBatch: func,
};

/** Recognises speech with one model bundle, off the calling thread. Dispose it, or `close` it, when done. */
export class Recognizer extends CoreRecognizer {
  /**
   * Loads a bundle and starts the processes and threads that it takes.
   *
   * @param bundle the path, the file: URL or the bytes of a .dsb file
   * @throws RecognizerError `bad-bundle`, `bad-argument`, `file-not-found`, `file-not-readable`
   */
  static async load(bundle: string | URL | AudioBytes, options: LoadOptions = {}): Promise<Recognizer> {
    checkOptions(options, LOAD_CHECKS);
    const source = bundle instanceof URL && bundle.protocol === "file:" ? fileURLToPath(bundle) : bundle;
    const given = typeof source === "string" ? source : bytesOf(source);
    if (!given)
      throw badInput(`the bundle is ${describe(bundle)}; give a path, a file: URL or the bytes of a .dsb file`);
    const { workers = 1, maxBatchSeconds = 120, maxWaitMilliseconds = 5 } = options;
    const threads = options.threads ?? Math.max(1, Math.floor(availableParallelism() / workers));
    const name = typeof given === "string" ? given : "the bundle";
    const opened = await (typeof given === "string"
      ? openBundleFile(given)
      : openVerified(given as Uint8Array<ArrayBuffer>, name));
    const platform = await start(opened, { workers, threads }, name);
    const batching = { maxBatchSeconds, maxWaitMilliseconds, numRunners: workers, onBatch: options.onBatch };
    return new Recognizer(opened.header, platform, batching);
  }

  readonly #platform: WorkerPlatform;

  private constructor(header: BundleHeader, platform: WorkerPlatform, options: CoreOptions) {
    super(header, platform, options);
    this.#platform = platform;
  }

  /** The processes that run the model, for who watches their memory. One that dies is followed by another. */
  get modelProcessIds(): readonly number[] {
    return this.#platform.modelProcessIds;
  }
}

async function start(bundle: Bundle, options: { workers: number; threads: number }, name: string) {
  try {
    return await startNodePlatform(bundle, options);
  } catch (error) {
    throw error instanceof RecognizerError ? error : unusableBundle(name, error);
  }
}
