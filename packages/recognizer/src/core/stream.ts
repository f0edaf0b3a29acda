/**
 * Live recognition with a model that reads both ways. Each new piece of sound is heard together with the seconds before
 * it; what the model says of frames changes while sound still follows them, and hardly after a second. So frames that
 * have had their second of lookahead are settled for good, and those after them are heard again with the next piece.
 *
 * Settled emissions only grow. The search says which words of theirs no later frame can change: these are stable, and
 * the segment's final text starts with them.
 */
import type { BundleHeader, Emissions } from "@deepspeech-ts/speech";
import { RecognizerError } from "../errors.js";
import type { Cancellation } from "./cancellation.js";
import { changeOver, concatenated, endOf, frames, type PlacedEmissions } from "./join-emissions.js";
import type { HeardSegment } from "./long-audio.js";
import { SampleBuffer } from "./sample-buffer.js";
import type { PartialText } from "./search.js";
import { Segmenter } from "./segmenter.js";
import { hearShort, isShort } from "./short-sound.js";
import { ACTIVITY_FRAME_RATE, ACTIVITY_LAG_SECONDS, type DetectSpeech, SpeechDetector } from "./speech-detector.js";
import { STREAM_DEFAULTS, type StreamEvent, type StreamInput, type StreamOptions } from "./stream-options.js";
import { streamSamples } from "./stream-source.js";
import type { Segment } from "./transcription.js";

/** From this share of the greatest length on, half the silence ends a segment. */
const LONG_SHARE = 0.5;

/** What a stream needs of its recogniser. */
export interface StreamEngine {
  readonly header: BundleHeader;
  readonly cancellation: Cancellation;
  infer(samples: Float32Array<ArrayBuffer>): Promise<Emissions>;
  readonly detect: DetectSpeech;
  search(segment: HeardSegment, settledEnds: readonly number[]): Promise<Segment>;
  searchPartial(emissions: Emissions, settledEnds: readonly number[]): Promise<PartialText>;
}

