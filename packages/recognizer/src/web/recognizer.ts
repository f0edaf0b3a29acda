/** The recogniser for pages: the same bundle, the same requests and the same text as in Node, on the visitor's machine. */
import { type Bundle, withoutUndefined } from "@deepspeech-ts/speech";
import { mixDown } from "../audio/mix-down.js";
import { type AudioBytes, type AudioInput, badInput, bytesOf, describe } from "../core/audio-input.js";
import { openVerified } from "../core/open-verified.js";
import { type AlignOptions, checkOptions, func, type TranscribeOptions, wholeNumber } from "../core/options.js";
import { type CoreOptions, CoreRecognizer } from "../core/recognizer.js";
import type { StreamEvent, StreamInput, StreamOptions } from "../core/stream-options.js";
import type { RecordingAlignment, Transcription } from "../core/transcription.js";
import { unusableBundle } from "../core/worker-platform.js";
import { errorMessage, RecognizerError } from "../errors.js";
import { fetchBundle, forgetBundles, type KeptBundle, keptBundles, type LoadProgress } from "./fetch-bundle.js";
import { type MicrophoneOptions, microphoneSound } from "./microphone.js";
import { type Device, type PreparedPlatform, prepareWebPlatform, type StartedPlatform } from "./web-platform.js";
import type { WebGpuModel } from "./webgpu-model.js";

/** How `Recognizer.load` opens a model in a page. */
export interface WebLoadOptions {
  /** Called as the bundle comes. */
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Aborting rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Keep a bundle that is fetched in the browser for the next visit, and take it from there. Default true. */
  cache?: boolean | undefined;
  /** Threads for one operator. More than 1 needs a page that is isolated from others. Default: half the cores there, 1 elsewhere. */
  threads?: number | undefined;
  /**
   * What runs the model. "webgpu" is tried by a real run, and WebAssembly serves where that fails: `runtime` says which it
   * is, and why. Default "wasm".
   */
  device?: Device | undefined;
  /** The folder that holds ONNX Runtime's WebAssembly. Default: beside this package's own scripts. */
  wasmPaths?: string | URL | undefined;
  /** Called before each run of the model with the number of pieces of sound that share it. */
  onBatch?: ((size: number) => void) | undefined;
}

/** How a recogniser runs. */
export interface Runtime {
  readonly device: Device;
  /** Why it is not WebGPU, where that was asked for: `no-runtime`. */
  readonly notWebGpu?: RecognizerError;
  /** Of WebAssembly, which computes beside WebGPU what that cannot. */
  readonly threads: number;
  /** Whether the bundle is kept in the browser for the next visit. */
  readonly isKept: boolean;
  /** Why it is not, where it was to be: `quota`. */
  readonly notKept?: RecognizerError;
}

export interface WebStreamOptions extends StreamOptions, MicrophoneOptions {}

/** Sound in a page: what `AudioInput` takes, and what pages have besides; a URL's sound is fetched. */
export type WebAudioInput = AudioInput | AudioBuffer | Request;

const object = { wanted: "an AbortSignal", holds: (value: unknown) => value instanceof AbortSignal };
const folder = {
  wanted: "a folder's URL",
  holds: (value: unknown) => typeof value === "string" || value instanceof URL,
};
const device = { wanted: '"wasm" or "webgpu"', holds: (value: unknown) => value === "wasm" || value === "webgpu" };
const boolean = { wanted: "true or false", holds: (value: unknown) => typeof value === "boolean" };
const LOAD_CHECKS = {
  onProgress: func,
  signal: object,
  cache: boolean,
  threads: wholeNumber,
  device,
  wasmPaths: folder,
  onBatch: func,
};
/** One run of the model; a page has one user. */
const BATCHING = { maxBatchSeconds: 60, maxWaitMilliseconds: 5, numRunners: 1 };

/** Recognises speech with one model bundle, off the page's own thread. Dispose it, or `close` it, when done. */
export class Recognizer extends CoreRecognizer {
  readonly #runtime: Omit<Runtime, "device" | "notWebGpu">;
  readonly #webGpu: WebGpuModel | undefined;

  /**
   * Fetches a bundle, unless its bytes are given, and starts the workers that it takes.
   *
   * @param bundle the URL of a .dsb file, or its bytes
   * @throws RecognizerError `bad-bundle`, `bad-argument`, `offline`; or the signal's reason
   */
  static async load(
    bundle: string | URL | Request | Blob | AudioBytes,
    options: WebLoadOptions = {},
  ): Promise<Recognizer> {
    checkOptions(options, LOAD_CHECKS);
    const threads = resolveThreads(options.threads);
    const prepared = prepare({ ...options, threads });
    try {
      const { opened, name, ...kept } = await open(bundle, options);
      options.signal?.throwIfAborted();
      const started = await prepared.start(opened).catch((error: unknown) => {
        throw unusableBundle(name, error);
      });
      return new Recognizer(opened, started, { threads, ...kept }, options);
    } finally {
      prepared.stop();
    }
  }

  /** The bundles that are kept in this browser for this site. */
  static cached(): Promise<KeptBundle[]> {
    return keptBundles();
  }

  /** Deletes one bundle that is kept in this browser, or all of them; what was fetched of others in part, too. */
  static forget(url?: string | URL): Promise<void> {
    return forgetBundles(url);
  }

  private constructor(
    { header }: Bundle,
    { platform, webGpu }: StartedPlatform,
    runtime: Omit<Runtime, "device" | "notWebGpu">,
    { onBatch }: WebLoadOptions,
  ) {
    super(header, platform, { ...BATCHING, onBatch } satisfies CoreOptions);
    this.#runtime = runtime;
    this.#webGpu = webGpu;
  }

