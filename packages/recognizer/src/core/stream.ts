/**
 * Live recognition. Speech is found, and each segment of it is heard as it comes: step by step by a model that streams
 * (stepwise-hearing.ts), by overlapping windows by one that reads both ways (windowed-hearing.ts).
 *
 * Settled emissions only grow. The search says which words of theirs no later frame can change: these are stable, and
 * the segment's final text starts with them.
 */
import { type BundleHeader, type Emissions, withoutUndefined } from "@deepspeech-ts/speech";
import { RecognizerError } from "../errors.js";
import { type Cancellation, cancellable } from "./cancellation.js";
import type { LiveHearing } from "./live-hearing.js";
import type { LiveSearch } from "./live-search.js";
import type { HeardSegment } from "./long-audio.js";
import { SampleBuffer } from "./sample-buffer.js";
import { Segmenter } from "./segmenter.js";
import { contextStart, hearShort, isShort } from "./short-sound.js";
import {
  ACTIVITY_FRAME_RATE,
  ACTIVITY_LAG_SECONDS,
  type ActivityFrame,
  type DetectSpeech,
  SpeechDetector,
} from "./speech-detector.js";
import type { StepUtterance } from "./step-utterance.js";
import { StepwiseHearing } from "./stepwise-hearing.js";
import {
  STEPWISE_CHUNK_SECONDS,
  STREAM_DEFAULTS,
  type StreamEvent,
  type StreamInput,
  type StreamOptions,
} from "./stream-options.js";
import { streamSamples } from "./stream-source.js";
import { type Segment, segmentOf } from "./transcription.js";
import { WindowedHearing } from "./windowed-hearing.js";

/** From this share of the greatest length on, half the silence ends a segment. */
const LONG_SHARE = 0.5;
/** A segment in which a model that streams finds no word for so many times the silence that ends one, ends too. */
const WORDLESS_TIMES = 3;

/** What a stream needs of its recogniser. */
export interface StreamEngine {
  readonly header: BundleHeader;
  readonly cancellation: Cancellation;
  infer(samples: Float32Array<ArrayBuffer>): Promise<Emissions>;
  /** Begins an utterance; where the model streams. */
  readonly steps?: () => StepUtterance;
  readonly detect: DetectSpeech;
  /** Of a segment that is known. */
  search(segment: HeardSegment): Promise<Segment>;
  /** Begins the search over a segment that has not ended. */
  searchLive(): LiveSearch;
}

export async function* streamEvents(
  source: StreamInput,
  options: StreamOptions,
  engine: StreamEngine,
): AsyncGenerator<StreamEvent, void, undefined> {
  const { sampleRate } = engine.header;
  const chunk = engine.steps && { chunkSeconds: STEPWISE_CHUNK_SECONDS };
  const session = new StreamSession(engine, { ...STREAM_DEFAULTS, ...chunk, ...withoutUndefined(options) });
  const pieceSamples = Math.max(1, Math.round(session.chunkSeconds * sampleRate));
  let numSamples = 0;
  try {
    for await (const samples of streamSamples(source, options, { sampleRate, cancellation: engine.cancellation })) {
      numSamples += samples.length;
      options.onSound?.(numSamples / sampleRate);
      // What is taken at once needs no memory of its own.
      const kept = samples.length > pieceSamples ? samples.slice() : samples;
      for (let at = 0; at < kept.length; at += pieceSamples) {
        const events = session.push(kept.subarray(at, at + pieceSamples));
        if (events) yield* events;
      }
    }
    yield* session.end();
  } catch (error) {
    // What came before the damage was said all the same.
    if (error instanceof RecognizerError && error.code === "bad-audio") yield* session.end();
    throw error;
  } finally {
    session.close();
  }
}

type Settings = StreamOptions & typeof STREAM_DEFAULTS;

/** One that has not ended. */
interface LiveSegment {
  readonly hearing: LiveHearing;
  readonly search: LiveSearch;
}

class StreamSession {
  readonly #engine: StreamEngine;
  readonly #settings: Settings;
  readonly #buffer = new SampleBuffer();
  readonly #detector: SpeechDetector;
  readonly #segmenter: Segmenter;
  readonly #activitySamples: number;
  #live: LiveSegment | undefined;
  /** Of the segment that has not ended. */
  #lastShown = "";
  #numSegments = 0;
  /** Where the stream stood when the model heard it last. */
  #lastStep = 0;
  /** How long the last step took. A stream that runs late takes longer steps, and so catches up. */
  #stepSeconds = 0;

