/**
 * The recogniser itself, on any platform: requests in, transcripts out. Many requests may run at the same time; they
 * share the model's runs (batch-queue.ts), and none waits for another's decoding or search.
 */
import { type BundleHeader, type Emissions, letterEmissions, placeWord, SpeechError } from "@deepspeech-ts/speech";
import { RecognizerError } from "../errors.js";
import { type AudioInput, badInput, describe, resolveAudio } from "./audio-input.js";
import { BatchQueue, type BatchQueueOptions, type RunBatch } from "./batch-queue.js";
import { Cancellation, cancellable, RequestCancellation } from "./cancellation.js";
import type { Detection, DetectorSound } from "./detector-runs.js";
import { GreedySearch, type LiveSearch } from "./live-search.js";
import { type HeardSegment, LongAudio, type LongAudioEngine } from "./long-audio.js";
import { onOneTimeline } from "./one-timeline.js";
import {
  ALIGN_CHECKS,
  type AlignOptions,
  type AudioOptions,
  checkOptions,
  type RequestOptions,
  resolveSearch,
  TRANSCRIBE_CHECKS,
  type TranscribeOptions,
} from "./options.js";
import type { Platform } from "./platform.js";
import type { SearchSettings } from "./search.js";
import type { Step } from "./step-runs.js";
import { StepUtterance } from "./step-utterance.js";
import { streamEvents } from "./stream.js";
import { STREAM_CHECKS, type StreamEvent, type StreamInput, type StreamOptions } from "./stream-options.js";
import {
  type RecordingAlignment,
  type Segment,
  segmentOf,
  type Transcription,
  transcriptionOf,
} from "./transcription.js";

/**
 * How many times as long as a request a live stream's sound waits for company: so often for each request there is, for the
 * more there are the more each of them brings, up to the second number.
 */
const LIVE_PATIENCE = { each: 2, most: 12 };

export interface CoreOptions extends Omit<BatchQueueOptions, "sampleRate" | "expectsCompany"> {
  /** Called before each run of the model with the number of requests that share it. */
  readonly onBatch?: ((numRequests: number) => void) | undefined;
}

/** Recognises speech with one model bundle. Made by the platform's `Recognizer.load`. */
export class CoreRecognizer implements AsyncDisposable {
  /** What the bundle says of itself. */
  readonly header: BundleHeader;
  readonly #platform: Platform;
  readonly #queue: BatchQueue;
  /** Of live streams and long recordings, where the bundle has a graph for steps: all share its runs. */
  readonly #steps: BatchQueue<Step, Emissions> | undefined;
  readonly #detections: BatchQueue<DetectorSound, Detection>;
  /** Milliseconds that a request waits for company. */
  readonly #maxWait: number;
  readonly #closing = new Cancellation();
  /** Requests under way, live ones included. */
  #numOpen = 0;
  #closed: Promise<void> | undefined;

