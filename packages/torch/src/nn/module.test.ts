import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { liveMemory, nn, ones, type Tensor, TorchError, tensor, tidy, zeros } from "../index.js";

/** A model with what models have: own parameters, children, a Sequential. */
class Model extends nn.Module {
  readonly input = this.module("input", new nn.Linear(2, 3));
  readonly scale = this.parameter("scale", ones([3]));
  readonly rest = this.module("rest", new nn.Sequential(new nn.GELU(), new nn.Dropout(0.5), new nn.Linear(3, 1)));

  forward(x: Tensor): Tensor {
    return this.rest.forward(this.input.forward(x).mul(this.scale));
  }
}

const NAMES = ["scale", "input.weight", "input.bias", "rest.2.weight", "rest.2.bias"];

const valuesOf = (module: nn.Module) => module.parameters().map((parameter) => parameter.toNumbers());

describe("Module", () => {
  it("names parameters as PyTorch: own first, then each child's, in order of declaration", () => {
    const model = new Model();
    assert.deepEqual([...model.namedParameters().keys()], NAMES);
    assert.deepEqual([...model.children().keys()], ["input", "rest"]);
    assert.deepEqual([...model.rest.children().keys()], ["0", "1", "2"]);
    assert.equal(model.numParameters(), 3 + 9 + 4);
    assert.ok(model.parameters().every((parameter) => parameter.requiresGrad));
  });

  it("gives a GRU's parameters PyTorch's names, in its order", () => {
    const names = [...new nn.GRU(2, 3, { numLayers: 2, bidirectional: true }).namedParameters().keys()];
    const kinds = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
    const suffixes = ["_l0", "_l0_reverse", "_l1", "_l1_reverse"];
    assert.deepEqual(
      names,
      suffixes.flatMap((suffix) => kinds.map((kind) => kind + suffix)),
    );
  });

  it("train() and eval() reach every child", () => {
    const model = new Model();
    assert.deepEqual([model.training, model.rest.layers[1]!.training], [true, true]);
    assert.equal(model.eval(), model);
    assert.deepEqual([model.training, model.rest.layers[1]!.training], [false, false]);
    model.train();
    assert.equal(model.rest.layers[1]!.training, true);
  });

  it("parameters outlive scopes, until the module is disposed", () => {
    const before = liveMemory();
    const model = tidy(() => {
      const made = new Model();
      made
        .forward(ones([4, 2]))
        .sum()
        .backward();
      made.zeroGrad();
      return { made };
    }).made;
    assert.equal(liveMemory().tensors - before.tensors, NAMES.length);
    model.dispose();
    assert.deepEqual(liveMemory(), before);
    assert.throws(() => model.forward(ones([1, 2])), { code: "DISPOSED" });
  });

  it("has buffers, which its state holds and nobody trains", () => {
    class Counter extends nn.Module {
      readonly seen = this.buffer("seen", zeros([2]));
      readonly weight = this.parameter("weight", ones([2]));
    }
    class Outer extends nn.Module {
      readonly counter = this.module("counter", new Counter());
    }
    const outer = new Outer();
    assert.deepEqual([...outer.namedParameters().keys()], ["counter.weight"]);
    assert.deepEqual([...outer.stateDict().keys()], ["counter.weight", "counter.seen"]);
    assert.equal(outer.counter.seen.requiresGrad, false);
    tidy(() =>
      outer.loadStateDict(
        new Map([
          ["counter.weight", ones([2])],
          ["counter.seen", tensor([3, 4])],
        ]),
      ),
    );
    assert.deepEqual(outer.counter.seen.toNumbers(), [3, 4]);
    const message = "the state dict lacks 'counter.seen'";
    assert.throws(() => outer.loadStateDict(new Map([["counter.weight", ones([2])]])), { code: "STATE_DICT", message });
    outer.dispose();
    assert.throws(() => outer.counter.seen.toNumbers(), { code: "DISPOSED" });
  });

  it("zeroGrad() clears all gradients", () => {
    const model = new Model();
    model
      .forward(ones([1, 2]))
      .sum()
      .backward();
    assert.ok(model.parameters().every((parameter) => parameter.grad !== null));
    model.zeroGrad();
    assert.ok(model.parameters().every((parameter) => parameter.grad === null));
  });

  it("to() keeps the parameters' identity", () => {
    const model = new Model();
    const [before, values] = [model.parameters(), valuesOf(model)];
    assert.equal(model.to("cpu"), model);
    assert.deepEqual(model.parameters(), before);
    assert.deepEqual(valuesOf(model), values);
    assert.throws(() => model.to("nowhere"), TorchError);
  });
});

describe("state dicts", () => {
  it("carry a model over: the same outputs", () => {
    const [source, target] = [new Model().eval(), new Model().eval()];
    const input = tensor([[0.3, -0.7]]);
    assert.notEqual(source.forward(input).item(), target.forward(input).item());
    target.loadStateDict(source.stateDict());
    assert.equal(source.forward(input).item(), target.forward(input).item());
    assert.ok(target.parameters().every((parameter) => parameter.requiresGrad));
    source.scale.grad = null;
    assert.notEqual(source.scale, target.scale); // copied, not shared
  });

  const cases: [string, (state: Map<string, Tensor>) => void, string][] = [
    ["lacks one", (state) => state.delete("scale"), "the state dict lacks 'scale'"],
    ["lacks many", (state) => state.clear(), "the state dict lacks 'scale', 'input.weight', 'input.bias' and 2 more"],
    [
      "holds unknown ones",
      (state) => state.set("a", zeros([1])).set("b", zeros([1])),
      "the state dict holds 'a', 'b', which the module does not have",
    ],
    [
      "holds one of another shape, though it could be broadcast",
      (state) => state.set("rest.2.weight", zeros([1, 1])),
      "'rest.2.weight' has shape [1, 1], the module needs [1, 3]",
    ],
  ];
  for (const [what, spoil, message] of cases) {
    it(`one that ${what} is refused, and nothing changes`, () => {
      const model = new Model();
      const before = valuesOf(model);
      const state = new Model().stateDict();
      spoil(state);
      assert.throws(() => model.loadStateDict(state), { name: "TorchError", code: "STATE_DICT", message });
      assert.deepEqual(valuesOf(model), before);
    });
  }
});
