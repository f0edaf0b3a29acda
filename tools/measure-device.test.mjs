import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("measure-device.mjs", import.meta.url));

/** @param {string[]} words */
const measureDevice = (...words) => spawnSync(process.execPath, [SCRIPT, ...words], { encoding: "utf8" });

test("a device is compared with the processor, which agrees with itself, and measured", () => {
  const out = mkdtempSync(join(tmpdir(), "deepspeech-device-"));
  try {
    const { status, stdout, stderr } = measureDevice("--device", "cpu", "--small", "--out", out);
    assert.equal(status, 0, stderr);
    const { parity, throughput, profiles } = JSON.parse(readFileSync(join(out, "device.json"), "utf8"));
    const [fp32, bf16] = parity;
    assert.equal(fp32.gradientError, 0);
    // What bfloat16 costs is seen, so that a device that is far off would be.
    assert.ok(bf16.gradientError > 1e-4 && bf16.gradientError === bf16.processorError);
    assert.deepEqual(
      throughput.map((/** @type {any} */ { precision, batch }) => `${precision} ${batch}`),
      ["fp32 1", "fp32 2", "bf16 1", "bf16 2"],
    );
    for (const { operators } of profiles) assert.ok(operators.length > 10);
    assert.match(stdout, /a step in bf16: [\d]+ operators/);
  } finally {
    rmSync(out, { recursive: true });
  }
});

test("a device that is not there is named", () => {
  const { status, stderr } = measureDevice(
    "--device",
    "cuda:77",
    "--small",
    "--out",
    join(tmpdir(), "deepspeech-no-device"),
  );
  assert.equal(status, 1);
  assert.match(stderr, /device cuda:77/);
});
