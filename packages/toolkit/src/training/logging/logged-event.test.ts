import assert from "node:assert/strict";
import { test } from "node:test";
import { formatEvent, type LoggedEvent, parseEvent } from "./logged-event.js";

const time = "2024-05-01T12:00:00.000Z";
const step: LoggedEvent = {
  ...{ time, kind: "step", epoch: 1, step: 2, totalSteps: 10, learningRate: 5e-4, skipped: true, skippedIds: ["NaN"] },
  ...{ loss: Number.NaN, gradientNorm: Number.POSITIVE_INFINITY, audioSecondsPerSecond: 3.5 },
  etaSeconds: Number.NEGATIVE_INFINITY,
};

test("an event is one line of JSON, its time first", () => {
  const line = formatEvent({ kind: "failure", id: "a\nb", reason: "größe", time });
  assert.equal(line, `{"time":"${time}","kind":"failure","id":"a\\nb","reason":"größe"}\n`);
});

test("numbers that JSON lacks are written by name, and read back as numbers", () => {
  const line = formatEvent(step);
  assert.match(line, /"loss":"NaN","gradientNorm":"Infinity","audioSecondsPerSecond":3.5,"etaSeconds":"-Infinity"/);
  assert.deepEqual(parseEvent(line), step);
});

test("a text that looks like such a number stays a text", () => {
  const failure: LoggedEvent = { kind: "failure", id: "Infinity", reason: "NaN", time };
  assert.deepEqual(parseEvent(formatEvent(failure)), failure);
});

test("what is no event is refused", () => {
  assert.throws(() => parseEvent('{"kind":"step"'), SyntaxError);
  for (const line of ["null", "3", "[]", '{"kind":"step"}', `{"kind":1,"time":"${time}"}`]) {
    assert.throws(() => parseEvent(line), { message: 'expected an object with the fields "kind" and "time"' }, line);
  }
});
