/** deepspeech::gru as an operator: lengths, gradients on request, memory, refusals; and nn.GRU, which calls it. */
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { grad, noGrad } from "../autograd.js";
import { callUntyped } from "../call.js";
import { ones, randn } from "../creation.js";
import { manualSeed } from "../random.js";
import { liveMemory } from "../runtime.js";
import { tidy } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { GRU } from "./gru.js";
import { fused, gradientOf, type Problem, problem, run } from "./gru-fused.test.support.js";
import { assertClose } from "./kernels.test.support.js";

beforeEach(() => manualSeed(1));

describe("deepspeech::gru", () => {
  it("gives an utterance the same output in any batch", () => {
    const given = problem([6, 9, 2, 9, 4, 1, 9, 3, 5, 7], 9, { inputSize: 16, hiddenSize: 40 });
    const whole = noGrad(() => fused(given));
    given.lengths.forEach((length, row) => {
      const [input, parameters] = [given.input.narrow(0, row, 1).narrow(1, 0, length), given.parameters];
      const alone = noGrad(() => fused({ input, parameters, lengths: [length] }));
      assertClose([alone], [whole.narrow(0, row, 1).narrow(1, 0, length)], 1e-6);
    });
  });

  it("is zero beyond each length, and its input has no gradient there", () => {
    const given = problem([2, 0, 5], 5, { inputSize: 4, hiddenSize: 6 });
    const [output, gradient] = run(fused, given);
    given.lengths.forEach((length, row) => {
      for (const tensor of [output!, gradient!]) {
        const beyond = tensor.narrow(0, row, 1).narrow(1, length, 5 - length);
        assert.ok(beyond.toNumbers().every((value) => value === 0));
      }
    });
  });

  it("takes all frames where no lengths are given", () => {
    const given = problem([4, 4], 4, { inputSize: 3, hiddenSize: 5 });
    const output = callUntyped("deepspeech::gru", [given.input, given.parameters]) as Tensor;
    assert.deepEqual(output.toNumbers(), fused(given).toNumbers());
  });

  it("takes an empty batch and no frames", () => {
    for (const [lengths, frames] of [[[], 3] as const, [[0, 0], 0] as const]) {
      const given = problem([...lengths], frames, { inputSize: 3, hiddenSize: 5 });
      const [output, inputGradient, ...parameterGradients] = run(fused, given);
      assert.deepEqual(output!.shape, [lengths.length, frames, 10]);
      assert.deepEqual(inputGradient!.shape, given.input.shape);
      for (const gradient of parameterGradients) assert.ok(gradient.toNumbers().every((value) => value === 0));
    }
  });

  it("gives gradients to those that want them", () => {
    const given = problem([3, 5], 5, { inputSize: 3, hiddenSize: 4 });
    const [, inputGradient, firstWeightGradient] = run(fused, given);
    const frozen = given.parameters.map((parameter) => parameter.detach());
    const [onlyInput] = grad(
      [
        fused({ ...given, parameters: frozen })
          .mul(gradientOf([2, 5, 8]))
          .sum(),
      ],
      [given.input],
    );
    assertClose([onlyInput!], [inputGradient!], 1e-6);
    const [weight, ...rest] = given.parameters;
    const mixed = {
      ...given,
      input: given.input.detach(),
      parameters: [weight!, ...rest.map((each) => each.detach())],
    };
    const [onlyWeight] = grad(
      [
        fused(mixed)
          .mul(gradientOf([2, 5, 8]))
          .sum(),
      ],
      [weight!],
    );
    assertClose([onlyWeight!], [firstWeightGradient!], 1e-6);
  });

  it("records nothing within noGrad, and gives the same output", () => {
    const given = problem([3, 5], 5, { inputSize: 3, hiddenSize: 4 });
    const output = noGrad(() => fused(given));
    assert.equal(output.requiresGrad, false);
    assert.deepEqual(output.toNumbers(), fused(given).toNumbers());
  });

  it("keeps no tensor alive over repeated calls", () => {
    const given = problem([30, 20], 30, { inputSize: 16, hiddenSize: 32 });
    const step = () => {
      tidy(() => {
        fused(given).sum().backward();
        for (const each of [given.input, ...given.parameters]) each.grad = null;
      });
      return liveMemory();
    };
    const first = step();
    for (let i = 0; i < 20; i++) assert.deepEqual(step(), first);
  });

  const valid = () => problem([3, 2], 3, { inputSize: 4, hiddenSize: 5 });
  const withParameter = (index: number, replacement: Tensor) => ({
    ...valid(),
    parameters: valid().parameters.with(index, replacement),
  });
  const refused: [what: string, given: () => Problem, code: string, message: string][] = [
    [
      "an input without a batch",
      () => ({ ...valid(), input: ones([3, 4]) }),
      "VALUE",
      "deepspeech::gru: input must be [B, T, inputSize], found [3, 4]",
    ],
    [
      "an input of another width",
      () => ({ ...valid(), input: ones([2, 3, 6]) }),
      "VALUE",
      "deepspeech::gru: weight_ih must be [15, 6], found [15, 4]",
    ],
    [
      "a recurrent weight of another width",
      () => withParameter(5, ones([15, 6])),
      "VALUE",
      "deepspeech::gru: weight_hh must be [15, 5], found [15, 6]",
    ],
    [
      "a bias of another length",
      () => withParameter(2, ones([14])),
      "VALUE",
      "deepspeech::gru: bias_ih must be [15], found [14]",
    ],
    [
      "parameters that are missing",
      () => ({ ...valid(), parameters: valid().parameters.slice(1) }),
      "VALUE",
      "deepspeech::gru: needs 4 parameters for each of 1 or 2 directions, found 7",
    ],
    [
      "an input of another dtype",
      () => ({ ...valid(), input: ones([2, 3, 4], { dtype: "float64" }) }),
      "TYPE",
      "deepspeech::gru: input must be float32 or bfloat16, found Double",
    ],
    [
      "parameters of another dtype",
      () => withParameter(1, ones([15, 5], { dtype: "bfloat16" })),
      "TYPE",
      "deepspeech::gru: weight_hh must be Float as the input is, found BFloat16",
    ],
    [
      "too few lengths",
      () => ({ ...valid(), lengths: [3] }),
      "VALUE",
      "deepspeech::gru: found 1 lengths for a batch of 2",
    ],
    [
      "a length beyond the input",
      () => ({ ...valid(), lengths: [3, 4] }),
      "VALUE",
      "deepspeech::gru: lengths must be in 0…3, found 4",
    ],
  ];
  for (const [what, given, code, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => fused(given()), { name: "TorchError", code, message });
      assert.throws(() => noGrad(() => fused(given())), { name: "TorchError", code, message });
    });
  }

  it("refuses a second derivative", () => {
    const given = problem([3, 2], 3, { inputSize: 4, hiddenSize: 5 });
    assert.throws(() => grad([fused(given).sum()], [given.input], { createGraph: true }), {
      name: "TorchError",
      code: "LIBTORCH",
      message: "deepspeech::gru has no second derivative: call backward without createGraph",
    });
  });
});

describe("nn.GRU", () => {
  it("runs the operator on the CPU, layer upon layer", () => {
    const layer = new GRU(4, 6, { numLayers: 2, bidirectional: true });
    const [input, lengths] = [randn([3, 5, 4]), [5, 2, 3]];
    const parameters = layer.parameters();
    const below = fused({ input, parameters: parameters.slice(0, 8), lengths });
    const expected = fused({ input: below, parameters: parameters.slice(8), lengths });
    assert.deepEqual(layer.forward(input, lengths).toNumbers(), expected.toNumbers());
  });

  it("runs libtorch's gru where the operator cannot, as for float64 or on a GPU, with the same result", () => {
    const layer = new GRU(4, 6, { numLayers: 2, bidirectional: true });
    const [input, lengths] = [randn([4, 5, 4]), [5, 2, 0, 1]];
    const expected = layer.forward(input, lengths);
    const output = layer.to("float64").forward(input.to("float64"), lengths);
    assert.equal(output.dtype, "float64");
    assertClose([output], [expected], 1e-5);
  });
});
