/** What the tests of what a step makes smaller share. */
import assert from "node:assert/strict";
import { tensor } from "@deepspeech-ts/torch";
import type { ModelOutput } from "../acoustic-model/index.js";
import { objectiveSchema } from "./objective-config.js";
import { steady } from "./step.test.support.js";

export const threeLayers = { ...steady, model: { ...steady.model, recurrentLayers: 3 } };

/** Log-probabilities of five tokens, of two utterances with 6 and 4 frames. */
export function outputOf(slope: number): ModelOutput {
  const logits = Array.from({ length: 2 }, (_, row) =>
    Array.from({ length: 6 }, (_, frame) =>
      Array.from({ length: 5 }, (_, token) => slope * Math.sin(row + 3 * frame + token)),
    ),
  );
  const logProbs = logits.map((rows) =>
    rows.map((row) => row.map((value) => value - Math.log(row.reduce((sum, other) => sum + Math.exp(other), 0)))),
  );
  return { logProbs: tensor(logProbs), logProbLengths: [6, 4] };
}

export const targets = [[0, 1, 2], [3]];
export const options = (objective: object, views = 1) =>
  ({ objective: objectiveSchema.parse(objective), views, blankId: 4, lossAverage: "tokens" }) as const;

/** [row][frame][token], within each row's own length. */
export function ownLogProbs({ logProbs, logProbLengths }: ModelOutput): number[][][] {
  const [, frames = 0, tokens = 0] = logProbs.shape;
  const values = logProbs.toNumbers();
  return logProbLengths.map((length, row) =>
    Array.from({ length }, (_, frame) => values.slice((row * frames + frame) * tokens).slice(0, tokens)),
  );
}

export const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

export function assertClose(actual: number, expected: number, tolerance = 1e-6): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual}, not ${expected}`);
}
