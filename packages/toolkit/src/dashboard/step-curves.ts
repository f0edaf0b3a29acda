/**
 * A run's curves over its steps, in bounded space.
 *
 * Steps fall into stretches of equal width, a power of two. When there are too many, neighbours are joined and the width
 * doubles; so a run of 500,000 steps takes the space of one of 2,000, a new step costs the same at any time, and the
 * stretches that are there stay where they are while a run is watched.
 */
import type { StepCurves } from "./page/api-types.js";

/** A curve has at most so many points, and half as many after neighbours were joined. */
export const MOST_POINTS = 2000;

export interface StepPoint {
  step: number;
  /** Epochs done at this step, such as 2.25. */
  epoch: number;
  hours: number;
  /** What is not finite leaves no mark on the mean. */
  loss: number;
  learningRate: number;
  audioSecondsPerSecond: number;
}

/** Where a stretch ends, and how things stood there. */
type Marks = Omit<StepPoint, "loss">;

interface Stretch extends Marks {
  lossSum: number;
  lossCount: number;
}

export class StepCurvesBuilder {
  #width = 1;
  #stretches: Stretch[] = [];

  /** Steps come in order. */
  add(point: StepPoint): void {
    if (Number.isFinite(point.loss)) this.#append(point, point.loss, 1);
    else this.#append(point, 0, 0);
    if (this.#stretches.length > MOST_POINTS) this.#halve();
  }

  toJson(): StepCurves {
    const column = (key: keyof Stretch) => this.#stretches.map((stretch) => finiteOrNull(stretch[key]));
    return {
      step: this.#stretches.map(({ step }) => step),
      epoch: this.#stretches.map(({ epoch }) => epoch),
      hours: this.#stretches.map(({ hours }) => hours),
      loss: this.#stretches.map(({ lossSum, lossCount }) => finiteOrNull(lossSum / lossCount)),
      learningRate: column("learningRate"),
      audioSecondsPerSecond: column("audioSecondsPerSecond"),
    };
  }

  /** Joins what falls into the newest stretch with it. Called for every step of a log, so it makes no needless objects. */
  #append(
    { step, epoch, hours, learningRate, audioSecondsPerSecond }: Marks,
    lossSum: number,
    lossCount: number,
  ): void {
    const newest = this.#stretches.at(-1);
    if (!newest || this.#placeOf(newest.step) !== this.#placeOf(step)) {
      this.#stretches.push({ step, epoch, hours, learningRate, audioSecondsPerSecond, lossSum, lossCount });
      return;
    }
    newest.step = step;
    newest.epoch = epoch;
    newest.hours = hours;
    newest.learningRate = learningRate;
    newest.audioSecondsPerSecond = audioSecondsPerSecond;
    newest.lossSum += lossSum;
    newest.lossCount += lossCount;
  }

  #halve(): void {
    this.#width *= 2;
    const stretches = this.#stretches;
    this.#stretches = [];
    for (const stretch of stretches) this.#append(stretch, stretch.lossSum, stretch.lossCount);
  }

  /** Steps are counted from 1. */
  #placeOf(step: number): number {
    return Math.floor((step - 1) / this.#width);
  }
}

/** JSON has no other numbers. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
