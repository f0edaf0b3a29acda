import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  decodeSafetensors,
  encodeSafetensors,
  liveMemory,
  manualSeed,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../index.js";

const parameter = (values: number[]) => tensor(values, { requiresGrad: true });

/** One step towards smaller squares. */
function train(model: nn.Linear, optimizer: optim.AdamW, input: Tensor): void {
  tidy(() => {
    optimizer.zeroGrad();
    model.forward(input).pow(2).mean().backward();
    optimizer.step();
  });
}

const valuesOf = (model: nn.Module) => model.parameters().map((each) => each.toNumbers());

describe("AdamW", () => {
  it("takes a first step of the learning rate's size against the gradient's sign", () => {
    const weight = parameter([1, 1, 1]);
    const optimizer = new optim.AdamW(new Map([["weight", weight]]), { learningRate: 0.1, weightDecay: 0 });
    weight.grad = tensor([5, -0.01, 0]);
    optimizer.step();
    const expected = [0.9, 1.1, 1];
    const found = weight.toNumbers();
    assert.ok(
      found.every((value, i) => Math.abs(value - expected[i]!) < 1e-5),
      String(found),
    );
    assert.equal(optimizer.steps, 1);
  });

  it("decays weights apart from the gradient, and only those that the filter lets through", () => {
    const [kernel, bias] = [parameter([2]), parameter([2])];
    const named = new Map([
      ["kernel", kernel],
      ["bias", bias],
    ]);
    const options = { learningRate: 0.5, weightDecay: 0.1, decays: (name: string) => name !== "bias" };
    const optimizer = new optim.AdamW(named, options);
    kernel.grad = zeros([1]);
    bias.grad = zeros([1]);
    optimizer.step();
    assert.deepEqual([kernel.item(), bias.item()], [Math.fround(2 * (1 - 0.5 * 0.1)), 2]);
  });

  it("gives the filter names and parameters", () => {
    const model = new nn.Linear(2, 3);
    const seen: [string, number][] = [];
    new optim.AdamW(model.namedParameters(), {
      decays: (name, each) => seen.push([name, each.shape.length]) > 0,
    });
    assert.deepEqual(seen, [
      ["weight", 2],
      ["bias", 1],
    ]);
  });

  it("leaves a parameter without a gradient as it is, moments too", () => {
    const [used, unused] = [parameter([1]), parameter([1])];
    const optimizer = new optim.AdamW(
      new Map([
        ["used", used],
        ["unused", unused],
      ]),
      { weightDecay: 0.5 },
    );
    used.grad = tensor([1]);
    optimizer.step();
    assert.notEqual(used.item(), 1);
    assert.equal(unused.item(), 1);
    assert.equal(optimizer.stateDict().get("unused.exp_avg")!.item(), 0);
    optimizer.zeroGrad();
    optimizer.step();
    assert.equal(unused.item(), 1);
  });

  it("gives a parameter that joins late the steps of one that begins, also when its state was saved in between", () => {
    const [early, late, alone] = [parameter([0]), parameter([0]), parameter([0])];
    const options = { learningRate: 0.1, weightDecay: 0 };
    const both = new Map([
      ["early", early],
      ["late", late],
    ]);
    let optimizer = new optim.AdamW(both, options);
    const fresh = new optim.AdamW(new Map([["alone", alone]]), options);
    for (let step = 0; step < 50; step++) {
      early.grad = tensor([1]);
      optimizer.step();
    }
    for (let step = 0; step < 20; step++) {
      if (step === 10) {
        const { stepCounts } = optimizer;
        const state = new Map([...optimizer.stateDict()].map(([name, each]) => [name, each.clone()]));
        optimizer = new optim.AdamW(both, options);
        optimizer.loadStateDict(state, stepCounts);
      }
      for (const each of [early, late, alone]) each.grad = tensor([step % 3 === 0 ? -2 : 1]);
      optimizer.step();
      fresh.step();
      assert.equal(late.item(), alone.item());
    }
    assert.deepEqual(optimizer.stepCounts, { early: 70, late: 20 });
    assert.equal(optimizer.steps, 70);
  });

  it("uses the learning rate of the moment: at zero nothing moves, decay neither", () => {
    const weight = parameter([1]);
    const optimizer = new optim.AdamW(new Map([["weight", weight]]));
    weight.grad = tensor([1]);
    optimizer.learningRate = 0;
    optimizer.step();
    assert.equal(weight.item(), 1);
    optimizer.learningRate = 0.1;
    optimizer.step();
    assert.ok(weight.item() < 0.95);
  });

  it("takes the same steps in our operator (float32 on the CPU) and in libtorch's (float64)", () => {
    manualSeed(4);
    const initial = randn([37, 11]);
    const parameters = [initial, initial.to("float64")].map((values) => {
      const own = values.clone();
      own.requiresGrad = true;
      return own;
    });
    const options = { learningRate: 0.05, weightDecay: 0.1 };
    const optimizers = parameters.map((weight) => new optim.AdamW(new Map([["weight", weight]]), options));
    for (let step = 0; step < 5; step++) {
      const gradient = randn([11, 37]).transpose(0, 1);
      for (const weight of parameters) weight.grad = gradient.to(weight.dtype);
      for (const optimizer of optimizers) optimizer.step();
    }
    const [found, expected] = parameters.map((weight) => weight.toNumbers());
    const worst = Math.max(...found!.map((value, i) => Math.abs(value - expected![i]!)));
    assert.ok(worst < 1e-6, String(worst));
  });

  it("continues from its saved state bit for bit", () => {
    manualSeed(8);
    const input = randn([6, 4]);
    const [model, other] = [new nn.Linear(4, 3), new nn.Linear(4, 3)];
    const optimizer = new optim.AdamW(model.namedParameters(), { learningRate: 0.01 });
    for (let step = 0; step < 3; step++) train(model, optimizer, input);
    const { tensors } = decodeSafetensors(Buffer.concat([...encodeSafetensors(optimizer.stateDict())]));
    const resumed = new optim.AdamW(other.namedParameters(), { learningRate: 0.01 });
    other.loadStateDict(model.stateDict());
    resumed.loadStateDict(tensors, optimizer.steps);
    for (let step = 0; step < 3; step++) {
      train(model, optimizer, input);
      train(other, resumed, input);
    }
    assert.equal(resumed.steps, 6);
    assert.deepEqual(valuesOf(other), valuesOf(model));
  });

  const spoiled: [string, (state: Map<string, Tensor>) => void, string][] = [
    ["lacks a moment", (state) => state.delete("bias.exp_avg_sq"), "the optimiser's state lacks 'bias.exp_avg_sq'"],
    [
      "holds a moment of another shape",
      (state) => state.set("bias.exp_avg", zeros([1])),
      "the optimiser's state 'bias.exp_avg' has shape [1], its parameter has [3]",
    ],
  ];
  for (const [what, spoil, message] of spoiled) {
    it(`refuses a state that ${what}, and changes nothing`, () => {
      const optimizer = new optim.AdamW(new nn.Linear(4, 3).namedParameters());
      const state = new Map([...optimizer.stateDict()].map(([name, moment]) => [name, moment.add(1)]));
      spoil(state);
      assert.throws(() => optimizer.loadStateDict(state, 5), { name: "TorchError", code: "STATE_DICT", message });
      assert.equal(optimizer.steps, 0);
      for (const moment of optimizer.stateDict().values()) assert.equal(moment.abs().sum().item(), 0);
    });
  }

  it("keeps two moments a parameter, outside every scope, until it is disposed", () => {
    const model = new nn.Linear(4, 3);
    const before = liveMemory();
    let optimizer!: optim.AdamW;
    tidy(() => {
      optimizer = new optim.AdamW(model.namedParameters());
    });
    assert.equal(liveMemory().tensors - before.tensors, 4);
    optimizer.dispose();
    assert.deepEqual(liveMemory(), before);
  });
});
