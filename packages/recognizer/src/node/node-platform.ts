/** Processes for the model, and worker threads for decoding and search. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { type Bundle, type Emissions, type TextAlignment, UNCALIBRATED } from "@deepspeech-ts/speech";
import type { ResolvedAudio } from "../core/audio-input.js";
import { cancellable } from "../core/cancellation.js";
import type { OpenAudioOptions, Platform } from "../core/platform.js";
import type { FoundText, PartialText, SearchSettings } from "../core/search.js";
import type { Detection, DetectorState } from "../core/speech-detector.js";
import { RecognizerError } from "../errors.js";
import type { AudioSource } from "./audio-reader.js";
import { CallClient } from "./call-client.js";
import type { HelperWorkerData } from "./helper-worker.js";
import { threadHost } from "./hosts.js";
import { ModelProcess, type TensorData } from "./model-process.js";

/** Decoding and search take far less time than the model. */
const MOST_HELPERS = 4;
/**
 * A batch is padded to a multiple of so many samples: ONNX Runtime plans its memory once for each shape, and keeps the
 * plan. So there are some thousand shapes at most, whatever comes.
 */
const LENGTH_STEP = 1600;

export interface NodePlatformOptions {
  /** Processes that run the model, each on batches of its own. */
  readonly workers: number;
  /** Threads that one of them uses for one operator. */
  readonly threads: number;
}

export class NodePlatform implements Platform {
  readonly #models: readonly ModelProcess[];
  readonly #helpers: readonly CallClient[];
  #nextAudio = 0;

  /** @throws whatever ONNX Runtime says of a graph that it cannot run */
  static async start(bundle: Bundle, options: NodePlatformOptions): Promise<NodePlatform> {
    return new NodePlatform(bundle, await startModels(bundle, options));
  }

  private constructor({ header, section }: Bundle, models: readonly ModelProcess[]) {
    this.#models = models;
    const languageModel = section("language-model.bin");
    const numHelpers = Math.min(MOST_HELPERS, Math.max(1, availableParallelism() - 1));
    const host = threadHost(new URL("./helper-worker.js", import.meta.url), {
      alphabet: header.alphabet,
      frameSeconds: header.frameSeconds,
      confidenceCalibration: header.decoding.confidenceCalibration ?? UNCALIBRATED,
      languageModel: languageModel && shared(languageModel),
    } satisfies HelperWorkerData);
    this.#helpers = Array.from({ length: numHelpers }, () => new CallClient(host));
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

  detectSpeech(samples: Float32Array<ArrayBuffer>, state: DetectorState): Promise<Detection> {
    return leastBusy(this.#models).detectSpeech(samples, state);
  }

  search(emissions: Emissions, settings: SearchSettings, settledEnds: readonly number[] = []): Promise<FoundText[]> {
    return leastBusy(this.#helpers).call("search", [emissions, settings, settledEnds]);
  }

  searchPartial(emissions: Emissions, settings: SearchSettings, settledEnds: readonly number[]): Promise<PartialText> {
    return leastBusy(this.#helpers).call("searchPartial", [emissions, settings, settledEnds]);
  }

  align(emissions: Emissions, text: string): Promise<TextAlignment> {
    return leastBusy(this.#helpers).call("align", [emissions, text]);
  }

  async *openAudio(
    input: ResolvedAudio,
    { cancellation, ...options }: OpenAudioOptions,
  ): AsyncGenerator<Float32Array<ArrayBuffer>, void, undefined> {
    const helper = leastBusy(this.#helpers);
    const id = this.#nextAudio++;
    // `slice` of a Buffer would give the same memory, which then would be taken from its owner.
    const copy = typeof input === "string" ? input : copyOf(input);
    const source = { ...options, input: copy as AudioSource["input"] } satisfies AudioSource;
    await helper.call("openAudio", [id, source], typeof copy === "string" ? [] : [copy.buffer as ArrayBuffer]);
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

  pathOf(url: URL): string {
    return fileURLToPath(url);
  }

  async close(): Promise<void> {
    const reason = new RecognizerError("closed", "the recogniser was closed");
    await Promise.all([...this.#models, ...this.#helpers].map((worker) => worker.close(reason)));
  }
}

function copyOf(input: Uint8Array | Float32Array): Uint8Array | Float32Array {
  return input instanceof Uint8Array ? new Uint8Array(input) : new Float32Array(input);
}

async function startModels(bundle: Bundle, { workers, threads }: NodePlatformOptions): Promise<ModelProcess[]> {
  // The graph is kept, and shall not keep the rest of the bundle.
  const graph = new Uint8Array(bundle.section("model.onnx") as Uint8Array);
  const starting = Array.from({ length: workers }, () => ModelProcess.start(graph, threads));
  try {
    return await Promise.all(starting);
  } catch (error) {
    for (const model of starting) void model.then((started) => started.close(error)).catch(() => {});
    throw error;
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

function shared(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}
