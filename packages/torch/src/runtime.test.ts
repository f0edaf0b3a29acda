import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { describe, it } from "node:test";
import { hasAvx512 } from "./environment.js";
import {
  bf16Ways,
  callUntyped,
  numThreads,
  ones,
  recordOperators,
  runtimeInfo,
  setFlushDenormal,
  setNumThreads,
  takeBf16Way,
  tensor,
  tidy,
} from "./index.js";

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

describe("setNumThreads()", () => {
  const THREADS = "/proc/self/task";
  /** Of each thread of this process, in the system's ticks. */
  const cpuTimes = () =>
    readdirSync(THREADS).map((thread) => {
      const [, ...fields] = readFileSync(`${THREADS}/${thread}/stat`, "utf8").split(") ").at(-1)!.split(" ");
      return [thread, Number(fields[10])] as const;
    });

  // Whichever compiler made the add-on: a loop that its OpenMP runs by itself, or not at all, would show here.
  it("sets how many threads our own operators run on", { skip: !existsSync(THREADS) && "no /proc" }, () => {
    const threads = numThreads();
    const rows = ones([2000, 4096]);
    const busyThreads = (count: number) => {
      setNumThreads(count);
      const before = new Map(cpuTimes());
      const end = performance.now() + 30_000;
      for (;;) {
        for (let i = 0; i < 5; i++) tidy(() => void callUntyped("deepspeech::dropout", [rows, 0.5]));
        const busy = cpuTimes().filter(([thread, time]) => time - (before.get(thread) ?? 0) >= 3).length;
        if (busy >= count || performance.now() > end) return busy;
      }
    };
    try {
      assert.equal(busyThreads(1), 1);
      assert.equal(busyThreads(2), 2);
    } finally {
      setNumThreads(threads);
    }
  });
});

describe("bf16Ways()", () => {
  const WAYS = ["onednn", "half", "float32"];

  it("tells the ways that this processor has, and takes none that is much slower than another", () => {
    for (const ways of Object.values(bf16Ways())) {
      assert.ok(ways.every(({ way }) => WAYS.includes(way)));
      assert.equal(new Set(ways.map(({ way }) => way)).size, ways.length);
      const [taken, ...others] = ways.map(({ gflops }) => gflops ?? 0);
      // Only a tenth more is worth a change.
      for (const other of others) assert.ok(taken! > other / 1.1 - 1e-9 && other > 0);
    }
  });

  it("gives the ways in any order that is asked for, and no other", (t) => {
    const before = bf16Ways();
    const works = Object.keys(before) as (keyof typeof before)[];
    t.after(() => {
      for (const work of works) takeBf16Way(work, before[work][0]!.way);
    });
    for (const work of works) {
      for (const { way } of before[work]) {
        assert.ok(takeBf16Way(work, way));
        assert.equal(bf16Ways()[work][0]?.way, way);
      }
      const [last] = bf16Ways()[work];
      assert.equal(takeBf16Way(work, "abacus"), false);
      assert.deepEqual(bf16Ways()[work][0], last);
    }
  });

  const inProcess = (DEEPSPEECH_BF16: string, body: string) => {
    const index = JSON.stringify(new URL("index.js", import.meta.url).href);
    const script = `const torch = await import(${index}); ${body}`;
    const env = { ...process.env, DEEPSPEECH_BF16 };
    return spawnSync(process.execPath, ["--input-type=module", "-e", script], { env, encoding: "utf8" });
  };
  const multiply = `
    const layer = new torch.nn.Linear(3, 2);
    torch.autocast("cpu", "bfloat16", () => layer.forward(torch.ones([1, 3])));`;

  it("takes the one that DEEPSPEECH_BF16 names, and refuses one that does not exist or that the processor lacks", () => {
    const lacks = { onednn: "AVX-512", half: "AVX512-FP16", float32: "" };
    for (const [way, instructions] of Object.entries(lacks)) {
      const script = `${multiply} console.log(JSON.stringify(torch.bf16Ways().products));`;
      const { status, stdout, stderr } = inProcess(way, script);
      if (status === 0) assert.deepEqual(JSON.parse(stdout), [{ way }]);
      else assert.match(stderr, new RegExp(`DEEPSPEECH_BF16 is ${way}: this processor has no ${instructions}\n`));
      const isLacking = instructions === "AVX-512" && process.arch === "x64" && !hasAvx512();
      if (way !== "half") assert.equal(status !== 0, isLacking, way);
    }
    const { stderr } = inProcess("int4", multiply);
    assert.match(stderr, /TorchError: DEEPSPEECH_BF16 must be onednn, half or float32, found int4/);
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

describe("recordOperators()", () => {
  const numOf = (names: readonly string[], name: string) => names.filter((each) => each === `aten::${name}`).length;

  it("tells what is called, what that calls, and what a backward pass runs", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const names = recordOperators(() => x.mul(3).sum().backward());
    assert.equal(names[0], "aten::mul");
    const afterSum = names.slice(names.lastIndexOf("aten::sum") + 1);
    assert.ok(numOf(afterSum, "mul") > 0, `no gradient of the product in ${names}`);
    assert.equal(numOf(names, "_local_scalar_dense"), 0);
    const reading = recordOperators(() => void x.sum().item());
    assert.equal(numOf(reading, "_local_scalar_dense"), 1, "item() calls it");
  });

  it("keeps to its body, also within another", () => {
    const x = tensor([1, 2]);
    const run = () => void x.abs();
    const once = recordOperators(run);
    assert.ok(numOf(once, "abs") > 0);
    let inner: string[] = [];
    const outer = recordOperators(() => {
      x.exp();
      inner = recordOperators(run);
      x.neg();
    });
    assert.deepEqual(inner, once);
    assert.deepEqual([numOf(outer, "exp") > 0, numOf(outer, "abs"), numOf(outer, "neg") > 0], [true, 0, true]);
    x.exp();
    assert.deepEqual(recordOperators(run), once);
  });

  it("throws what its body throws, and ends", () => {
    const x = tensor([[1]]);
    const run = () => void x.abs();
    const once = recordOperators(run);
    const failing = () => recordOperators(() => void x.matmul(tensor([[1], [2]])));
    assert.throws(failing, { name: "TorchError", code: "LIBTORCH" });
    const message = "no operator's";
    assert.throws(
      () =>
        recordOperators(() => {
          throw new Error(message);
        }),
      { name: "Error", message },
    );
    assert.deepEqual(recordOperators(run), once);
  });
});
