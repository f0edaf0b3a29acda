import assert from "node:assert/strict";
import { test } from "node:test";
import { randomNumbers } from "../fixtures.test.support.js";
import { Segmenter } from "./segmenter.js";

const RULES = {
  pauseSeconds: 1,
  longSegmentSeconds: 20,
  shortPauseSeconds: 0.4,
  maxSegmentSeconds: 30,
  cutSeconds: 0.2,
};
const active = { isActive: true, level: -20 };

test("an interruption ends a segment where it is, and the next begins there if there still is activity", () => {
  const segmenter = new Segmenter(RULES);
  assert.deepEqual(segmenter.interrupt(), []);
  assert.deepEqual(segmenter.push(active), [{ kind: "start", frame: 0 }]);
  for (let i = 1; i < 100; i++) assert.deepEqual(segmenter.push(active), []);
  assert.deepEqual(segmenter.interrupt(), [{ kind: "end", frame: 100 }]);
  assert.deepEqual(segmenter.interrupt(), []);
  assert.deepEqual(segmenter.push(active), [{ kind: "start", frame: 100 }]);
});

test("no segment begins before what is told to be kept", () => {
  const segmenter = new Segmenter({ ...RULES, maxSegmentSeconds: 3 });
  for (let frame = 0; frame < 1000; frame++) {
    const kept = segmenter.earliestNext;
    for (const event of segmenter.push({ ...active, isActive: frame % 211 < 150, level: -20 - (frame % 7) })) {
      if (event.kind === "start")
        assert.ok(event.frame >= Math.min(kept, frame) || event.frame === 0, `${event.frame}, ${kept}`);
    }
  }
});

test("a segment is cut within itself, however short it may be", () => {
  for (const maxSegmentSeconds of [0.001, 0.03, 0.1, 0.5]) {
    const segmenter = new Segmenter({ ...RULES, maxSegmentSeconds, cutSeconds: 0.7 });
    let [start, numSegments] = [0, 0];
    for (let frame = 0; frame < 300; frame++) {
      // Ever louder: of all frames, the first is the quietest.
      for (const event of segmenter.push({ isActive: true, level: -50 + frame / 10 })) {
        if (event.kind === "start") start = event.frame;
        else assert.ok(event.frame > start && event.frame <= frame, `${start} to ${event.frame} at ${frame}`);
        numSegments += 1;
      }
    }
    assert.ok(numSegments > 10);
  }
});

test("whatever is active, segments end after they begin, follow each other and hold all activity", () => {
  const random = randomNumbers(9);
  const draw = (values: readonly number[]) => values[Math.floor(values.length * random())] as number;
  for (let round = 0; round < 2000; round++) {
    const pauseSeconds = draw([0.1, 0.3, 0.8, 2, 5]);
    const maxSegmentSeconds = draw([0.5, 2, 5, 30]);
    const segmenter = new Segmenter({
      ...{ pauseSeconds, maxSegmentSeconds, shortPauseSeconds: pauseSeconds / 2 },
      ...{ longSegmentSeconds: maxSegmentSeconds / 2, cutSeconds: draw([0, 0.144, 0.744, 2.744]) },
    });
    const change = draw([0.02, 0.1, 0.3]);
    let isActive = false;
    const frames = Array.from({ length: 50 + Math.floor(600 * random()) }, () => {
      if (random() < change) isActive = !isActive;
      return { isActive, level: (isActive ? -20 : -60) - 10 * random() };
    });
    const events = [...frames.flatMap((frame) => segmenter.push(frame)), ...segmenter.end()];
    const isHeld = new Array<boolean>(frames.length).fill(false);
    for (let i = 0, last = 0; i < events.length; i += 2) {
      const [start, end] = [events[i], events[i + 1]];
      assert.ok(start?.kind === "start" && end?.kind === "end");
      assert.ok(start.frame >= last && end.frame > start.frame && end.frame <= frames.length);
      isHeld.fill(true, start.frame, end.frame);
      last = end.frame;
    }
    assert.ok(frames.every((frame, i) => !frame.isActive || isHeld[i]));
  }
});
