/**
 * The platform that all others are: workers that run the model, and workers that decode and search. Where they run, and
 * how they are reached, whoever makes it says.
 */
import { type Emissions, SpeechError, type TextAlignment } from "@deepspeech-ts/speech";
import { errorMessage, RecognizerError } from "../errors.js";
import type { ResolvedAudio } from "./audio-input.js";
import { type AudioSource, inPieces } from "./audio-reader.js";
import type { CallClient } from "./call-client.js";
import { type Cancellation, cancellable } from "./cancellation.js";
import { type Detection, type DetectorSound, runDetector } from "./detector-runs.js";
import { HelperSearch, type LiveSearch } from "./live-search.js";
import type { Model } from "./model-client.js";
import type { OpenAudioOptions, Platform } from "./platform.js";
import type { FoundText, SearchSettings } from "./search.js";
import { runSteps, type Step } from "./step-runs.js";
import type { TensorData } from "./tensor-data.js";

/** Decoding and search take far less time than the model. */
const MOST_HELPERS = 4;
/**
 * A batch is padded to a multiple of so many samples: ONNX Runtime plans its memory once for each shape, and keeps the
 * plan. So there are some thousand shapes at most, whatever comes.
 */
const LENGTH_STEP = 1600;

export interface WorkerPlatformOptions {
  /** Each with its own copy of the model. */
  readonly models: readonly Model[];
  /** They serve `helperHandlers`. */
  readonly helpers: readonly CallClient[];
  /** The path that a `file:` URL names. */
  readonly pathOf: (url: URL) => string;
}

/** How many helpers a machine of so many cores is given. */
export function helpersFor(cores: number): number {
  return Math.min(MOST_HELPERS, Math.max(1, cores - 1));
}

/**
 * Starts everything together; where one part cannot be started, the others are stopped.
 *
 * @throws whatever ONNX Runtime says of a graph that it cannot run; SpeechError for a language model that is none
 */
export async function startWorkers(
  models: readonly Promise<Model>[],
  { helpers, pathOf }: Omit<WorkerPlatformOptions, "models">,
): Promise<WorkerPlatform> {
  try {
    const [started] = await Promise.all([Promise.all(models), helpers[0]?.call("ready", [])]);
    return new WorkerPlatform({ models: started, helpers, pathOf });
  } catch (error) {
    for (const model of models) void model.then((started) => started.close(error)).catch(() => {});
    for (const helper of helpers) void helper.close(error);
    throw error;
  }
}

/** What `startWorkers` failed with, as an error of the bundle `name`. */
export function unusableBundle(name: string, error: unknown): RecognizerError {
  const part = error instanceof SpeechError ? "its language model cannot be used" : "its model cannot be run";
  const reason = `${part}: ${errorMessage(error)}; export it again`;
  return new RecognizerError("bad-bundle", `${name}: ${reason}`, { cause: error });
}

export class WorkerPlatform implements Platform {
  readonly #models: readonly Model[];
  readonly #helpers: readonly CallClient[];
  readonly pathOf: (url: URL) => string;
  #nextAudio = 0;
  #nextSearch = 0;
  #nextLongCall = 0;

  constructor({ models, helpers, pathOf }: WorkerPlatformOptions) {
    this.#models = models;
    this.#helpers = helpers;
    this.pathOf = pathOf;
  }

  /** Those that run the model, where it runs in processes of its own. */
  get modelProcessIds(): number[] {
    return this.#models.flatMap(({ pid }) => pid ?? []);
  }

