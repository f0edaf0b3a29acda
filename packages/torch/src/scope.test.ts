/** Who owns a tensor and when its memory goes, counted by liveMemory(). */
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { keep, liveMemory, ones, Scope, type Tensor, TorchError, tidy, zeros } from "./index.js";

/** A tensor of this many floats holds 4 kB. */
const KILO = 1024;
let before: { tensors: number; bytes: number };

/** What has come to live since the test began. */
function grown(): { tensors: number; kilobytes: number } {
  const now = liveMemory();
  return { tensors: now.tensors - before.tensors, kilobytes: (now.bytes - before.bytes) / 4 / KILO };
}

const nothing = { tensors: 0, kilobytes: 0 };

beforeEach(() => {
  before = liveMemory();
});

describe("dispose()", () => {
  it("frees the tensor's storage at once; a second call does nothing", () => {
    const made = zeros([KILO]);
    assert.deepEqual(grown(), { tensors: 1, kilobytes: 1 });
    made.dispose();
    made.dispose();
    assert.equal(made.isDisposed, true);
    assert.deepEqual(grown(), nothing);
  });

  it("leaves a tensor that refuses every use, and says why", () => {
    const made = zeros([1]);
    made.dispose();
    const expected = {
      name: "TorchError",
      code: "DISPOSED",
      message: "the tensor was disposed: keep() it, or return it from its scope",
    };
    assert.throws(() => made.shape, expected);
    assert.throws(() => made.add(1), expected);
    assert.throws(() => ones([1]).add(made), expected);
    assert.throws(() => made.toTypedArray(), expected);
    assert.throws(() => made.backward(), expected);
    assert.throws(() => made.grad, expected);
  });

  it("counts a storage once, and views keep it alive", () => {
    const base = zeros([2, KILO]);
    const view = base.select(0, 1);
    assert.deepEqual(grown(), { tensors: 2, kilobytes: 2 });
    view.fill_(3);
    base.dispose();
    assert.deepEqual(grown(), { tensors: 1, kilobytes: 2 });
    assert.equal(view.sum().item(), 3 * KILO);
    view.dispose();
    assert.equal(grown().kilobytes, 4 / 4 / KILO); // the sum
  });

  it("is what `using` calls", () => {
    {
      using made = zeros([KILO]);
      assert.equal(made.numel, KILO);
    }
    assert.deepEqual(grown(), nothing);
  });
});

describe("tidy()", () => {
  it("frees what was made inside but for the result", () => {
    const result = tidy(() => zeros([KILO]).add(1).mul(2));
    assert.deepEqual(grown(), { tensors: 1, kilobytes: 1 });
    assert.equal(result.sum().item(), 2 * KILO);
    tidy(() => result.add(1));
    result.dispose();
  });

  it("finds tensors in arrays and plain objects, at any depth", () => {
    const result = tidy(() => {
      const [a, b, c] = [zeros([KILO]), zeros([KILO]), zeros([KILO])];
      return { list: [a, { deep: b }], number: 3, none: null, lost: c.numel };
    });
    assert.deepEqual(grown(), { tensors: 2, kilobytes: 2 });
    const [a, { deep }] = result.list as [Tensor, { deep: Tensor }];
    a.dispose();
    deep.dispose();
    assert.deepEqual(grown(), nothing);
  });

  it("nests: the inner result belongs to the outer scope", () => {
    tidy(() => {
      const inner = tidy(() => {
        zeros([KILO]);
        return zeros([KILO]);
      });
      assert.deepEqual(grown(), { tensors: 1, kilobytes: 1 });
      assert.equal(inner.isDisposed, false);
    });
    assert.deepEqual(grown(), nothing);
  });

  it("leaves tensors of outside alone, also when they are the result", () => {
    const outside = zeros([KILO]);
    const result = tidy(() => outside);
    assert.equal(result, outside);
    assert.equal(outside.isDisposed, false);
    outside.dispose();
  });

  it("frees everything when the body throws, and lets the error pass", () => {
    const failure = new Error("from the body");
    const body = () => {
      zeros([KILO]);
      tidy(() => {
        zeros([KILO]);
        throw failure;
      });
    };
    assert.throws(() => tidy(body), failure);
    assert.deepEqual(grown(), nothing);
    const after = zeros([1]); // no scope is left open
    assert.equal(after.isDisposed, false);
    after.dispose();
  });

  it("frees after a failing operator", () => {
    assert.throws(() => tidy(() => zeros([2]).add(zeros([3]))), TorchError);
    assert.deepEqual(grown(), nothing);
  });

  it("refuses a promise, and frees nonetheless", async () => {
    let promised: Promise<Tensor> | undefined;
    const body = () => {
      promised = Promise.resolve(zeros([KILO]));
      return promised;
    };
    assert.throws(() => tidy(body), {
      name: "TorchError",
      code: "SCOPE",
      message: "tidy() got a promise: a scope must not span an await; tidy the synchronous parts",
    });
    assert.equal((await promised)?.isDisposed, true);
    assert.deepEqual(grown(), nothing);
  });

  it("returns plain values as they are", () => {
    assert.equal(
      tidy(() => ones([3]).sum().item()),
      3,
    );
    assert.deepEqual(grown(), nothing);
  });

  it("forgets a tensor that was freed by hand inside", () => {
    tidy(() => {
      const made = zeros([KILO]);
      made.dispose();
      assert.deepEqual(grown(), nothing);
    });
    assert.deepEqual(grown(), nothing);
  });

  it("does not count an operator in place as a second tensor", () => {
    tidy(() => {
      const made = zeros([KILO]);
      made.add_(1).mul_(2).fill_(3);
      assert.deepEqual(grown(), { tensors: 1, kilobytes: 1 });
    });
  });
});

describe("keep() and Scope", () => {
  it("keep() carries a tensor out of every open scope", () => {
    let kept: Tensor | undefined;
    tidy(() => {
      tidy(() => {
        kept = keep(zeros([KILO]));
      });
    });
    assert.equal(kept?.isDisposed, false);
    assert.deepEqual(grown(), { tensors: 1, kilobytes: 1 });
    kept?.dispose();
  });

  it("a scope in a using block frees when the block ends, but for what it keeps", () => {
    let survivor: Tensor;
    {
      using scope = new Scope();
      zeros([KILO]);
      survivor = scope.keep(zeros([KILO]));
    }
    assert.deepEqual(grown(), { tensors: 1, kilobytes: 1 });
    survivor.dispose();
  });

  it("refuses to close out of order, and can still be closed in order", () => {
    const outer = new Scope();
    const inner = new Scope();
    assert.throws(() => outer.close(), {
      code: "SCOPE",
      message: "scopes must close in the reverse order of opening, and never across an await",
    });
    inner.close();
    outer.close();
    assert.deepEqual(grown(), nothing);
  });

  it("holds anything that can be disposed", () => {
    let freed = 0;
    tidy(() => Scope.adopt({ dispose: () => freed++ }));
    assert.equal(freed, 1);
  });
});
