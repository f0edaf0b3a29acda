/** Batches of different lengths: each utterance must come out as if it were alone, values and gradients. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { call, type Dtype, manualSeed, nn, randn, type Tensor } from "../index.js";

const [BATCH, FRAMES, INPUT, HIDDEN] = [4, 9, 3, 5];
const LENGTHS = [9, 4, 1, 6];

function largestDifference(a: Tensor, b: Tensor): number {
  assert.deepEqual(a.shape, b.shape);
  return a.numel === 0 ? 0 : a.sub(b).abs().max().item();
}

/** Clears, runs forward and backward, and returns a copy of every parameter's gradient. */
function gradientsOf(gru: nn.GRU, loss: () => Tensor): Tensor[] {
  gru.zeroGrad();
  loss().backward();
  return gru.parameters().map((parameter) => parameter.grad!.clone());
}

/** float32 runs in our own operator, float64 in libtorch's, as everything does on CUDA. */
function createGru(options: nn.GRUOptions, dtype: Dtype): nn.GRU {
  const gru = new nn.GRU(INPUT, HIDDEN, options);
  for (const parameter of gru.parameters()) call("set_data", [parameter, parameter.to(dtype)]);
  return gru;
}

const CASES = [{}, { numLayers: 2 }, { bidirectional: true }, { numLayers: 2, bidirectional: true }].flatMap(
  (options: nn.GRUOptions) => [[options, "float32"] as const, [options, "float64"] as const],
);

describe("GRU with lengths", () => {
  for (const [options, dtype] of CASES) {
    const directions = options.bidirectional ? 2 : 1;

    describe(`${JSON.stringify(options)} in ${dtype}`, () => {
      manualSeed(21);
      const gru = createGru(options, dtype);
      const input = randn([BATCH, FRAMES, INPUT], { dtype, requiresGrad: true });
      const weights = randn([BATCH, FRAMES, HIDDEN * directions], { dtype });
      const alone = (row: number, of: Tensor) => of.narrow(0, row, 1).narrow(1, 0, LENGTHS[row]!);

      it("gives each utterance what it gives it alone, and zeros beyond", () => {
        const output = gru.forward(input, LENGTHS);
        assert.deepEqual(output.shape, [BATCH, FRAMES, HIDDEN * directions]);
        LENGTHS.forEach((length, row) => {
          const error = largestDifference(alone(row, output), gru.forward(alone(row, input)));
          assert.ok(error < 1e-5, `utterance ${row} differs by ${error}`);
          const beyond = output.narrow(0, row, 1).narrow(1, length, FRAMES - length);
          assert.equal(beyond.abs().sum().item(), 0);
        });
      });

      it("gives parameters and input the gradients of the utterances alone", () => {
        input.grad = null;
        const together = gradientsOf(gru, () => gru.forward(input, LENGTHS).mul(weights).sum());
        const inputTogether = input.grad!.clone();
        input.grad = null;
        const separate = gradientsOf(gru, () =>
          LENGTHS.map((_, row) => gru.forward(alone(row, input)).mul(alone(row, weights)).sum()).reduce((a, b) =>
            a.add(b),
          ),
        );
        const worst = Math.max(...together.map((gradient, i) => largestDifference(gradient, separate[i]!)));
        assert.ok(worst < 1e-5, `parameters' gradients differ by ${worst}`);
        const error = largestDifference(inputTogether, input.grad!);
        assert.ok(error < 1e-5, `the input's gradient differs by ${error}`);
      });

      it("ignores what lies beyond the lengths", () => {
        const beyond = nn.lengthMask(LENGTHS, FRAMES).neg().add(1).unsqueeze(2).mul(1000);
        const error = largestDifference(gru.forward(input, LENGTHS), gru.forward(input.add(beyond), LENGTHS));
        assert.equal(error, 0);
      });

      it("with full lengths is the GRU without any", () => {
        const full = LENGTHS.map(() => FRAMES);
        assert.equal(largestDifference(gru.forward(input, full), gru.forward(input)), 0);
      });

      it("of rows without any frame gives zeros", () => {
        assert.equal(gru.forward(input, [0, 3, 0, 2]).narrow(0, 0, 1).abs().sum().item(), 0);
        const none = gru.forward(input, [0, 0, 0, 0]);
        assert.deepEqual([none.shape, none.abs().sum().item()], [[BATCH, FRAMES, HIDDEN * directions], 0]);
      });
    });
  }

  it("reads the reverse direction from the end: the last frame's reverse output depends on that frame alone", () => {
    const gru = new nn.GRU(INPUT, HIDDEN, { bidirectional: true });
    const input = randn([1, FRAMES, INPUT]);
    const last = gru
      .forward(input)
      .narrow(1, FRAMES - 1, 1)
      .narrow(2, HIDDEN, HIDDEN);
    const single = gru.forward(input.narrow(1, FRAMES - 1, 1)).narrow(2, HIDDEN, HIDDEN);
    assert.ok(largestDifference(last, single) < 1e-6);
  });

  const wrong: [readonly number[], string][] = [
    [[9, 4], "GRU: found 2 lengths for a batch of 4"],
    [[9, 4, 10, 6], "GRU: lengths must be in 0…9, found 10"],
    [[9, 4, -1, 6], "GRU: lengths must be in 0…9, found -1"],
    [[9, 4, 1.5, 6], "GRU: lengths must be in 0…9, found 1.5"],
  ];
  for (const [lengths, message] of wrong) {
    it(`refuses the lengths ${lengths}`, () => {
      const gru = new nn.GRU(INPUT, HIDDEN);
      const expected = { name: "TorchError", code: "VALUE", message };
      assert.throws(() => gru.forward(randn([BATCH, FRAMES, INPUT]), lengths), expected);
    });
  }
});
