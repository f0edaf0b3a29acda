/**
 * Where is speech? Levels and how they move decide, in constant memory and at thousands of times real time:
 *
 * 1. The level of each 10 ms, above 200 Hz, averaged over 30 ms. The background is its minimum over the last seconds
 *    (minimum statistics; Martin, "Noise power spectral density estimation based on optimal smoothing and minimum
 *    statistics", IEEE TSAP 2001): even fluent speech has gaps between its sounds, steady noise has none. What rises
 *    well above the background for 50 ms is active; clicks are shorter.
 * 2. Speech comes in syllables, so that its level rises and falls some four times a second (Houtgast and Steeneken,
 *    JASA 1985). Noise, hum and tones, however loud and sudden, keep theirs. A stretch that is active counts as speech
 *    once its level has moved enough.
 *
 * Levels are decibels relative to full scale.
 */

/** Frames a second. */
export const ACTIVITY_FRAME_RATE = 100;
/** Vowels stand out above as well; hum, rumble and wind live below. */
const HIGH_PASS_HERTZ = 200;
/** Below this, nothing is speech: half a bit of 16 stands at -96 dB. */
export const SILENCE_DECIBELS = -70;
/** How far activity stands out of the background. */
const ABOVE_BACKGROUND_DECIBELS = 6;
/** Frames over which power is averaged. */
const SMOOTHING_FRAMES = 3;
/** The background is the least level of this many stretches of one second. */
const BACKGROUND_STRETCHES = 8;
/** Frames in a row that make activity. */
const LEAST_RUN = 5;
/** A frame is judged by a background that includes so many frames after it. */
const LOOKAHEAD_FRAMES = 40;
/** How far answers lag behind the sound, at most: the lookahead, and a run that is not yet long enough. */
export const ACTIVITY_LAG_SECONDS = (LOOKAHEAD_FRAMES + LEAST_RUN) / ACTIVITY_FRAME_RATE;

export interface ActivityFrame {
  readonly isActive: boolean;
  /** Decibels relative to full scale. */
  readonly level: number;
}

/** Frame by frame, what is active. Answers lag 0.4 seconds behind the sound. */
export class ActivityDetector {
  readonly #frameSamples: number;
  readonly #filter: HighPass;
  readonly #powers: number[] = [];
  readonly #background = new BackgroundLevel();
  /** Levels whose frames have not been decided. */
  readonly #levels: number[] = [];
  #power = 0;
  #numInFrame = 0;
  /** Decided frames that wait for their run to be long enough. */
  #run: number[] = [];
  #isInRun = false;

  constructor(sampleRate: number) {
    this.#frameSamples = Math.round(sampleRate / ACTIVITY_FRAME_RATE);
    this.#filter = new HighPass(HIGH_PASS_HERTZ, sampleRate);
  }

  /** The frames that are certain now, in order. */
  push(samples: Float32Array): ActivityFrame[] {
    const frames: ActivityFrame[] = [];
    let start = 0;
    while (start < samples.length) {
      const end = Math.min(samples.length, start + this.#frameSamples - this.#numInFrame);
      this.#power = this.#filter.addEnergy(this.#power, samples, start, end);
      this.#numInFrame += end - start;
      if (this.#numInFrame === this.#frameSamples) this.#endFrame(frames);
      start = end;
    }
    return frames;
  }

  /** The frames that are left; a last one that is not full is not counted. */
  end(): ActivityFrame[] {
    const frames: ActivityFrame[] = [];
    while (this.#levels.length > 0) this.#decide(frames);
    this.#endRun(frames);
    return frames;
  }

  #endFrame(frames: ActivityFrame[]): void {
    this.#powers.push(this.#power / this.#frameSamples);
    if (this.#powers.length > SMOOTHING_FRAMES) this.#powers.shift();
    this.#power = 0;
    this.#numInFrame = 0;
    const mean = this.#powers.reduce((sum, power) => sum + power, 0) / this.#powers.length;
    const level = 10 * Math.log10(mean + 1e-12);
    this.#background.push(level);
    this.#levels.push(level);
    if (this.#levels.length > LOOKAHEAD_FRAMES) this.#decide(frames);
  }

  #decide(frames: ActivityFrame[]): void {
    const level = this.#levels.shift() as number;
    const threshold = Math.max(SILENCE_DECIBELS, this.#background.level + ABOVE_BACKGROUND_DECIBELS);
    if (level >= threshold) {
      this.#run.push(level);
      if (this.#run.length >= LEAST_RUN) this.#isInRun = true;
      if (this.#isInRun) this.#flushRun(frames, true);
      return;
    }
    this.#endRun(frames);
    frames.push({ isActive: false, level });
  }

  #endRun(frames: ActivityFrame[]): void {
    this.#flushRun(frames, this.#isInRun);
    this.#isInRun = false;
  }

  #flushRun(frames: ActivityFrame[], isActive: boolean): void {
    for (const level of this.#run) frames.push({ isActive, level });
    this.#run = [];
  }
}

/** The least level of the last seconds. */
class BackgroundLevel {
  /** Of past stretches, oldest first. */
  readonly #minima: number[] = [];
  #current = Number.POSITIVE_INFINITY;
  #numInStretch = 0;

  get level(): number {
    return Math.min(this.#current, ...this.#minima);
  }

  push(level: number): void {
    this.#current = Math.min(this.#current, level);
    this.#numInStretch += 1;
    if (this.#numInStretch < ACTIVITY_FRAME_RATE) return;
    this.#minima.push(this.#current);
    if (this.#minima.length > BACKGROUND_STRETCHES) this.#minima.shift();
    this.#current = Number.POSITIVE_INFINITY;
    this.#numInStretch = 0;
  }
}

/** A second-order Butterworth high-pass (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filters"). */
class HighPass {
  readonly #b: number;
  readonly #a1: number;
  readonly #a2: number;
  #x1 = 0;
  #x2 = 0;
  #y1 = 0;
  #y2 = 0;

  constructor(hertz: number, sampleRate: number) {
    const omega = (2 * Math.PI * hertz) / sampleRate;
    const alpha = Math.sin(omega) / Math.SQRT2;
    this.#b = (1 + Math.cos(omega)) / 2 / (1 + alpha);
    this.#a1 = (-2 * Math.cos(omega)) / (1 + alpha);
    this.#a2 = (1 - alpha) / (1 + alpha);
  }

  /** `sum` and the squares of the filtered samples. The loop works on variables of its own: fields would cost half of it. */
  addEnergy(sum: number, samples: Float32Array, start: number, end: number): number {
    const [b, a1, a2] = [this.#b, this.#a1, this.#a2];
    let [x1, x2, y1, y2] = [this.#x1, this.#x2, this.#y1, this.#y2];
    let energy = sum;
    for (let i = start; i < end; i++) {
      const x = samples[i]!;
      const y = b * (x - 2 * x1 + x2) - a1 * y1 - a2 * y2;
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
      energy += y * y;
    }
    this.#x2 = x2;
    this.#x1 = x1;
    this.#y2 = y2;
    this.#y1 = y1;
    return energy;
  }
}