  async infer(waveforms: readonly Float32Array<ArrayBuffer>[]): Promise<Emissions[]> {
    const lengths = waveforms.map(({ length }) => length);
    const width = Math.ceil(Math.max(...lengths) / LENGTH_STEP) * LENGTH_STEP;
    const batch = new Float32Array(waveforms.length * width);
    for (const [row, waveform] of waveforms.entries()) batch.set(waveform, row * width);
    const inputs = {
      waveforms: { type: "float32", data: batch, dims: [waveforms.length, width] },
      lengths: { type: "int64", data: BigInt64Array.from(lengths, BigInt), dims: [waveforms.length] },
    };
    const outputs = await leastBusy(this.#models).run(inputs, ["log_probs", "log_prob_lengths"]);
    return emissionsOf(outputs.log_probs, outputs.log_prob_lengths);
  }

  step(steps: readonly Step[]): Promise<Emissions[]> {
    return runSteps(steps, leastBusy(this.#models).runStep);
  }

  detectSpeech(sounds: readonly DetectorSound[]): Promise<Detection[]> {
    return runDetector(sounds, leastBusy(this.#models).detectSpeech);
  }

  search(emissions: Emissions, settings: SearchSettings, cancellation: Cancellation): Promise<FoundText[]> {
    return this.#longCall("search", [emissions, settings], cancellation);
  }

  searchLive(settings: SearchSettings): LiveSearch {
    const id = this.#nextSearch++;
    // Each stays where it begins, for as long as people speak: so they take turns.
    return new HelperSearch(this.#helpers[id % this.#helpers.length]!, id, settings);
  }

  align(emissions: Emissions, text: string, cancellation: Cancellation): Promise<TextAlignment> {
    return this.#longCall("align", [emissions, text], cancellation);
  }

  /** A helper's work on it ends too when it is cancelled: who comes next need not wait for what nobody wants. */
  async #longCall<R>(method: "search" | "align", args: readonly unknown[], cancellation: Cancellation): Promise<R> {
    cancellation.throwIfCancelled();
    const helper = leastBusy(this.#helpers);
    const id = this.#nextLongCall++;
    const found = helper.call<R>(method, [id, ...args]);
    // A closed helper has let go of everything.
    const forget = cancellation.onCancel(() => void helper.call("giveUp", [id]).catch(() => {}));
    try {
      return await cancellable(found, cancellation);
    } finally {
      forget();
    }
  }

  async *openAudio(
    input: ResolvedAudio,
    { cancellation, ...options }: OpenAudioOptions,
  ): AsyncGenerator<Float32Array<ArrayBuffer>, void, undefined> {
    if (input instanceof Float32Array && options.inputSampleRate === options.sampleRate) {
      // They are as the model takes them: a way to a helper and back would cost more than it saves.
      yield* inPieces(input, options.sampleRate);
      return;
    }
    const helper = leastBusy(this.#helpers);
    const id = this.#nextAudio++;
    const source = { ...options, input } satisfies AudioSource;
    await helper.call("openAudio", [id, source], typeof input === "string" ? [] : [input.buffer]);
    try {
      for (;;) {
        const samples = await cancellable(
          helper.call<Float32Array<ArrayBuffer> | undefined>("readAudio", [id]),
          cancellation,
        );
        if (!samples) return;
        yield samples;
      }
    } finally {
      // Not awaited: after an abort the helper may be busy for a while. A closed one has let go of everything.
      helper.call("closeAudio", [id]).catch(() => {});
    }
  }

  async close(): Promise<void> {
    const reason = new RecognizerError("closed", "the recogniser was closed");
    await Promise.all([...this.#models, ...this.#helpers].map((worker) => worker.close(reason)));
  }
}

/** [batch, frames, tokens] → each waveform's own frames. */
function emissionsOf(logProbs: TensorData, logProbLengths: TensorData): Emissions[] {
  const [, frames = 0, numTokens = 0] = logProbs.dims;
  const values = logProbs.data as Float32Array<ArrayBuffer>;
  return Array.from(logProbLengths.data as BigInt64Array, (length, row) => {
    const start = row * frames * numTokens;
    const numFrames = Number(length);
    return { logProbs: values.slice(start, start + numFrames * numTokens), numFrames, numTokens };
  });
}

function leastBusy<Worker extends { readonly numPending: number }>(workers: readonly Worker[]): Worker {
  return workers.reduce((least, other) => (other.numPending < least.numPending ? other : least));
}