  constructor(header: BundleHeader, platform: Platform, options: CoreOptions) {
    this.header = header;
    this.#platform = platform;
    this.#maxWait = options.maxWaitMilliseconds;
    const counted =
      <Input, Output>(run: RunBatch<Input, Output>): RunBatch<Input, Output> =>
      (batch) => {
        options.onBatch?.(batch.length);
        return run(batch);
      };
    const batching = {
      ...options,
      sampleRate: header.sampleRate,
      // A request that is alone need not wait for others.
      expectsCompany: (numWaiting: number) => this.#numOpen > numWaiting,
    };
    this.#queue = new BatchQueue(
      counted((waveforms: readonly Float32Array<ArrayBuffer>[]) => platform.infer(waveforms)),
      batching,
    );
    this.#detections = new BatchQueue((sounds: readonly DetectorSound[]) => platform.detectSpeech(sounds), {
      ...batching,
      mostLengthRatio: 1,
    });
    if (header.streaming) {
      const step = counted((steps: readonly Step[]) => platform.step(steps));
      this.#steps = new BatchQueue(step, { ...batching, mostLengthRatio: 1 });
    }
  }

  /**
   * The text of a recording: a sound file by its path, its URL, its bytes or a stream of them, or the samples of one
   * channel, from -1 to 1. Any length: speech is cut at pauses, and memory does not grow with the recording where its format can be decoded in
   * pieces.
   *
   * @throws RecognizerError `bad-argument`, `bad-audio`, `file-not-found`, `file-not-readable`, `too-long`, `timeout`,
   * `closed`; or the signal's reason
   */
  transcribe(input: AudioInput, options: TranscribeOptions = {}): Promise<Transcription> {
    return this.#request(options, TRANSCRIBE_CHECKS, async (cancellation) => {
      const settings = resolveSearch(options, this.header);
      const segments: Promise<Segment>[] = [];
      const durationSeconds = await this.#hear(input, options, cancellation, (heard) => {
        const found = heard.then((segment) => {
          options.onEmissions?.({ ...segment, emissions: letterEmissions(segment.emissions, this.header.alphabet) });
          return this.#search(segment, settings, cancellation);
        });
        const told = announced(found, segments.at(-1), options.onSegment);
        told.catch((error) => cancellation.cancel(error));
        segments.push(told);
      });
      const found = (await Promise.all(segments)).filter(({ text }) => text !== "");
      return transcriptionOf(found, { durationSeconds, nBest: options.nBest ?? 1, wordTimes: settings.wordTimes });
    });
  }

  /**
   * When each word of a known text is spoken: times in seconds from the recording's start, confidences, and a score
   * per frame that tells good transcripts from bad. The words are told as they are written, with their capitals, numbers
   * and signs; how they are spoken is told by their characters.
   *
   * @throws RecognizerError as `transcribe` does, and `alignment-infeasible` where the text cannot be the recording's
   */
  align(input: AudioInput, text: string, options: AlignOptions = {}): Promise<RecordingAlignment> {
    return this.#request(options, ALIGN_CHECKS, async (cancellation) => {
      if (typeof text !== "string") throw badInput(`the text is ${describe(text)}, expected text`);
      const segments: Promise<HeardSegment>[] = [];
      const durationSeconds = await this.#hear(input, options, cancellation, (segment) => segments.push(segment));
      const heard = await Promise.all(segments);
      const emissions = onOneTimeline(heard, durationSeconds, this.header);
      try {
        const aligned = await this.#platform.align(emissions, text, cancellation);
        return {
          ...aligned,
          timedWords: aligned.timedWords.map((word) => placeWord(word, 0, { start: 0, end: durationSeconds })),
          durationSeconds,
        };
      } catch (error) {
        throw explainSpeechError(error);
      }
    });
  }

  /**
   * Recognises sound as it arrives. Yields partial results that only grow firmer, and a final one for each segment
   * once a pause ends it; ends when the source ends. See `StreamOptions` for what may be set.
   *
   * @throws RecognizerError `bad-argument`, `bad-audio`, `closed`; or the signal's reason
   */
  async *stream(source: StreamInput, options: StreamOptions = {}): AsyncGenerator<StreamEvent, void, undefined> {
    this.#checkOpen();
    checkOptions(options, STREAM_CHECKS);
    const settings = resolveSearch(options, this.header);
    const { cancellation, end } = this.#begin(options);
    try {
      yield* streamEvents(source, options, {
        header: this.header,
        cancellation,
        ...this.#hearing(
          cancellation,
          () => this.#maxWait * Math.min(LIVE_PATIENCE.most, LIVE_PATIENCE.each * this.#numOpen),
        ),
        search: (segment) => this.#search(segment, settings, cancellation),
        searchLive: () => this.#searchLive(settings, cancellation),
      });
    } finally {
      end();
    }
  }

  /** Rejects what is under way with `closed`, and stops the threads. May be called twice. */
  close(): Promise<void> {
    this.#closing.cancel(new RecognizerError("closed", "the recogniser was closed"));
    this.#closed ??= this.#platform.close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Like `close`, without waiting for the threads' end. */
  [Symbol.dispose](): void {
    void this.close();
  }

  #checkOpen(): void {
    this.#closing.throwIfCancelled();
  }

  async #request<T>(
    options: RequestOptions,
    checks: Parameters<typeof checkOptions>[1],
    run: (cancellation: Cancellation) => Promise<T>,
  ): Promise<T> {
    this.#checkOpen();
    checkOptions(options, checks);
    const { cancellation, end } = this.#begin(options);
    try {
      return await run(cancellation);
    } catch (error) {
      // What the request still has in the queue would keep others waiting.
      cancellation.cancel(error);
      throw error;
    } finally {
      end();
    }
  }

  /** Counts a request until it ends. Not by `using`: browsers of today have no `Symbol.dispose`. */
  #begin(options: RequestOptions): { readonly cancellation: Cancellation; end(): void } {
    const cancellation = new RequestCancellation(options, this.#closing);
    try {
      cancellation.throwIfCancelled();
    } catch (error) {
      cancellation.release();
      throw error;
    }
    this.#numOpen += 1;
    const end = () => {
      this.#numOpen -= 1;
      cancellation.release();
    };
    return { cancellation, end };
  }

  /** The model, for one request. @param maxWait how many milliseconds steps and what finds speech may wait for company */
  #hearing(cancellation: Cancellation, maxWait?: () => number): LongAudioEngine {
    const { streaming } = this.header;
    const queue = this.#steps;
    return {
      infer: (samples) => this.#queue.submit(samples, cancellation),
      // Finding speech comes before all else in a recording, and takes little.
      detect: (sound) => this.#detections.submit(sound, cancellation, maxWait?.() ?? 0),
      ...(streaming &&
        queue && {
          steps: () => new StepUtterance(streaming, (step) => queue.submit(step, cancellation, maxWait?.())),
        }),
    };
  }

  /** Feeds a recording to the model. Answers with its length when all of it was read. */
  async #hear(
    input: AudioInput,
    options: AudioOptions,
    cancellation: Cancellation,
    onSegment: (segment: Promise<HeardSegment>) => void,
  ): Promise<number> {
    const { sampleRate } = this.header;
    const resolved = await resolveAudio(input, (url) => this.#platform.pathOf(url), cancellation);
    const fileName = options.fileName ?? (typeof resolved === "string" ? resolved : "the recording");
    const inputSampleRate = options.sampleRate ?? sampleRate;
    const audio = new LongAudio(this.header, this.#hearing(cancellation), (segment) => {
      // Nobody wants the rest of a recording of which a part failed.
      segment.catch((error) => cancellation.cancel(error));
      onSegment(segment);
    });
    for await (const samples of this.#platform.openAudio(resolved, {
      fileName,
      inputSampleRate,
      sampleRate,
      cancellation,
    })) {
      cancellation.throwIfCancelled();
      await cancellable(audio.push(samples), cancellation);
      checkLength(audio.durationSeconds, fileName, options);
    }
    await cancellable(audio.end(), cancellation);
    return audio.durationSeconds;
  }

  async #search(heard: HeardSegment, settings: SearchSettings, cancellation: Cancellation): Promise<Segment> {
    return segmentOf(await this.#platform.search(heard.emissions, settings, cancellation), heard);
  }

  #searchLive(settings: SearchSettings, cancellation: Cancellation): LiveSearch {
    if (settings.beam) return this.#platform.searchLive(settings);
    return new GreedySearch(this.header.alphabet, settings, (emissions) =>
      this.#platform.search(emissions, settings, cancellation),
    );
  }
}

/** The segment, once all before it are done and it has been told. */
function announced(
  segment: Promise<Segment>,
  before: Promise<Segment> | undefined,
  onSegment: ((segment: Segment) => void) | undefined,
): Promise<Segment> {
  return Promise.all([segment, before]).then(([found]) => {
    if (found.text !== "") onSegment?.(found);
    return found;
  });
}

function checkLength(seconds: number, fileName: string, { maxDurationSeconds }: AudioOptions): void {
  if (maxDurationSeconds === undefined || seconds <= maxDurationSeconds) return;
  throw new RecognizerError("too-long", `${fileName}: is longer than ${maxDurationSeconds} s; cut it, or allow more`);
}

function explainSpeechError(error: unknown): unknown {
  if (!(error instanceof SpeechError)) return error;
  const code = error.code === "alignment-infeasible" ? "alignment-infeasible" : "bad-argument";
  return new RecognizerError(code, error.message, { cause: error });
}