export async function* streamEvents(
  source: StreamInput,
  options: StreamOptions,
  engine: StreamEngine,
): AsyncGenerator<StreamEvent, void, undefined> {
  const { sampleRate } = engine.header;
  const session = new StreamSession(engine, { ...STREAM_DEFAULTS, ...withoutUndefined(options) });
  const pieceSamples = Math.max(1, Math.round(session.chunkSeconds * sampleRate));
  let numSamples = 0;
  try {
    for await (const samples of streamSamples(source, options, { sampleRate, cancellation: engine.cancellation })) {
      numSamples += samples.length;
      options.onSound?.(numSamples / sampleRate);
      for (let at = 0; at < samples.length; at += pieceSamples) {
        yield* session.push(samples.slice(at, at + pieceSamples));
      }
    }
  } catch (error) {
    // What came before the damage was said all the same.
    if (error instanceof RecognizerError && error.code === "bad-audio") yield* session.end();
    throw error;
  }
  yield* session.end();
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

type Settings = StreamOptions & typeof STREAM_DEFAULTS;

/** A segment that has not ended. Samples count from the stream's start, frames from the segment's. */
interface LiveSegment {
  readonly startSample: number;
  /** Emissions that will not change. */
  readonly settled: Float32Array[];
  /** Up to which frame, after each step that settled some. */
  readonly settledEnds: number[];
  /** What the model said last. */
  latest: PlacedEmissions | undefined;
  lastShown: string;
}

class StreamSession {
  readonly #engine: StreamEngine;
  readonly #settings: Settings;
  readonly #buffer = new SampleBuffer();
  readonly #detector: SpeechDetector;
  readonly #segmenter: Segmenter;
  readonly #activitySamples: number;
  readonly #frameSamples: number;
  #live: LiveSegment | undefined;
  #numSegments = 0;
  /** Where the stream stood when the model heard it last. */
  #lastStep = 0;
  /** How long the last step took. A stream that runs late takes longer steps, and so catches up. */
  #stepSeconds = 0;

  constructor(engine: StreamEngine, settings: Settings) {
    const { sampleRate, frameSeconds } = engine.header;
    this.#engine = engine;
    this.#settings = settings;
    this.#detector = new SpeechDetector(sampleRate, engine.detect);
    this.#segmenter = new Segmenter({
      pauseSeconds: settings.endpointSeconds,
      longSegmentSeconds: LONG_SHARE * settings.maxSegmentSeconds,
      shortPauseSeconds: settings.endpointSeconds / 2,
      maxSegmentSeconds: settings.maxSegmentSeconds,
      // Frames that may be settled are not cut off.
      cutSeconds: Math.max(0, settings.lookaheadSeconds - ACTIVITY_LAG_SECONDS),
    });
    this.#activitySamples = Math.round(sampleRate / ACTIVITY_FRAME_RATE);
    this.#frameSamples = Math.round(frameSeconds * sampleRate);
  }

  get chunkSeconds(): number {
    return this.#settings.chunkSeconds;
  }

  async *push(samples: Float32Array<ArrayBuffer>): AsyncGenerator<StreamEvent, void, undefined> {
    this.#buffer.push(samples);
    for (const frame of await this.#detector.push(samples)) yield* this.#take(this.#segmenter.push(frame));
    const { sampleRate } = this.#engine.header;
    const step = Math.max(this.chunkSeconds, this.#stepSeconds) * sampleRate;
    if (this.#live && this.#buffer.end - this.#lastStep >= step) yield* this.#step(this.#live);
    const earliest = this.#segmenter.earliestFrame * this.#activitySamples;
    this.#buffer.dropBefore(this.#live ? this.#windowStart(this.#live) : earliest);
  }

  async *end(): AsyncGenerator<StreamEvent, void, undefined> {
    for (const frame of await this.#detector.end()) yield* this.#take(this.#segmenter.push(frame));
    yield* this.#take(this.#segmenter.end());
  }

  async *#take(events: ReturnType<Segmenter["push"]>): AsyncGenerator<StreamEvent, void, undefined> {
    for (const { kind, frame } of events) {
      const sample = Math.min(this.#buffer.end, frame * this.#activitySamples);
      if (kind === "start") this.#live = newSegment(sample);
      else if (this.#live) yield* this.#finish(this.#live, sample);
    }
  }

  async *#step(live: LiveSegment): AsyncGenerator<StreamEvent, void, undefined> {
    if (this.#buffer.end - live.startSample < this.#engine.header.minSamples) return;
    const started = performance.now();
    this.#lastStep = this.#buffer.end;
    const emissions = await this.#hear(live, this.#buffer.end);
    const { stable, text } = await this.#engine.searchPartial(emissions, live.settledEnds);
    this.#stepSeconds = (performance.now() - started) / 1000;
    const shown = `${stable}|${text}`;
    if (text === "" || shown === live.lastShown) return;
    live.lastShown = shown;
    const startSeconds = live.startSample / this.#engine.header.sampleRate;
    const tailText = text.slice(stable.length).trim();
    yield { kind: "partial", ...this.#place(), stable, tail: tailText, startSeconds };
  }

  async *#finish(live: LiveSegment, endSample: number): AsyncGenerator<StreamEvent, void, undefined> {
    this.#live = undefined;
    const { sampleRate, minSamples } = this.#engine.header;
    if (endSample - live.startSample < minSamples) return;
    const [startSeconds, endSeconds] = [live.startSample / sampleRate, endSample / sampleRate];
    if (isShort(endSample - live.startSample, this.#engine.header)) {
      const samples = this.#buffer.slice(live.startSample, endSample);
      const heard = await hearShort(samples, this.#engine.header, (padded) => this.#engine.infer(padded));
      yield* this.#tell(await this.#engine.search({ startSeconds, endSeconds, ...heard }, []));
      return;
    }
    // Silence may have been settled already.
    const settledEnd = live.startSample + settledFrames(live) * this.#frameSamples;
    const emissions = await this.#hear(live, Math.min(this.#buffer.end, Math.max(endSample, settledEnd)));
    yield* this.#tell(await this.#engine.search({ startSeconds, endSeconds, emissions }, live.settledEnds));
  }

  *#tell(segment: Segment): Generator<StreamEvent, void, undefined> {
    if (segment.text === "") return;
    yield { kind: "final", ...this.#place(), ...segment };
    this.#numSegments += 1;
  }

  /** Runs the model up to a sample, settles what can be, and answers with all of the segment's frames. */
  async #hear(live: LiveSegment, endSample: number): Promise<Emissions> {
    const start = this.#windowStart(live);
    const emissions = await this.#engine.infer(this.#buffer.slice(start, endSample));
    const heard = { firstFrame: (start - live.startSample) / this.#frameSamples, emissions };
    this.#settle(live, heard);
    live.latest = heard;
    const tail = frames(heard, settledFrames(live), endOf(heard));
    return concatenated([...live.settled, tail], emissions.numTokens);
  }

  /** The last hearing's frames, up to where it goes over to the new one, will not be heard again. */
  #settle(live: LiveSegment, heard: PlacedEmissions): void {
    const { latest } = live;
    const from = settledFrames(live);
    if (!latest) return;
    const lookahead = Math.round(this.#settings.lookaheadSeconds / this.#engine.header.frameSeconds);
    const last = Math.min(endOf(latest) - lookahead, endOf(heard));
    if (last <= from) return;
    const { blankId } = this.#engine.header.alphabet;
    const cut = changeOver(latest, heard, { from, to: last, near: last }, blankId);
    if (cut === from) return;
    live.settled.push(frames(latest, from, cut).slice());
    live.settledEnds.push(cut);
  }

  #windowStart(live: LiveSegment): number {
    const context = Math.round(this.#settings.contextSeconds / this.#engine.header.frameSeconds);
    return live.startSample + Math.max(0, settledFrames(live) - context) * this.#frameSamples;
  }

  #place(): { segment: number; heardSeconds: number } {
    return { segment: this.#numSegments, heardSeconds: this.#buffer.end / this.#engine.header.sampleRate };
  }
}

function settledFrames({ settledEnds }: LiveSegment): number {
  return settledEnds.at(-1) ?? 0;
}

function newSegment(startSample: number): LiveSegment {
  return { startSample, settled: [], settledEnds: [], latest: undefined, lastShown: "" };
}
