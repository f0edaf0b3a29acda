import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasLeftPlateau, isBetter, type Measurement, type SelectBy, selectionMetric } from "./selection.js";

/** Names of the measurements, best first. */
function ranked(measurements: Record<string, Measurement>, selectBy: SelectBy): string {
  const entries = Object.entries(measurements);
  return entries
    .sort(([, a], [, b]) => (isBetter(a, b, selectBy) ? -1 : isBetter(b, a, selectBy) ? 1 : 0))
    .map(([name]) => name)
    .join(" ");
}

describe("isBetter", () => {
  const measurements = {
    silent: { wer: 1, cer: 1, loss: 2.9 },
    babbling: { wer: 1.08, cer: 0.7, loss: 2.1 },
    lucky: { wer: 0.97, cer: 0.75, loss: 2.2 },
    spelling: { wer: 0.99, cer: 0.4, loss: 1.3 },
    hearing: { wer: 0.49, cer: 0.3, loss: 0.9 },
    fluent: { wer: 0.2, cer: 0.1, loss: 1.1 },
    exact: { wer: 0.2, cer: 0.09, loss: 1.2 },
  };

  it("by auto goes by CER while WER is high, where WER follows luck, and by WER from there on", () => {
    assert.equal(ranked(measurements, "auto"), "exact fluent hearing spelling babbling lucky silent");
  });

  it("by WER goes by it alone, up to 1; CER decides between equals", () => {
    assert.equal(ranked(measurements, "wer"), "exact fluent hearing lucky spelling babbling silent");
  });

  it("by CER and by loss goes by them", () => {
    assert.equal(ranked(measurements, "cer"), "exact fluent hearing spelling babbling lucky silent");
    assert.equal(ranked(measurements, "loss"), "hearing fluent exact spelling babbling lucky silent");
  });

  it("of epochs that spell alike, as those that answer blanks, the one with the lower loss is better", () => {
    const blanks = { wer: 1, cer: 1, loss: 2.9 };
    for (const selectBy of ["auto", "wer", "cer", "loss"] as const) {
      assert.ok(isBetter({ ...blanks, loss: 2.8 }, blanks, selectBy), selectBy);
      assert.ok(!isBetter(blanks, { ...blanks, loss: 2.8 }, selectBy), selectBy);
      assert.equal(isBetter({ ...blanks, cer: 0.95, loss: 9 }, blanks, selectBy), selectBy !== "loss");
      const spelling = { wer: 0, cer: 0, loss: 1 };
      assert.equal(isBetter({ ...spelling, loss: 0.9 }, spelling, selectBy), selectBy === "loss");
    }
  });

  it("an epoch whose loss nobody noted is the worst by loss, and of equals neither is better", () => {
    assert.ok(isBetter({ wer: 1, cer: 1, loss: 9 }, { wer: 0, cer: 0 }, "loss"));
    for (const selectBy of ["auto", "wer", "cer", "loss"] as const) {
      assert.ok(!isBetter(measurements.fluent, measurements.fluent, selectBy));
    }
  });
});

it("auto's metric falls without a gap from one kind of epoch to the other", () => {
  const course = [1, 0.8, 0.6, 0.51, 0.499, 0.3, 0].map((wer) => selectionMetric({ wer, cer: wer / 2 }, "auto"));
  assert.deepEqual(
    course.toSorted((a, b) => b - a),
    course,
  );
});

it("a model that answers blanks, or the likeliest letter, has not left the plateau", () => {
  assert.deepEqual(
    [1, 1.3, 0.93, 0.9, 0.85].map((cer) => hasLeftPlateau({ wer: 1, cer })),
    [false, false, false, false, true],
  );
});
