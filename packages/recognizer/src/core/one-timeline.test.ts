import assert from "node:assert/strict";
import { test } from "node:test";
import { onOneTimeline } from "./one-timeline.js";

const header = { alphabet: { tokens: ["a", "_"], blankId: 1 }, frameSeconds: 0.04 };

/** Frames whose first log-probability is a mark of theirs. */
function heard(startSeconds: number, endSeconds: number, mark: number, { leadSeconds = 0, numFrames = 0 }) {
  const logProbs = new Float32Array(2 * numFrames).fill(mark);
  return { startSeconds, endSeconds, leadSeconds, emissions: { logProbs, numFrames, numTokens: 2 } };
}

test("a short segment and the silence it is heard in leave its neighbours' frames as they are", () => {
  const { logProbs, numFrames } = onOneTimeline(
    [heard(0, 0.4, -1, { numFrames: 10 }), heard(0.4, 0.6, -2, { leadSeconds: 0.2, numFrames: 15 })],
    0.8,
    header,
  );
  assert.equal(numFrames, 20);
  const marks = Array.from({ length: numFrames }, (_, frame) => logProbs[2 * frame]);
  const unspoken = Math.fround(Math.log(1e-6));
  assert.deepEqual(marks, [
    ...new Array<number>(10).fill(-1),
    ...new Array<number>(5).fill(-2),
    ...new Array<number>(5).fill(unspoken),
  ]);
});

test("frames beyond the recording's ends are left out", () => {
  const { logProbs } = onOneTimeline([heard(0, 0.2, -1, { leadSeconds: 0.2, numFrames: 15 })], 0.2, header);
  assert.deepEqual(logProbs, new Float32Array(10).fill(-1));
});