  constructor(engine: StreamEngine, settings: Settings) {
    const { sampleRate, frameSeconds, streaming } = engine.header;
    const lookaheadSeconds = streaming ? streaming.delayFrames * frameSeconds : settings.lookaheadSeconds;
    this.#engine = engine;
    this.#settings = settings;
    this.#detector = new SpeechDetector(sampleRate, engine.detect);
    this.#segmenter = new Segmenter({
      pauseSeconds: settings.endpointSeconds,
      longSegmentSeconds: LONG_SHARE * settings.maxSegmentSeconds,
      shortPauseSeconds: settings.endpointSeconds / 2,
      maxSegmentSeconds: settings.maxSegmentSeconds,
      // Frames that may be settled are not cut off.
      cutSeconds: Math.max(0, lookaheadSeconds - ACTIVITY_LAG_SECONDS),
    });
    this.#activitySamples = Math.round(sampleRate / ACTIVITY_FRAME_RATE);
  }

  get chunkSeconds(): number {
    return this.#settings.chunkSeconds;
  }

  /** Takes the samples before it returns. @returns what comes of them; undefined where nothing does */
  push(samples: Float32Array): AsyncGenerator<StreamEvent, void, undefined> | undefined {
    this.#buffer.push(samples);
    const frames = this.#detector.push(samples);
    return frames || this.#isStepDue ? this.#goOn(frames) : undefined;
  }

  async *#goOn(frames: Promise<ActivityFrame[]> | undefined): AsyncGenerator<StreamEvent, void, undefined> {
    for (const frame of (await frames) ?? []) yield* this.#take(this.#segmenter.push(frame));
    if (this.#live && this.#isStepDue) yield* this.#step(this.#live);
    this.#buffer.dropBefore(contextStart(this.#earliestNeeded, this.#engine.header));
  }

  get #isStepDue(): boolean {
    const step = Math.max(this.chunkSeconds, this.#stepSeconds) * this.#engine.header.sampleRate;
    return this.#live !== undefined && this.#buffer.end - this.#lastStep >= step;
  }

  /** Lets go of a segment that did not end. */
  close(): void {
    this.#live?.search.close();
  }

  async *end(): AsyncGenerator<StreamEvent, void, undefined> {
    for (const frame of await this.#detector.end()) yield* this.#take(this.#segmenter.push(frame));
    yield* this.#take(this.#segmenter.end());
  }

  async *#take(events: ReturnType<Segmenter["push"]>): AsyncGenerator<StreamEvent, void, undefined> {
    for (const { kind, frame } of events) {
      const sample = Math.min(this.#buffer.end, frame * this.#activitySamples);
      if (kind === "start") this.#begin(sample);
      else if (this.#live) yield* this.#finish(this.#live, sample);
    }
  }

  get #earliestNeeded(): number {
    const { earliestFrame, earliestEnd, earliestNext } = this.#segmenter;
    if (!this.#live) return earliestFrame * this.#activitySamples;
    const { startSample, neededFrom } = this.#live.hearing;
    // One that turns out to be short is heard again from its beginning.
    const mayBeShort = isShort({ start: startSample, end: earliestEnd * this.#activitySamples }, this.#engine.header);
    return Math.min(mayBeShort ? startSample : neededFrom, earliestNext * this.#activitySamples);
  }

  #begin(startSample: number): void {
    const { header, steps } = this.#engine;
    const { contextSeconds, lookaheadSeconds } = this.#settings;
    const infer = (samples: Float32Array<ArrayBuffer>) => this.#engine.infer(samples);
    const stepFrames = Math.max(1, Math.round(this.chunkSeconds / header.frameSeconds));
    this.#lastShown = "";
    const hearing = steps
      ? new StepwiseHearing(startSample, { header, utterance: steps(), stepFrames })
      : new WindowedHearing(startSample, { header, infer, contextSeconds, lookaheadSeconds });
    this.#live = { hearing, search: this.#engine.searchLive() };
  }

  async *#step(live: LiveSegment): AsyncGenerator<StreamEvent, void, undefined> {
    const { hearing, search } = live;
    if (this.#buffer.end - hearing.startSample < this.#engine.header.minSamples) return;
    const started = performance.now();
    this.#lastStep = this.#buffer.end;
    const { settled, tail } = await hearing.hear(this.#buffer, this.#buffer.end);
    for (const emissions of settled) search.settle(emissions);
    const { stable, text } = await cancellable(search.partial(tail), this.#engine.cancellation);
    this.#stepSeconds = (performance.now() - started) / 1000;
    const shown = `${stable}|${text}`;
    if (text !== "" && shown !== this.#lastShown) {
      this.#lastShown = shown;
      const startSeconds = hearing.startSample / this.#engine.header.sampleRate;
      const tailText = text.slice(stable.length).trim();
      yield { kind: "partial", ...this.#place(), stable, tail: tailText, startSeconds };
    }
    if (hearing.silentSeconds >= WORDLESS_TIMES * this.#settings.endpointSeconds) {
      yield* this.#take(this.#segmenter.interrupt());
    }
  }

  async *#finish(live: LiveSegment, endSample: number): AsyncGenerator<StreamEvent, void, undefined> {
    this.#live = undefined;
    try {
      const segment = await this.#wholeOf(live, endSample);
      // What was shown is taken back, too: whoever shows it waits for its end.
      if (segment.text === "" && this.#lastShown === "") return;
      yield { kind: "final", ...this.#place(), ...segment };
      this.#numSegments += 1;
    } finally {
      live.search.close();
    }
  }

  async #wholeOf({ hearing, search }: LiveSegment, end: number): Promise<Segment> {
    const { header } = this.#engine;
    const start = hearing.startSample;
    const place = { startSeconds: start / header.sampleRate, endSeconds: end / header.sampleRate };
    // What was told as stable stands.
    const isOpen = this.#lastShown === "" || this.#lastShown.startsWith("|");
    if (isOpen && end - start < header.minSamples) return nothing(place, this.#settings);
    if (isOpen && isShort({ start, end }, header)) {
      const infer = (samples: Float32Array<ArrayBuffer>) => this.#engine.infer(samples);
      return this.#engine.search({ ...place, ...(await hearShort(this.#buffer, { start, end }, { header, infer })) });
    }
    const { settled, tail } = await hearing.finish(this.#buffer, end);
    for (const emissions of settled) search.settle(emissions);
    return segmentOf(await cancellable(search.end(tail), this.#engine.cancellation), place);
  }

  #place(): { segment: number; heardSeconds: number } {
    return { segment: this.#numSegments, heardSeconds: this.#buffer.end / this.#engine.header.sampleRate };
  }
}

/** A segment in which no word was found. */
function nothing(place: Pick<Segment, "startSeconds" | "endSeconds">, { wordTimes }: Settings): Segment {
  return { ...place, text: "", words: [], ...(wordTimes && { timedWords: [] }), nBest: [{ text: "", score: 0 }] };
}
