/** Steps of a forward model: utterances that go on, each with its own state, as rows of one run. */
import type { Emissions, StreamingFacts } from "@deepspeech-ts/speech";
import type { StepSound } from "./step-input.js";
import { Scratch, type TensorData, type Tensors } from "./tensor-data.js";

/** What an utterance's steps so far left behind. */
export type StepState = Float32Array<ArrayBuffer>;

/** One utterance's part of a run. */
export interface Step extends StepSound {
  readonly state: StepState;
}

export interface StepResult {
  /** As many frames as were taken in, `delayFrames` behind them; those outside the utterance mean nothing. */
  readonly emissions: Emissions;
  readonly state: StepState;
}

/** Runs the graph once. */
export type RunStep = (
  inputs: Tensors,
  outputNames: readonly ("log_probs" | "next_state")[],
) => Promise<Record<"log_probs" | "next_state", TensorData>>;

/** Of an utterance that begins. */
export function firstState({ stateSize }: StreamingFacts): StepState {
  return new Float32Array(stateSize);
}

const scratch = { samples: new Scratch(), state: new Scratch() };

/**
 * Runs one step of several utterances at once.
 *
 * @param steps of equally many samples
 * @param run takes what it is given before it returns
 * @returns each one's result, in order
 */
export async function runSteps(steps: readonly Step[], run: RunStep): Promise<StepResult[]> {
  const batch = steps.length;
  const rowsOf = (part: keyof typeof scratch): TensorData => {
    const width = steps[0]![part].length;
    const data = scratch[part].take(batch * width);
    for (const [row, step] of steps.entries()) data.set(step[part], row * width);
    return { type: "float32", data, dims: [batch, width] };
  };
  const numbersOf = (values: readonly number[]): TensorData => ({
    type: "int64",
    data: BigInt64Array.from(values, BigInt),
    dims: [batch],
  });
  const inputs = {
    samples: rowsOf("samples"),
    state: rowsOf("state"),
    positions: numbersOf(steps.map(({ position }) => position)),
    ends: numbersOf(steps.map(({ end }) => end)),
  };
  const { log_probs: logProbs, next_state: next } = await run(inputs, ["log_probs", "next_state"]);
  const [, numFrames = 0, numTokens = 0] = logProbs.dims;
  return steps.map((_, row) => ({
    emissions: { logProbs: rowOf(logProbs, row, batch).slice(), numFrames, numTokens },
    // A view: all rows are let go of when the next steps are done, and are the most of what a stream costs in memory.
    state: rowOf(next, row, batch),
  }));
}

function rowOf({ data }: TensorData, row: number, batch: number): Float32Array<ArrayBuffer> {
  const values = data as Float32Array<ArrayBuffer>;
  const width = values.length / batch;
  return values.subarray(row * width, (row + 1) * width);
}
