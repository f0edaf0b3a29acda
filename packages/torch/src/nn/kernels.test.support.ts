/** What the tests of our own operators share: leaves, closeness, and a run on each way to compute. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { hasAvx512 } from "../environment.js";
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

type Way = readonly [variable: string, value: string];

/** Libraries end the process, or say so themselves, where they are told to use instructions that the processor lacks. */
const needingAvx512 = (...ways: readonly Way[]): readonly Way[] => (hasAvx512() ? ways : []);

/** libtorch's own switch. */
export const INSTRUCTION_SETS: readonly Way[] = [
  ["ATEN_CPU_CAPABILITY", "default"],
  ["ATEN_CPU_CAPABILITY", "avx2"],
  ...needingAvx512(["ATEN_CPU_CAPABILITY", "avx512"]),
];
/** oneDNN's, without AMX, and our own for bfloat16; "half" runs on few processors, and has tests of its own. */
const OTHER_PRODUCTS: readonly Way[] = [
  ["ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16"],
  ...needingAvx512(["DEEPSPEECH_BF16", "onednn"]),
  ["DEEPSPEECH_BF16", "float32"],
];

/**
 * Runs a test file once more for each other way to compute on this processor, in a process of its own.
 *
 * @param ways those that change what is tested. Default: all.
 */
export function passesOnEveryWay(url: string, ways: readonly Way[] = [...INSTRUCTION_SETS, ...OTHER_PRODUCTS]): void {
  const isOther = ways.some(([variable]) => process.env[variable] !== undefined);
  describe("every way to compute", { skip: isOther }, () => {
    for (const [variable, value] of ways) {
      it(`passes these tests: ${variable}=${value}`, () => {
        const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
        execFileSync(process.execPath, ["--test", fileURLToPath(url)], { env: { ...environment, [variable]: value } });
      });
    }
  });
}
