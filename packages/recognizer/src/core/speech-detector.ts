/**
 * Where is speech? Silero's model of voice activity says for each 32 ms how likely it is that someone speaks. It was
 * trained on voices in thousands of languages, in noise and over music, and so hears what levels cannot tell: that music
 * and other people's babble are no speech, and that there is speech in noise as loud as itself. `npm run bench --
 * speech-detection` compares it with levels.
 *
 * The graph (models/speech-detector.onnx, built by tools/build-speech-detector.mjs) goes over a recording piece by piece
 * and keeps a state. It always hears the same number of pieces a run: so what it says does not depend on how the sound
 * was cut when it came, to the last bit.
 */
import { joinArrays } from "../audio/join-arrays.js";
import { Resampler } from "../audio/resample.js";
import type { TensorData, Tensors } from "./tensor-data.js";

/** What the model hears. */
const SAMPLE_RATE = 16_000;
/** New samples of a piece, and those before them that are heard again. */
const PIECE_SAMPLES = 512;
const CONTEXT_SAMPLES = 64;
/** Pieces a run: more cost less each, and answer later. */
const RUN_PIECES = 8;
const RUN_SAMPLES = RUN_PIECES * PIECE_SAMPLES;
const STATE_SIZE = 128;
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

/** What the model remembers from one run to the next. */
export interface DetectorState {
  readonly hidden: Float32Array;
  readonly cell: Float32Array;
}

export interface Detection {
  /** For each piece. */
  readonly probabilities: Float32Array;
  readonly state: DetectorState;
}

/** Runs the model over sound that `detectInRuns` can cut; the platform's. */
export type DetectSpeech = (samples: Float32Array<ArrayBuffer>, state: DetectorState) => Promise<Detection>;

/** Runs the graph once. */
export type RunDetector = (inputs: Tensors) => Promise<{
  readonly [output in "probabilities" | "last_hidden" | "last_cell"]: Pick<TensorData, "data">;
}>;

/**
 * Frame by frame, where speech is.
 *
 * @param sampleRate of the samples that it is given
 */
export class SpeechDetector {
  readonly #detect: DetectSpeech;
  readonly #resampler: Resampler | undefined;
  /** What no run has heard, after its context. */
  #rest: Float32Array<ArrayBuffer> = new Float32Array(CONTEXT_SAMPLES);
  #state: DetectorState = { hidden: new Float32Array(STATE_SIZE), cell: new Float32Array(STATE_SIZE) };
  /** Of the last frames. */
  readonly #levels: number[] = [];
  #isActive = false;

  constructor(sampleRate: number, detect: DetectSpeech) {
    this.#detect = detect;
    if (sampleRate !== SAMPLE_RATE) this.#resampler = new Resampler(sampleRate, SAMPLE_RATE);
  }

  /** The frames that are certain now, in order. */
  push(samples: Float32Array<ArrayBuffer>): Promise<ActivityFrame[]> {
    return this.#take(this.#resampler?.push(samples) ?? samples);
  }

  /** The frames that are left; the last may reach beyond the end. */
  async end(): Promise<ActivityFrame[]> {
    const frames = this.#resampler ? await this.#take(this.#resampler.end()) : [];
    const left = this.#rest.length - CONTEXT_SAMPLES;
    if (left === 0) return frames;
    const last = await this.#take(new Float32Array(RUN_SAMPLES - left));
    return [...frames, ...last.slice(0, Math.ceil(left / PIECE_SAMPLES))];
  }

  async #take(samples: Float32Array<ArrayBuffer>): Promise<ActivityFrame[]> {
    const sound = joinArrays([this.#rest, samples]);
    const numSamples = Math.floor((sound.length - CONTEXT_SAMPLES) / RUN_SAMPLES) * RUN_SAMPLES;
    this.#rest = sound.slice(numSamples);
    if (numSamples === 0) return [];
    const { probabilities, state } = await this.#detect(sound.slice(0, CONTEXT_SAMPLES + numSamples), this.#state);
    this.#state = state;
    return Array.from(probabilities, (probability, piece) => {
      const start = CONTEXT_SAMPLES + piece * PIECE_SAMPLES;
      return this.#judge(probability, levelOf(sound.subarray(start, start + PIECE_SAMPLES)));
    });
  }

  #judge(probability: number, level: number): ActivityFrame {
    this.#levels.push(level);
    if (this.#levels.length > BACKGROUND_FRAMES) this.#levels.shift();
    const background = Math.max(SILENCE_DECIBELS, Math.min(...this.#levels));
    const { begin, goOn } = level - background >= CLEAR_DECIBELS ? CLEAR : UNCLEAR;
    this.#isActive = probability >= (this.#isActive ? goOn : begin);
    return { isActive: this.#isActive, level };
  }
}

function levelOf(samples: Float32Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return 10 * Math.log10(energy / samples.length + 1e-12);
}

/** The graph over sound of any length that is a context and whole runs: for the place where the graph runs. */
export async function detectInRuns(samples: Float32Array, before: DetectorState, run: RunDetector): Promise<Detection> {
  const probabilities: Float32Array[] = [];
  let { hidden, cell } = before;
  for (let at = 0; at + CONTEXT_SAMPLES < samples.length; at += RUN_SAMPLES) {
    const outputs = await run({
      pieces: { type: "float32", data: piecesFrom(samples, at), dims: [RUN_PIECES, CONTEXT_SAMPLES + PIECE_SAMPLES] },
      hidden: { type: "float32", data: hidden, dims: [1, 1, STATE_SIZE] },
      cell: { type: "float32", data: cell, dims: [1, 1, STATE_SIZE] },
    });
    hidden = outputs.last_hidden.data as Float32Array;
    cell = outputs.last_cell.data as Float32Array;
    probabilities.push(outputs.probabilities.data as Float32Array);
  }
  return { probabilities: joinArrays(probabilities), state: { hidden, cell } };
}

/** One run's pieces, each after the end of the one before. */
function piecesFrom(samples: Float32Array, start: number): Float32Array {
  const length = CONTEXT_SAMPLES + PIECE_SAMPLES;
  const pieces = new Float32Array(RUN_PIECES * length);
  for (let piece = 0; piece < RUN_PIECES; piece++) {
    const from = start + piece * PIECE_SAMPLES;
    pieces.set(samples.subarray(from, from + length), piece * length);
  }
  return pieces;
}
