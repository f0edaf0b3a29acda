/**
 * Where is speech? Silero's model of voice activity says for each 32 ms how likely it is that someone speaks. It was
 * trained on voices in thousands of languages, in noise and over music, and so hears what levels cannot tell: that music
 * and other people's babble are no speech, and that there is speech in noise as loud as itself. `npm run bench --
 * speech-detection` compares it with levels.
 *
 * The graph (models/speech-detector.onnx, built by tools/build-speech-detector.mjs) goes over a recording piece by piece
 * and keeps a state (detector-runs.ts). What it says of a piece depends neither on how the sound was cut when it came nor
 * on the sounds that share a run.
 */
import { Resampler } from "../audio/resample.js";
import {
  CONTEXT_SAMPLES,
  type Detection,
  type DetectorSound,
  type DetectorState,
  firstDetectorState,
  PIECE_SAMPLES,
} from "./detector-runs.js";
import { SampleBuffer } from "./sample-buffer.js";

/** What the model hears. */
const SAMPLE_RATE = 16_000;
/** The least that a run hears: more costs less a piece, and answers later. */
const RUN_SAMPLES = 8 * PIECE_SAMPLES;
/** The most of one sound. */
const MOST_RUN_SAMPLES = 16 * RUN_SAMPLES;
/** Speech begins at the first probability, and goes on down to the second: its makers' thresholds. */
const UNCLEAR = { begin: 0.5, goOn: 0.35 };
/**
 * Of a word that is over within a piece or two, the model becomes less sure. Where sound stands so far above the
 * background that it cannot be part of it, less is enough: music and clicks in a quiet room stay below.
 */
const CLEAR = { begin: 0.15, goOn: 0.1 };
const CLEAR_DECIBELS = 30;
/** Below this level, nothing is speech: half a bit of 16 stands at -96 dB. */
export const SILENCE_DECIBELS = -70;
/** The background is the least level of so many frames (minimum statistics; Martin, IEEE TSAP 2001). */
const BACKGROUND_FRAMES = 250;

/** Frames of activity a second. */
export const ACTIVITY_FRAME_RATE = SAMPLE_RATE / PIECE_SAMPLES;
/** How far answers lag behind the sound, at most. */
export const ACTIVITY_LAG_SECONDS = RUN_SAMPLES / SAMPLE_RATE;

export interface ActivityFrame {
  readonly isActive: boolean;
  /** Decibels relative to full scale. */
  readonly level: number;
}

/** Runs the graph over one sound, perhaps with those of others. */
export type DetectSpeech = (sound: DetectorSound) => Promise<Detection>;

/**
 * Frame by frame, where speech is.
 *
 * @param sampleRate of the samples that it is given
 */
export class SpeechDetector {
  readonly #detect: DetectSpeech;
  readonly #resampler: Resampler;
  /** A context of silence, and the sound. */
  readonly #buffer = new SampleBuffer();
  /** Where what no run has heard begins, its context before it. */
  #at = 0;
  readonly #state: DetectorState = firstDetectorState();
  /** Of the last frames. */
  readonly #levels: number[] = [];
  #isActive = false;

  constructor(sampleRate: number, detect: DetectSpeech) {
    this.#detect = detect;
    this.#buffer.push(new Float32Array(CONTEXT_SAMPLES));
    this.#resampler = new Resampler(sampleRate, SAMPLE_RATE);
  }

  /** The frames that are certain now, in order; undefined where there are none. Takes the samples before it returns. */
  push(samples: Float32Array): Promise<ActivityFrame[]> | undefined {
    this.#buffer.push(this.#resampler.push(samples));
    return this.#numWhole > 0 ? this.#hear() : undefined;
  }

  /** The frames that are left; the last may reach beyond the end. */
  async end(): Promise<ActivityFrame[]> {
    this.#buffer.push(this.#resampler.end());
    const frames = await this.#hear();
    const left = this.#buffer.end - CONTEXT_SAMPLES - this.#at;
    if (left === 0) return frames;
    this.#buffer.push(new Float32Array(RUN_SAMPLES - left));
    const last = await this.#hear();
    return [...frames, ...last.slice(0, Math.ceil(left / PIECE_SAMPLES))];
  }

  /** Samples of whole runs that none has heard. */
  get #numWhole(): number {
    return Math.floor((this.#buffer.end - CONTEXT_SAMPLES - this.#at) / RUN_SAMPLES) * RUN_SAMPLES;
  }

  async #hear(): Promise<ActivityFrame[]> {
    const frames: ActivityFrame[] = [];
    while (this.#numWhole > 0) {
      const end = this.#at + Math.min(this.#numWhole, MOST_RUN_SAMPLES);
      const heard = this.#buffer.view(this.#at, CONTEXT_SAMPLES + end);
      this.#at = end;
      this.#buffer.dropBefore(end);
      const probabilities = await this.#detect({ samples: heard, length: heard.length, state: this.#state });
      for (const [piece, probability] of probabilities.entries()) {
        const start = CONTEXT_SAMPLES + piece * PIECE_SAMPLES;
        frames.push(this.#judge(probability, levelOf(heard.subarray(start, start + PIECE_SAMPLES))));
      }
    }
    return frames;
  }

  #judge(probability: number, level: number): ActivityFrame {
    this.#levels.push(level);
    if (this.#levels.length > BACKGROUND_FRAMES) this.#levels.shift();
    const background = Math.max(SILENCE_DECIBELS, leastOf(this.#levels));
    const { begin, goOn } = level - background >= CLEAR_DECIBELS ? CLEAR : UNCLEAR;
    this.#isActive = probability >= (this.#isActive ? goOn : begin);
    return { isActive: this.#isActive, level };
  }
}

// Plain loops, as they are run for every sample and every frame: an iterator and a spread take several times as long.

function leastOf(values: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if ((values[i] as number) < least) least = values[i] as number;
  return least;
}

function levelOf(samples: Float32Array): number {
  let energy = 0;
  for (let i = 0; i < samples.length; i++) energy += (samples[i] as number) ** 2;
  return 10 * Math.log10(energy / samples.length + 1e-12);
}
