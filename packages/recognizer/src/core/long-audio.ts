/**
 * A recording of any length, in pieces, to segments of emissions: speech is found, cut at pauses, and given to the
 * model as it comes. Of the sound, only what the model has not seen is kept.
 */
import { type BundleHeader, type Emissions, outputBlanks, outputWidth } from "@deepspeech-ts/speech";
import { joinArrays } from "../audio/join-arrays.js";
import { joinEmissions, type PlacedEmissions } from "./join-emissions.js";
import { SampleBuffer } from "./sample-buffer.js";
import { type SegmentEvent, Segmenter, type SegmentRules } from "./segmenter.js";
import { contextStart, hearShort, isShort } from "./short-sound.js";
import { ACTIVITY_FRAME_RATE, type DetectSpeech, SpeechDetector } from "./speech-detector.js";
import type { StepUtterance } from "./step-utterance.js";

/** Pauses within a sentence stay, for the model was trained on sentences; those between paragraphs do not. */
export const RECORDING_RULES: SegmentRules = {
  pauseSeconds: 1,
  longSegmentSeconds: 20,
  shortPauseSeconds: 0.4,
  maxSegmentSeconds: Number.POSITIVE_INFINITY,
  cutSeconds: 0,
};
/** The longest piece of sound that the model is given at once. */
const WINDOW_SECONDS = 30;
/** How far two windows of a longer segment overlap. */
const OVERLAP_SECONDS = 6;
/** Windows that may wait for the model at a time. */
const MOST_PENDING = 8;

/** Frames of a step of a model that streams. */
const STEP_FRAMES = 64;

/** A segment that the model has heard all of. */
export interface HeardSegment {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly emissions: Emissions;
  /** How long before the segment the emissions begin; see short-sound.ts. Default 0. */
  readonly leadSeconds?: number;
}

export interface LongAudioEngine {
  /** Hears one piece of sound. */
  infer(samples: Float32Array<ArrayBuffer>): Promise<Emissions>;
  /** Begins an utterance; where the model streams. */
  readonly steps?: () => StepUtterance;
  readonly detect: DetectSpeech;
}

/** A segment on its way through the model. Numbers are samples of the recording. */
interface OpenSegment {
  readonly start: number;
  /** Where the next window starts. */
  nextWindow: number;
  readonly windows: Promise<PlacedEmissions>[];
  /** Instead of windows, where the model streams and the segment is longer than one. */
  steps?: StepwiseSegment;
}

interface StepwiseSegment {
  readonly utterance: StepUtterance;
  readonly known: Float32Array[];
  /** All of it that has begun. */
  done: Promise<void>;
}

export class LongAudio {
  readonly #header: BundleHeader;
  readonly #engine: LongAudioEngine;
  readonly #onSegment: (segment: Promise<HeardSegment>) => void;
  readonly #buffer = new SampleBuffer();
  readonly #detector: SpeechDetector;
  readonly #segmenter = new Segmenter(RECORDING_RULES);
  readonly #pending = new Set<Promise<unknown>>();
  /** Samples from one activity frame to the next. */
  readonly #activitySamples: number;
  /** Samples from one frame of emissions to the next. */
  readonly #frameSamples: number;
  #open: OpenSegment | undefined;

  /** @param onSegment is called with the segments in order; each promise settles when the model has heard it. */
  constructor(header: BundleHeader, engine: LongAudioEngine, onSegment: (segment: Promise<HeardSegment>) => void) {
    this.#header = header;
    this.#engine = engine;
    this.#onSegment = onSegment;
    this.#detector = new SpeechDetector(header.sampleRate, engine.detect);
    this.#activitySamples = Math.round(header.sampleRate / ACTIVITY_FRAME_RATE);
    this.#frameSamples = Math.round(header.frameSeconds * header.sampleRate);
  }

  get durationSeconds(): number {
    return this.#buffer.end / this.#header.sampleRate;
  }

