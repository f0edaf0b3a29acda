/** Steps of a forward model: utterances that go on, each with its own state, as rows of one run. */
import type { Emissions, StreamingFacts } from "@deepspeech-ts/speech";
import type { StepSound } from "./step-input.js";
import { Scratch, type TensorData, type Tensors } from "./tensor-data.js";

/**
 * What an utterance's steps so far left behind. A step that succeeds writes what it leaves behind into it: states, which are
 * the most of what a stream costs in memory, would otherwise come and go by the megabyte a second.
 */
export type StepState = Float32Array<ArrayBuffer>;

/** One utterance's part of a run. */
export interface Step extends StepSound {
  readonly state: StepState;
}

/** Runs the graph once. Takes its inputs before it returns; `take` makes what is needed of outputs that are gone when it returns. */
export type RunStep = <T>(
  inputs: Tensors,
  outputNames: readonly ("log_probs" | "next_state")[],
  take: (outputs: Record<"log_probs" | "next_state", TensorData>) => T,
) => Promise<T>;

/** Of an utterance that begins. */
export function firstState({ stateSize }: StreamingFacts): StepState {
  return new Float32Array(stateSize);
}

const scratch = { samples: new Scratch(), state: new Scratch() };

/**
 * Runs one step of several utterances at once.
 *
 * @param steps of equally many samples; their states are written
 * @returns of each, in order, as many frames as were taken in, `delayFrames` behind them; those outside the utterance mean
 *   nothing
 */
export function runSteps(steps: readonly Step[], run: RunStep): Promise<Emissions[]> {
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
  return run(inputs, ["log_probs", "next_state"], ({ log_probs: logProbs, next_state: next }) => {
    const [, numFrames = 0, numTokens = 0] = logProbs.dims;
    return steps.map(({ state }, row) => {
      state.set(rowOf(next, row, batch));
      return { logProbs: rowOf(logProbs, row, batch).slice(), numFrames, numTokens };
    });
  });
}

function rowOf({ data }: TensorData, row: number, batch: number): Float32Array<ArrayBuffer> {
  const values = data as Float32Array<ArrayBuffer>;
  const width = values.length / batch;
  return values.subarray(row * width, (row + 1) * width);
}
