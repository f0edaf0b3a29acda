/**
 * A model on WebGPU, as long as that is right. Drivers compute wrong numbers without a word, cards are taken away while a
 * tab sleeps, and browsers have WebGPU without a card: so a real run decides, against the same run in WebAssembly, and
 * whatever fails later is run again there.
 */
import type { BundleHeader, Emissions } from "@deepspeech-ts/speech";
import type { StartHost } from "../core/call-client.js";
import { Cancellation, cancellable } from "../core/cancellation.js";
import { type Model, ModelClient } from "../core/model-client.js";
import { StepUtterance } from "../core/step-utterance.js";
import type { TensorData, Tensors } from "../core/tensor-data.js";
import { WorkerPlatform } from "../core/worker-platform.js";
import { errorMessage, RecognizerError } from "../errors.js";

/** For opening the graph and a second of sound: a driver that hangs never answers. */
const TRIAL_SECONDS = 60;
/** Of log-probabilities, from those of WebAssembly. */
const TOLERANCE = 1e-2;
const PROBE_SAMPLES = 16_000;
const PROBE_STEP_FRAMES = 20;

export interface WebGpuOptions {
  readonly header: BundleHeader;
  readonly onWebGpu: StartHost;
  readonly onWasm: StartHost;
}

export class WebGpuModel implements Model {
  readonly #onWasm: StartHost;
  #model: ModelClient;
  /** What runs instead, once something has failed. */
  #instead: Promise<ModelClient> | undefined;
  #closed: { readonly reason: unknown } | undefined;
  #notWebGpu: RecognizerError | undefined;

  /** @throws what is wrong with WebAssembly; what is wrong with WebGPU, `notWebGpu` says */
  static async start(options: WebGpuOptions): Promise<WebGpuModel> {
    const trial = new Cancellation();
    const tooLate = () => trial.cancel(new Error(`it did not answer within ${TRIAL_SECONDS} s`));
    const timer = setTimeout(tooLate, TRIAL_SECONDS * 1000);
    try {
      return await WebGpuModel.#tried(options, trial);
    } finally {
      clearTimeout(timer);
    }
  }

  static async #tried({ header, onWebGpu, onWasm }: WebGpuOptions, trial: Cancellation): Promise<WebGpuModel> {
    const [gpu, wasm] = await Promise.allSettled([ModelClient.over(onWebGpu, trial), ModelClient.over(onWasm)]);
    if (wasm.status === "rejected") {
      if (gpu.status === "fulfilled") await gpu.value.close(wasm.reason);
      throw wasm.reason;
    }
    if (gpu.status === "rejected") return new WebGpuModel(onWasm, wasm.value, gpu.reason);
    try {
      await cancellable(compare(gpu.value, wasm.value, header), trial);
    } catch (error) {
      await gpu.value.close(error);
      return new WebGpuModel(onWasm, wasm.value, error);
    }
    await wasm.value.close(new Error("WebGPU runs the model"));
    return new WebGpuModel(onWasm, gpu.value);
  }

  private constructor(onWasm: StartHost, model: ModelClient, failure?: unknown) {
    this.#onWasm = onWasm;
    this.#model = model;
    if (failure !== undefined) this.#notWebGpu = refusal(failure);
  }

  /** Why WebAssembly runs the model; undefined while WebGPU does. */
  get notWebGpu(): RecognizerError | undefined {
    return this.#notWebGpu;
  }

  get numPending(): number {
    return this.#model.numPending;
  }

  get pid(): undefined {
    return undefined;
  }

  run<Name extends string>(inputs: Tensors, outputNames: readonly Name[]): Promise<Record<Name, TensorData>> {
    return this.#try(inputs, (model, own) => model.run(own, outputNames));
  }

  runStep: Model["runStep"] = (inputs, outputNames, take) =>
    this.#try(inputs, (model, own) => model.runStep(own, outputNames, take));

  detectSpeech: Model["detectSpeech"] = (inputs, take) =>
    this.#try(inputs, (model, own) => model.detectSpeech(own, take));

  async close(reason: unknown): Promise<void> {
    this.#closed ??= { reason };
    const instead = this.#instead?.then((model) => model.close(reason)).catch(() => {});
    await Promise.all([this.#model.close(reason), instead]);
  }

  async #try<T>(inputs: Tensors, run: (model: ModelClient, inputs: Tensors) => Promise<T>): Promise<T> {
    if (this.#notWebGpu) return run(await (this.#instead ?? this.#model), inputs);
    // Callers use their arrays again as soon as a run has begun.
    const kept = structuredClone(inputs);
    const onWebGpu = this.#model;
    try {
      return await run(onWebGpu, inputs);
    } catch (error) {
      if (this.#closed) throw this.#closed.reason;
      this.#notWebGpu ??= refusal(error);
      this.#instead ??= this.#leave(onWebGpu, error);
      return run(await this.#instead, kept);
    }
  }

  async #leave(onWebGpu: ModelClient, error: unknown): Promise<ModelClient> {
    // Its other runs fail with it, and are run again as this one is.
    await onWebGpu.close(error);
    const model = await ModelClient.over(this.#onWasm);
    if (this.#closed) await model.close(this.#closed.reason);
    this.#model = model;
    return model;
  }
}

function refusal(cause: unknown): RecognizerError {
  const message = `WebGPU cannot run the model (${errorMessage(cause)}); WebAssembly does`;
  return new RecognizerError("no-runtime", message, { cause });
}

/** @throws where the numbers of one are not those of the other */
async function compare(gpu: ModelClient, wasm: ModelClient, header: BundleHeader): Promise<void> {
  const [own, expected] = await Promise.all([gpu, wasm].map((model) => logProbsOf(model, header)));
  const furthest = expected!.reduce((most, value, i) => furtherOf(most, Math.abs(value - own![i]!)), 0);
  if (own!.length === expected!.length && furthest <= TOLERANCE) return;
  throw new Error(`its log-probabilities are ${furthest.toPrecision(2)} off those of WebAssembly`);
}

/** What is no number is as far as can be. */
function furtherOf(a: number, b: number): number {
  return b > a || Number.isNaN(b) ? b : a;
}

/** Of a sound that is made up, by each of the bundle's graphs. */
async function logProbsOf(model: ModelClient, { minSamples, streaming }: BundleHeader): Promise<number[]> {
  const platform = new WorkerPlatform({ models: [model], helpers: [], pathOf: String });
  const sound = probe(Math.max(PROBE_SAMPLES, minSamples));
  const heard: Emissions[] = await platform.infer([sound]);
  if (streaming) {
    const utterance = new StepUtterance(streaming, async (step) => (await platform.step([step]))[0]!);
    utterance.push(sound);
    utterance.finish();
    for await (const emissions of utterance.advance(PROBE_STEP_FRAMES)) heard.push(emissions);
  }
  return heard.flatMap(({ logProbs }) => [...logProbs]);
}

/** As loud as speech, and like it in that its pitch moves and it comes and goes. */
function probe(length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => 0.1 * Math.sin(i / 1000) * Math.sin((i * i) / 90_000));
}
