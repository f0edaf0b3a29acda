/** Worker threads for the model, and others for decoding and search. */
import { availableParallelism } from "node:os";
import type { Bundle, Emissions, TextAlignment } from "@deepspeech-ts/speech";
import { cancellable } from "../core/cancellation.js";
import type { AudioInput, OpenAudioOptions, Platform } from "../core/platform.js";
import type { FoundText, PartialText, SearchSettings } from "../core/search.js";
import { RecognizerError } from "../errors.js";
import type { AudioSource } from "./audio-reader.js";
import type { HelperWorkerData } from "./helper-worker.js";
import type { InferenceWorkerData } from "./inference-worker.js";
import { WorkerClient } from "./worker-client.js";

/** Decoding and search take far less time than the model. */
const MOST_HELPERS = 4;
/**
 * A batch is padded to a multiple of so many samples: ONNX Runtime plans its memory once for each shape, and keeps the
 * plan. So there are some thousand shapes at most, whatever comes.
 */
const LENGTH_STEP = 1600;

export interface NodePlatformOptions {
  /** Threads that run the model, each on batches of its own. */
  readonly workers: number;
  /** Threads that one of them uses for one operator. */
  readonly threads: number;
}

export class NodePlatform implements Platform {
  readonly #models: WorkerClient[];
  readonly #helpers: WorkerClient[];
  #nextAudio = 0;

  /** @throws whatever ONNX Runtime says of a graph that it cannot run */
  static async start(bundle: Bundle, options: NodePlatformOptions): Promise<NodePlatform> {
    const platform = new NodePlatform(bundle, options);
    try {
      await Promise.all(platform.#models.map((model) => model.call("ready", [])));
      return platform;
    } catch (error) {
      await platform.close();
      throw error;
    }
  }

  private constructor({ header, section }: Bundle, { workers, threads }: NodePlatformOptions) {
    const graph = shared(section("model.onnx") as Uint8Array);
    const languageModel = section("language-model.bin");
    this.#models = startAll(workers, "./inference-worker.js", { graph, threads } satisfies InferenceWorkerData);
    const numHelpers = Math.min(MOST_HELPERS, Math.max(1, availableParallelism() - 1));
    this.#helpers = startAll(numHelpers, "./helper-worker.js", {
      alphabet: header.alphabet,
      frameSeconds: header.frameSeconds,
      confidenceTemperature: header.decoding.confidenceTemperature ?? 1,
      languageModel: languageModel && shared(languageModel),
    } satisfies HelperWorkerData);
  }

  infer(waveforms: readonly Float32Array<ArrayBuffer>[]): Promise<Emissions[]> {
    const lengths = waveforms.map(({ length }) => length);
    const width = Math.ceil(Math.max(...lengths) / LENGTH_STEP) * LENGTH_STEP;
    const batch = new Float32Array(waveforms.length * width);
    for (const [row, waveform] of waveforms.entries()) batch.set(waveform, row * width);
    return leastBusy(this.#models).call("infer", [batch, lengths], [batch.buffer]);
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
    input: AudioInput,
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

  async close(): Promise<void> {
    const reason = new RecognizerError("closed", "the recogniser was closed");
    const models = this.#models.map((model) => model.closeAfterCall(reason));
    await Promise.all([...models, ...this.#helpers.map((helper) => helper.close(reason))]);
  }
}

function copyOf(input: Uint8Array | Float32Array): Uint8Array | Float32Array {
  return input instanceof Uint8Array ? new Uint8Array(input) : new Float32Array(input);
}

function startAll(count: number, script: string, data: unknown): WorkerClient[] {
  return Array.from({ length: count }, () => new WorkerClient(new URL(script, import.meta.url), data));
}

function leastBusy(workers: readonly WorkerClient[]): WorkerClient {
  return workers.reduce((least, other) => (other.numPending < least.numPending ? other : least));
}

function shared(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}
