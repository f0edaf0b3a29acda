/** What the tests of our own operators share: leaves, closeness, and a run on each instruction set. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Tensor } from "../tensor.js";

export function leaf(made: Tensor): Tensor {
  const detached = made.detach();
  detached.requiresGrad = true;
  return detached;
}

/** The largest difference of each pair, over the largest value of its second, or 1 where that is smaller. */
function differences(found: Tensor[], expected: Tensor[]): number[] {
  return found.map((a, i) => {
    const b = expected[i]!.to("float32");
    assert.deepEqual(a.shape, b.shape);
    if (b.numel === 0) return 0;
    return a.to("float32").sub(b).abs().max().item() / Math.max(1, b.abs().max().item());
  });
}

export function assertClose(found: Tensor[], expected: Tensor[], tolerance: number): void {
  differences(found, expected).forEach((difference, i) => {
    assert.ok(difference <= tolerance, `result ${i} differs by ${difference}`);
  });
}

/** libtorch's own switch, and oneDNN's, without AMX. */
const LOWER_INSTRUCTION_SETS: readonly [variable: string, value: string][] = [
  ["ATEN_CPU_CAPABILITY", "default"],
  ["ATEN_CPU_CAPABILITY", "avx2"],
  ["ATEN_CPU_CAPABILITY", "avx512"],
  ["ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16"],
];

/** Runs a test file once more for each lower instruction set of this processor, in a process of its own. */
export function passesOnEveryInstructionSet(url: string): void {
  const isLowered = LOWER_INSTRUCTION_SETS.some(([variable]) => process.env[variable] !== undefined);
  describe("every instruction set", { skip: isLowered }, () => {
    for (const [variable, value] of LOWER_INSTRUCTION_SETS) {
      it(`passes these tests: ${variable}=${value}`, () => {
        const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
        execFileSync(process.execPath, ["--test", fileURLToPath(url)], { env: { ...environment, [variable]: value } });
      });
    }
  });
}
