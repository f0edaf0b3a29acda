import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  cat,
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

const valuesOf = (each: Tensor) => each.toNumbers();

function parameter(values: Tensor): Tensor {
  const own = values.clone();
  own.requiresGrad = true;
  return own;
}

function furthest(found: readonly number[], expected: readonly number[]): number {
  assert.equal(found.length, expected.length);
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
}

/** What a first step adds to weights of zero. */
function firstStep(gradient: Tensor, options: optim.MuonOptions = {}): Tensor {
  const weight = parameter(gradient.mul(0));
  const optimizer = new optim.Muon(new Map([["weight", weight]]), { learningRate: 1, weightDecay: 0, ...options });
  weight.grad = gradient;
  optimizer.step();
  return weight;
}

describe("Muon", () => {
  it("goes against the gradient by its singular vectors, all of them at about one speed", () => {
    manualSeed(1);
    const u = nn.init.orthogonal_(zeros([6, 6]));
    const v = nn.init.orthogonal_(zeros([6, 9]));
    const gradient = u.mul(tensor([1, 0.7, 0.4, 0.2, 0.1, 0.05])).matmul(v);
    const size = 0.5 * Math.sqrt(9);
    const steps = [firstStep(gradient), firstStep(gradient.transpose(0, 1).contiguous()).transpose(0, 1)];
    for (const step of steps) {
      const along = u.transpose(0, 1).matmul(step).matmul(v.transpose(0, 1)).div(-size);
      for (const [i, value] of along.toNumbers().entries()) {
        if (i % 7 === 0) assert.ok(value > 0.65 && value < 1.25, `singular value ${i / 7} became ${value}`);
        else assert.ok(Math.abs(value) < 1e-4, `${value} beside them`);
      }
    }
  });

  it("takes steps as large as the gradient is small or large", () => {
    manualSeed(2);
    const gradient = randn([4, 7]);
    const expected = valuesOf(firstStep(gradient));
    for (const scale of [1e-12, 1e12]) {
      assert.ok(furthest(valuesOf(firstStep(gradient.mul(scale))), expected) < 1e-5, String(scale));
    }
    assert.ok(valuesOf(firstStep(gradient.mul(0))).every((value) => Math.abs(value) === 0));
  });

  it("makes each of a parameter's matrices orthogonal by itself", () => {
    manualSeed(3);
    const gates = [randn([4, 5]), randn([4, 5]).mul(100), randn([4, 5])];
    const together = firstStep(cat(gates), { matricesIn: () => 3 });
    const apart = cat(gates.map((gate) => firstStep(gate)));
    assert.ok(furthest(valuesOf(together), valuesOf(apart)) < 1e-5);
  });

  it("sums gradients with Nesterov's momentum, and decays weights apart from them", () => {
    manualSeed(4);
    const weight = parameter(randn([3, 3]));
    const before = valuesOf(weight);
    const [first, second] = [randn([3, 3]), randn([3, 3])];
    const options = { learningRate: 0.5, weightDecay: 0.1 };
    const optimizer = new optim.Muon(new Map([["weight", weight]]), options);
    for (const gradient of [first, second]) {
      weight.grad = gradient;
      optimizer.step();
    }
    const one = firstStep(first);
    // The momentum, and once more what it will keep of itself.
    const two = firstStep(second.add(first.mul(0.95)).mul(0.95).add(second));
    const kept = 1 - 0.5 * 0.1;
    const expected = before.map(
      (value, i) => (value * kept + 0.5 * one.toNumbers()[i]!) * kept + 0.5 * two.toNumbers()[i]!,
    );
    assert.ok(furthest(valuesOf(weight), expected) < 1e-5);
  });

  it("leaves to AdamW what is no matrix or is not given to it", () => {
    manualSeed(5);
    const model = () => {
      manualSeed(6);
      return new nn.Linear(4, 3);
    };
    const [own, other] = [model(), model()];
    const options = { learningRate: 0.01, weightDecay: 0.1, decays: (name: string) => name !== "bias" };
    const muon = new optim.Muon(own.namedParameters(), options);
    const adamw = new optim.AdamW(other.namedParameters(), options);
    const none = model();
    const nothing = new optim.Muon(none.namedParameters(), { ...options, matricesIn: () => 0 });
    const input = randn([6, 4]);
    for (const [layer, optimizer] of [
      [own, muon],
      [other, adamw],
      [none, nothing],
    ] as const) {
      tidy(() => {
        layer.forward(input).pow(2).mean().backward();
        optimizer.step();
      });
    }
    assert.deepEqual(valuesOf(own.bias!), valuesOf(other.bias!));
    assert.notDeepEqual(valuesOf(own.weight), valuesOf(other.weight));
    assert.deepEqual(valuesOf(none.weight), valuesOf(other.weight));
  });

  it("comes to nearly the same by products in bfloat16", () => {
    manualSeed(7);
    const gradient = randn([32, 48]);
    const step = firstStep(gradient);
    const rough = firstStep(gradient, { dtype: "bfloat16" });
    const size = Number(step.pow(2).mean().sqrt().item());
    assert.ok(Number(rough.sub(step).pow(2).mean().sqrt().item()) < 0.05 * size);
  });

  it("leaves a matrix without a gradient as it is, its momentum too", () => {
    const weight = parameter(randn([2, 2]));
    const before = valuesOf(weight);
    const optimizer = new optim.Muon(new Map([["weight", weight]]), { learningRate: 1, weightDecay: 0.5 });
    optimizer.step();
    assert.deepEqual(valuesOf(weight), before);
    assert.deepEqual(valuesOf(optimizer.stateDict().get("weight.momentum")!), [0, 0, 0, 0]);
  });

  it("counts its steps where there is nothing but matrices, and as earlier versions did", () => {
    const weight = parameter(randn([2, 2]));
    const optimizer = new optim.Muon(new Map([["weight", weight]]));
    for (let step = 0; step < 3; step++) {
      tidy(() => weight.pow(2).mean().backward());
      optimizer.step();
    }
    assert.equal(optimizer.steps, 3);
    assert.deepEqual(optimizer.stepCounts, { weight: 3 });
    optimizer.loadStateDict(optimizer.stateDict(), { weight: 7 });
    assert.equal(optimizer.steps, 7);
    const layer = new nn.Linear(2, 2);
    const earlier = new optim.Muon(layer.namedParameters());
    earlier.loadStateDict(earlier.stateDict(), { bias: 5 });
    assert.deepEqual(earlier.stepCounts, { weight: 5, bias: 5 });
  });

  it("goes on from its saved state bit for bit, and refuses another's", () => {
    manualSeed(8);
    const input = randn([6, 4]);
    const [model, other] = [new nn.Linear(4, 3), new nn.Linear(4, 3)];
    const optimizers = [model, other].map((each) => new optim.Muon(each.namedParameters(), { learningRate: 0.01 }));
    const [optimizer, resumed] = optimizers as [optim.Muon, optim.Muon];
    const train = (layer: nn.Linear, by: optim.Muon) =>
      tidy(() => {
        by.zeroGrad();
        layer.forward(input).pow(2).mean().backward();
        by.step();
      });
    for (let step = 0; step < 3; step++) train(model, optimizer);
    const { tensors } = decodeSafetensors(Buffer.concat([...encodeSafetensors(optimizer.stateDict())]));
    other.loadStateDict(model.stateDict());
    resumed.loadStateDict(tensors, optimizer.stepCounts);
    for (let step = 0; step < 3; step++) {
      train(model, optimizer);
      train(other, resumed);
    }
    assert.deepEqual(resumed.stepCounts, { weight: 6, bias: 6 });
    assert.deepEqual(other.parameters().map(valuesOf), model.parameters().map(valuesOf));

    tensors.delete("weight.momentum");
    const momentum = valuesOf(resumed.stateDict().get("weight.momentum")!);
    assert.throws(() => resumed.loadStateDict(tensors, 3), { code: "STATE_DICT", message: /lacks 'weight.momentum'/ });
    assert.deepEqual(valuesOf(resumed.stateDict().get("weight.momentum")!), momentum);
  });

  it("gives its memory back", () => {
    const weight = parameter(randn([64, 64]));
    const before = liveMemory();
    const optimizer = new optim.Muon(new Map([["weight", weight]]));
    tidy(() => {
      weight.grad = randn([64, 64]);
      optimizer.step();
    });
    weight.grad = null;
    optimizer.dispose();
    assert.deepEqual(liveMemory(), before);
  });
});