  /** How it runs, as of now: WebGPU may be lost on the way. */
  get runtime(): Runtime {
    const notWebGpu = this.#webGpu?.notWebGpu;
    const device = this.#webGpu && !notWebGpu ? "webgpu" : "wasm";
    return { device, ...this.#runtime, ...(notWebGpu && { notWebGpu }) };
  }

  /**
   * As in Node; a File that the user chose, an AudioBuffer, or a URL, whose sound is fetched.
   *
   * @throws RecognizerError as in Node, and `offline`
   */
  override async transcribe(input: WebAudioInput, options: TranscribeOptions = {}): Promise<Transcription> {
    const found = soundOf(input, options);
    const { sound, ...about } = found instanceof Promise ? await found : found;
    return super.transcribe(sound, { ...about, ...withoutUndefined(options) });
  }

  /** @throws RecognizerError as in Node, and `offline` */
  override async align(input: WebAudioInput, text: string, options: AlignOptions = {}): Promise<RecordingAlignment> {
    const found = soundOf(input, options);
    const { sound, ...about } = found instanceof Promise ? await found : found;
    return super.align(sound, text, { ...about, ...withoutUndefined(options) });
  }

  /**
   * As in Node; a MediaStream too, such as that of a microphone: it is heard until its track ends or the loop is left.
   *
   * @throws RecognizerError as in Node, and `no-microphone` where the stream has no sound
   */
  override async *stream(
    source: StreamInput | MediaStream,
    { onMicrophone, ...options }: WebStreamOptions = {},
  ): AsyncGenerator<StreamEvent, void, undefined> {
    if (onMicrophone !== undefined) checkOptions({ onMicrophone }, { onMicrophone: func });
    if (!(source instanceof MediaStream)) {
      yield* super.stream(source, options);
      return;
    }
    const { sound, sampleRate, close } = await microphoneSound(source, { onMicrophone });
    try {
      yield* super.stream(sound, { ...options, sampleRate });
    } finally {
      await close();
    }
  }
}

function resolveThreads(given: number | undefined): number {
  if (given !== undefined && given > 1 && !globalThis.crossOriginIsolated) {
    const remedy =
      "serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";
    throw badInput(`threads is ${given}, and a page that is not isolated from others has 1; ${remedy}`);
  }
  return given ?? (globalThis.crossOriginIsolated ? Math.max(1, navigator.hardwareConcurrency >> 1) : 1);
}

async function open(
  bundle: unknown,
  options: WebLoadOptions,
): Promise<{ opened: Bundle; isKept: boolean; notKept?: RecognizerError; name: string }> {
  if (typeof bundle === "string" || bundle instanceof URL || bundle instanceof Request) {
    const { bundle: opened, ...kept } = await fetchBundle(bundle, options);
    return {
      opened,
      ...kept,
      name: bundle instanceof Request ? bundle.url : String(bundle),
    };
  }
  const bytes = bundle instanceof Blob ? new Uint8Array(await bundle.arrayBuffer()) : bytesOf(bundle);
  if (!bytes) throw badInput(`the bundle is ${describe(bundle)}; give the URL or the bytes of a .dsb file`);
  const name = bundle instanceof File ? bundle.name : "the bundle";
  return { opened: await openVerified(bytes as Uint8Array<ArrayBuffer>, name), isKept: false, name };
}

interface PrepareOptions extends Pick<WebLoadOptions, "device" | "wasmPaths"> {
  readonly threads: number;
}

function prepare({ threads, device = "wasm", wasmPaths }: PrepareOptions): PreparedPlatform {
  // Written out, for so bundlers find the files.
  const wasm = new URL("./ort-wasm-simd-threaded.wasm", import.meta.url);
  const webGpuWasm = new URL("./ort-wasm-simd-threaded.jspi.wasm", import.meta.url);
  const detector = new URL("./speech-detector.onnx", import.meta.url).href;
  const placed = (file: URL, fileName: string) =>
    wasmPaths ? new URL(fileName, new URL(wasmPaths, document.baseURI)).href : file.href;
  return prepareWebPlatform({
    threads,
    device,
    wasm: placed(wasm, "ort-wasm-simd-threaded.wasm"),
    webGpuWasm: placed(webGpuWasm, "ort-wasm-simd-threaded.jspi.wasm"),
    detector,
  });
}

interface Sound {
  readonly sound: AudioInput;
  readonly fileName?: string;
  readonly sampleRate?: number;
}

/** At once where nothing has to be fetched: the recogniser must take what is in memory before the page goes on. */
function soundOf(input: WebAudioInput, { signal }: { signal?: AbortSignal | undefined }): Sound | Promise<Sound> {
  if (input instanceof AudioBuffer) return { sound: mixed(input), sampleRate: input.sampleRate };
  if (input instanceof File) return { sound: input, fileName: input.name };
  if (typeof input === "string" || input instanceof URL || input instanceof Request) return fetchSound(input, signal);
  return { sound: input };
}

async function fetchSound(input: string | URL | Request, signal: AbortSignal | undefined): Promise<Sound> {
  const request = new Request(input, signal ? { signal } : {});
  const fileName = request.url;
  try {
    const answer = await fetch(request);
    if (answer.ok) return { sound: await answer.arrayBuffer(), fileName };
    throw new RecognizerError("file-not-found", `${fileName}: answers with status ${answer.status}; check the URL`);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RecognizerError) throw error;
    const reason = `cannot be fetched (${errorMessage(error)}); is there a network?`;
    throw new RecognizerError("offline", `${fileName}: ${reason}`, { cause: error });
  }
}

/** One channel, as of a file that has these. */
function mixed(buffer: AudioBuffer): Float32Array {
  // Copies, for the page keeps its buffer.
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, index) => buffer.getChannelData(index).slice());
  return mixDown(channels, buffer.sampleRate);
}
