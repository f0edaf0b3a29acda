/** The loss against its definition: minus the logarithm of the summed probability of all alignments. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nn, randn, type Tensor } from "../index.js";

const { ctcLoss, logSoftmax } = nn.functional;
const [FRAMES, CLASSES, BLANK] = [5, 3, 2];

const logProbs = logSoftmax(randn([FRAMES, 2, CLASSES]), 2);

/** What an alignment says: repeats merged, then blanks taken out. */
function collapse(alignment: readonly number[]): number[] {
  return alignment.filter((id, t) => id !== alignment[t - 1] && id !== BLANK);
}

/** Sums over all CLASSES ** frames alignments of one utterance. */
function lossByEnumeration(row: number, target: readonly number[], frames: number): number {
  const values = logProbs.select(1, row).toNumbers();
  let total = 0;
  for (let code = 0; code < CLASSES ** frames; code++) {
    const alignment = Array.from({ length: frames }, (_, t) => Math.floor(code / CLASSES ** t) % CLASSES);
    if (collapse(alignment).join() !== target.join()) continue;
    total += Math.exp(alignment.reduce((sum, id, t) => sum + values[t * CLASSES + id]!, 0));
  }
  return -Math.log(total);
}

const near = (loss: Tensor, expected: readonly number[]) => {
  const found = loss.toNumbers();
  const close = expected.every((value, i) => Math.abs(found[i]! - value) < 1e-5);
  assert.ok(close, `${found} instead of ${expected}`);
};

describe("ctcLoss()", () => {
  const targets = [[0, 0, 1], []];
  const lengths = [5, 3];
  const losses = [lossByEnumeration(0, [0, 0, 1], 5), lossByEnumeration(1, [], 3)];

  it("is the sum over all alignments: repeats, an empty target, a shorter utterance", () => {
    near(ctcLoss(logProbs, targets, lengths, { blankId: BLANK, reduction: "none" }), losses);
  });

  it("adds, or averages over target lengths and utterances", () => {
    near(ctcLoss(logProbs, targets, lengths, { blankId: BLANK, reduction: "sum" }), [losses[0]! + losses[1]!]);
    near(ctcLoss(logProbs, targets, lengths, { blankId: BLANK }), [(losses[0]! / 3 + losses[1]!) / 2]);
  });

  it("is infinite where the frames are too few, or zero if so told", () => {
    const short = [3, 3]; // 0 0 1 needs a blank between: four frames
    const options = { blankId: BLANK, reduction: "none" } as const;
    assert.equal(ctcLoss(logProbs, targets, short, options).toNumbers()[0], Number.POSITIVE_INFINITY);
    assert.equal(ctcLoss(logProbs, targets, short, { ...options, zeroInfinity: true }).toNumbers()[0], 0);
  });

  for (const id of [BLANK, CLASSES, -1, 0.5]) {
    it(`refuses the target ${id}`, () => {
      assert.throws(() => ctcLoss(logProbs, [[0], [id]], lengths, { blankId: BLANK }), {
        name: "TorchError",
        code: "VALUE",
        message: `ctcLoss: targets must be in 0…2 and not the blank 2, found ${id}`,
      });
    });
  }

  it("refuses more frames than there are", () => {
    assert.throws(() => ctcLoss(logProbs, targets, [6, 3], { blankId: BLANK }), {
      code: "LIBTORCH",
      message: /Expected input_lengths to have value at most 5, but got value 6/,
    });
  });
});
