import assert from "node:assert/strict";
import { test } from "node:test";
import { distributed } from "@deepspeech-ts/torch";
import { doctorLines } from "./doctor.js";
import { bfloat16Features, type Check, originOf, waysLine } from "./doctor-checks.js";
import { checkProcesses } from "./sum-speed.js";

test("each check has a line, its remedy another, and the worst decides the verdict", () => {
  const ok: Check = { name: "Node", status: "ok", found: "20.0.0", level: "use" };
  const warning: Check = {
    ...{ name: "BLAS", status: "warning", found: "libblas.so", remedy: "install OpenBLAS" },
    level: "train",
  };
  const problem: Check = {
    ...{ name: "Native add-on", status: "problem", found: "missing", remedy: "npx deepspeech-ts setup" },
    level: "train",
  };
  assert.deepEqual(doctorLines([ok]), ["✓ Node  20.0.0", "", "Ready to use models and to train them."]);
  assert.deepEqual(doctorLines([ok, warning]), [
    "✓ Node  20.0.0",
    "! BLAS  libblas.so",
    "        → install OpenBLAS",
    "",
    "Ready to use models and to train them, with room for improvement: see ! above.",
  ]);
  assert.deepEqual(doctorLines([warning, problem]), [
    "! BLAS           libblas.so",
    "                 → install OpenBLAS",
    "✗ Native add-on  missing",
    "                 → npx deepspeech-ts setup",
    "",
    "Ready to use models; training needs more: see ✗ above.",
  ]);
  assert.equal(doctorLines([{ ...problem, level: "use" }]).at(-1), "Something essential is broken: see ✗ above.");
});

test("bfloat16 is read from the processor's flags", () => {
  assert.deepEqual(bfloat16Features("model\t: 1\nflags\t\t: fpu avx512f avx512_bf16 amx_bf16\n"), [
    "AVX512-BF16",
    "AMX",
  ]);
  assert.deepEqual(bfloat16Features("flags\t: fpu avx2\nflags\t: avx512_bf16\n"), []);
  assert.deepEqual(bfloat16Features(""), []);
});

test("of the ways to multiply bfloat16 the one taken comes first, and those that were slower behind it", () => {
  assert.equal(waysLine([{ way: "float32" }]), "float32");
  const measured = [
    { way: "onednn", gflops: 926.4 },
    { way: "float32", gflops: 469 },
  ] as const;
  assert.equal(waysLine(measured), "oneDNN at 926 GFLOP/s (float32 at 469 GFLOP/s)");
});

test("libtorch's origin is told by its path", () => {
  const origin = (path: string) => originOf(path).split(" (")[0];
  assert.equal(origin("/usr/lib/x86_64-linux-gnu/libtorch_cpu.so.1.13.0"), "the system's package");
  assert.equal(origin("/usr/lib/python3/dist-packages/torch/lib/libtorch_cpu.so"), "PyTorch for Python's");
  assert.equal(origin("/home/me/libtorch/lib/libtorch_cpu.so"), "PyTorch's own build");
  const keg = "/opt/homebrew/Cellar/pytorch/2.5.1/libexec/lib/python3.13/site-packages/torch";
  assert.equal(origin(`${keg}/lib/libtorch_cpu.dylib`), "Homebrew's");
});

test("processes are joined, and how fast they add up is measured", {
  skip: !distributed.canJoin && "this add-on was built without Gloo",
}, async () => {
  const finding = await checkProcesses(2, undefined);
  assert.deepEqual([finding?.name, finding?.status], ["Processes", "ok"]);
  assert.match(finding?.found ?? "", /^2 add up 57 MB of gradients in \d+ ms, .+B a second, over \S+ \([0-9a-f.:]+\)$/);
});
