import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  createGenerator,
  defaultGenerator,
  type Generator,
  generatorState,
  manualSeed,
  rand,
  randn,
  setGeneratorState,
  zeros,
} from "./index.js";

const draw = (generator?: Generator) => randn([7], generator ? { generator } : {}).toNumbers();

describe("seeds", () => {
  it("give the same numbers again, and other seeds others", () => {
    manualSeed(1);
    const first = [draw(), draw()];
    manualSeed(1);
    assert.deepEqual([draw(), draw()], first);
    manualSeed(2);
    assert.notDeepEqual(draw(), first[0]);
  });

  it("are PyTorch's: torch.manual_seed(0); torch.rand(3)", () => {
    manualSeed(0);
    const golden = [0.4962565898895264, 0.7682217955589294, 0.08847743272781372].map(Math.fround);
    assert.deepEqual(rand([3]).toNumbers(), golden);
  });

  it("may use all 64 bits", () => {
    const [high, low] = [createGenerator(2n ** 63n + 5n), createGenerator(5n)];
    assert.notDeepEqual(generatorState(high).toTypedArray(), generatorState(low).toTypedArray());
    assert.deepEqual(draw(createGenerator(2n ** 63n + 5n)), draw(createGenerator(2n ** 63n + 5n)));
    assert.deepEqual(draw(createGenerator(5)), draw(createGenerator(5n)));
  });
});

describe("generators", () => {
  it("are independent of the default one", () => {
    manualSeed(3);
    const expected = [draw(), draw()];
    manualSeed(3);
    const own = createGenerator(3);
    const interleaved = [draw(), draw(own), draw(), draw(own)];
    assert.deepEqual([interleaved[0], interleaved[2]], expected);
    assert.deepEqual([interleaved[1], interleaved[3]], expected); // the same seed gives the same numbers
  });

  it("are each of their own", () => {
    const [a, b] = [createGenerator(4), createGenerator(4)];
    draw(a);
    draw(a);
    assert.deepEqual(draw(b), draw(createGenerator(4)));
  });

  for (const [name, generator] of [
    ["the default", defaultGenerator()],
    ["an own", createGenerator(9)],
  ] as const) {
    it(`${name} generator's state restores to the bit`, () => {
      draw(generator);
      randn([3], { generator, dtype: "float64" }); // leaves half a pair of normal numbers behind
      const state = generatorState(generator);
      const expected = [draw(generator), randn([2], { generator, dtype: "float64" }).toNumbers()];
      draw(generator);
      setGeneratorState(generator, state);
      assert.deepEqual(generatorState(generator).toTypedArray(), state.toTypedArray());
      assert.deepEqual([draw(generator), randn([2], { generator, dtype: "float64" }).toNumbers()], expected);
    });
  }

  it("a state is a copy: drawing does not change it", () => {
    const generator = createGenerator(1);
    const state = generatorState(generator);
    const bytes = state.toTypedArray();
    draw(generator);
    assert.deepEqual(state.toTypedArray(), bytes);
  });

  it("a state moves to another generator", () => {
    const [source, target] = [createGenerator(1), createGenerator(2)];
    draw(source);
    setGeneratorState(target, generatorState(source));
    assert.deepEqual(draw(target), draw(source));
  });

  it("refuse a state of another size", () => {
    assert.throws(() => setGeneratorState(createGenerator(1), zeros([3], { dtype: "uint8" })), {
      name: "TorchError",
      code: "LIBTORCH",
      message: /found the input RNG state size to be 3$/,
    });
  });

  it("refuse an unknown device", () => {
    assert.throws(() => createGenerator(1, "tpu"), { code: "LIBTORCH", message: /device string: tpu$/ });
  });
});