  /** Takes the recording's next samples; resolves when more may come. */
  async push(samples: Float32Array<ArrayBuffer>): Promise<void> {
    this.#buffer.push(samples);
    for (const frame of (await this.#detector.push(samples)) ?? []) this.#take(this.#segmenter.push(frame));
    if (this.#open) this.#startFullWindows(this.#open, this.#buffer.end);
    const earliest = this.#open?.nextWindow ?? this.#segmenter.earliestFrame * this.#activitySamples;
    this.#buffer.dropBefore(contextStart(earliest, this.#header));
    while (this.#pending.size >= MOST_PENDING) await Promise.race(this.#pending);
  }

  /** At the recording's end: gives the last segments. */
  async end(): Promise<void> {
    for (const frame of await this.#detector.end()) this.#take(this.#segmenter.push(frame));
    this.#take(this.#segmenter.end());
  }

  #take(events: readonly SegmentEvent[]): void {
    for (const { kind, frame } of events) {
      const sample = Math.min(this.#buffer.end, frame * this.#activitySamples);
      if (kind === "start") this.#open = { start: sample, nextWindow: sample, windows: [] };
      else this.#finish(sample);
    }
  }

  #startFullWindows(open: OpenSegment, end: number): void {
    const window = this.#inFrames(WINDOW_SECONDS);
    if (this.#engine.steps && end - open.start > window) {
      open.steps ??= { utterance: this.#engine.steps(), known: [], done: Promise.resolve() };
      this.#goOn(open, open.steps, end);
      return;
    }
    // A window that is full may still be the last: the next one must have something of its own.
    while (end - open.nextWindow > window) {
      this.#startWindow(open, open.nextWindow + window);
      open.nextWindow += window - this.#inFrames(OVERLAP_SECONDS);
    }
  }

  #finish(end: number): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open || end - open.start < this.#header.minSamples) return;
    const { sampleRate } = this.#header;
    if (isShort({ start: open.start, end }, this.#header)) {
      this.#finishShort(open.start, end);
      return;
    }
    this.#startFullWindows(open, end);
    if (open.steps) {
      this.#finishSteps(open, open.steps, end);
      return;
    }
    if (open.windows.length === 0 || end > open.nextWindow + this.#inFrames(OVERLAP_SECONDS)) {
      this.#startWindow(open, end);
    }
    const heard = Promise.all(open.windows).then((windows) => ({
      startSeconds: open.start / sampleRate,
      endSeconds: end / sampleRate,
      emissions: joinEmissions(windows, outputBlanks(this.#header)),
    }));
    heard.catch(() => {});
    this.#onSegment(heard);
  }

  /** Hears what came, in its turn. */
  #goOn(open: OpenSegment, steps: StepwiseSegment, end: number): void {
    // At a segment's end, more may have been heard already.
    const sound = this.#buffer.slice(open.nextWindow, Math.max(open.nextWindow, end));
    open.nextWindow += sound.length;
    this.#advance(steps, () => steps.utterance.push(sound));
  }

  #finishSteps({ start, nextWindow }: OpenSegment, steps: StepwiseSegment, end: number): void {
    const { sampleRate } = this.#header;
    const numTokens = outputWidth(this.#header);
    this.#advance(steps, () => steps.utterance.finish());
    const most = Math.ceil((end - start) / this.#frameSamples) * numTokens;
    const heard = steps.done.then(() => {
      // Beyond the end there is silence.
      const logProbs = joinArrays(steps.known).subarray(0, nextWindow > end ? most : undefined);
      const emissions = { logProbs, numFrames: logProbs.length / numTokens, numTokens };
      return { startSeconds: start / sampleRate, endSeconds: end / sampleRate, emissions };
    });
    heard.catch(() => {});
    this.#onSegment(heard);
  }

  #advance(steps: StepwiseSegment, prepare: () => void): void {
    steps.done = steps.done.then(async () => {
      prepare();
      for await (const { logProbs } of steps.utterance.advance(STEP_FRAMES)) steps.known.push(logProbs);
    });
    this.#wait(steps.done);
  }

  #finishShort(start: number, end: number): void {
    const { sampleRate } = this.#header;
    const [startSeconds, endSeconds] = [start / sampleRate, end / sampleRate];
    const infer = (samples: Float32Array<ArrayBuffer>) => this.#engine.infer(samples);
    const found = hearShort(this.#buffer, { start, end }, { header: this.#header, infer });
    const heard = found.then((emissions) => ({ startSeconds, endSeconds, ...emissions }));
    heard.catch(() => {});
    this.#onSegment(heard);
  }

  #startWindow(open: OpenSegment, end: number): void {
    const firstFrame = (open.nextWindow - open.start) / this.#frameSamples;
    const placed = this.#engine.infer(this.#buffer.slice(open.nextWindow, end)).then((emissions) => ({
      firstFrame,
      emissions,
    }));
    open.windows.push(placed);
    this.#wait(placed);
  }

  /** Its failure is reported by the segment's promise. */
  #wait(work: Promise<unknown>): void {
    const settled = work.then(
      () => {},
      () => {},
    );
    this.#pending.add(settled);
    void settled.then(() => this.#pending.delete(settled));
  }

  /** Samples of whole frames, so that windows lie on one grid. */
  #inFrames(seconds: number): number {
    return Math.round(seconds / this.#header.frameSeconds) * this.#frameSamples;
  }
}
