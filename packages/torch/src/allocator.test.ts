/** Memory of large tensors (native/cpu_allocator.cc): used again, aligned, and given back in the end. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { describe, it } from "node:test";
import { full, tidy, zeros } from "./index.js";

const MEGABYTE = 2 ** 20;

function residentMegabytes(): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
}

/** Whether the kernel promises memory that it has not. */
const overcommits = () => readFileSync("/proc/sys/vm/overcommit_memory", "utf8").trim() === "1";

/** A tensor of so many megabytes, written to. */
const ofMegabytes = (megabytes: number) => full([(megabytes * MEGABYTE) / 4], 1);

describe("memory of large tensors", { skip: process.platform !== "linux" }, () => {
  const atFirst = residentMegabytes();

  it("is used again: many tensors one after another take the memory of one", () => {
    tidy(() => void ofMegabytes(64));
    const before = residentMegabytes();
    for (let i = 0; i < 50; i++) tidy(() => void ofMegabytes(60 + (i % 4)));
    assert.ok(residentMegabytes() - before < 64, `${residentMegabytes() - before} MB more`);
  });

  it("is given back where sizes change: what waits is bounded by what was in use at once", () => {
    tidy(() => void ofMegabytes(200));
    const before = residentMegabytes();
    for (let megabytes = 200; megabytes > 20; megabytes -= 7) tidy(() => void ofMegabytes(megabytes));
    assert.ok(residentMegabytes() - before < 100, `${residentMegabytes() - before} MB more`);
  });

  it("joins what is free: where many small tensors were, a large one is", () => {
    tidy(() => void Array.from({ length: 240 }, () => ofMegabytes(1)));
    const before = residentMegabytes();
    tidy(() => void ofMegabytes(230));
    assert.ok(residentMegabytes() - before < 64, `${residentMegabytes() - before} MB more`);
  });

  it("gives back the gaps that nothing fits, and no byte of what lies between them", () => {
    tidy(() => {
      const tensors = Array.from({ length: 40 }, (_, i) => full([(10 * MEGABYTE) / 4], i));
      for (const [i, tensor] of tensors.entries()) if (i % 2 === 1) tensor.dispose();
      for (let i = 0; i < 5; i++) ofMegabytes(40);
      // 400 MB were in use at once; without giving back it would be 600.
      assert.ok(residentMegabytes() - atFirst < 540, `${residentMegabytes() - atFirst} MB more`);
      for (let i = 0; i < 40; i += 2) assert.deepEqual([tensors[i]!.min().item(), tensors[i]!.max().item()], [i, i]);
    });
  });

  it("refuses what the machine has no memory for, and does not die of it", { skip: overcommits() }, () => {
    assert.throws(() => zeros([Math.ceil(totalmem() / 2)]), /can't allocate memory/);
  });

  it("is zero where zeros are asked for, however often it was used", () => {
    for (let i = 0; i < 3; i++) {
      tidy(() => void ofMegabytes(3));
      tidy(() =>
        assert.equal(
          zeros([(3 * MEGABYTE) / 4])
            .abs()
            .max()
            .item(),
          0,
        ),
      );
    }
  });

  it("holds tensors of all sizes around the border between malloc and blocks", () => {
    for (const bytes of [0, 4, 256 * 1024 - 4, 256 * 1024, 256 * 1024 + 4, 2 * MEGABYTE - 4, 2 * MEGABYTE + 4]) {
      tidy(() =>
        assert.equal(
          full([bytes / 4], 2)
            .sum()
            .item(),
          bytes / 2,
        ),
      );
    }
  });
});
