import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { describe, it } from "node:test";
import { numThreads, runtimeInfo, setFlushDenormal, setNumThreads, tensor } from "./index.js";

describe("runtimeInfo()", () => {
  it("tells libtorch's version and the BLAS that is in use", () => {
    const info = runtimeInfo();
    assert.match(info.version, /^\d+\.\d+\.\d+/);
    assert.match(info.config, /^PyTorch built with:/);
    assert.equal(typeof info.cudaAvailable, "boolean");
    assert.equal(typeof info.mkldnnAvailable, "boolean");
    if (info.blasLibrary !== "") assert.ok(statSync(info.blasLibrary).isFile());
  });
});

describe("threads", () => {
  it("are set and told", () => {
    const before = numThreads();
    setNumThreads(2);
    assert.equal(numThreads(), 2);
    setNumThreads(1);
    assert.equal(numThreads(), 1);
    setNumThreads(before);
  });

  it("are at least one", () => {
    assert.throws(() => setNumThreads(0), {
      name: "TorchError",
      code: "VALUE",
      message: "the number of threads must be at least 1, found 0",
    });
  });
});

describe("setFlushDenormal()", () => {
  it("makes denormal results zero, where the processor can", (test) => {
    const half = () => tensor([1e-38]).mul(0.5).item();
    assert.ok(half() > 0);
    if (!setFlushDenormal(true)) return test.skip("this processor cannot");
    const flushed = half();
    setFlushDenormal(false);
    assert.equal(flushed, 0);
    assert.ok(half() > 0);
  });
});
