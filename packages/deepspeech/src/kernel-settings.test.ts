import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { nativeDefaults } from "@deepspeech-ts/torch/environment";
import { measureSettingsCost, settingsCostLine } from "./kernel-settings.js";

const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...environment } = process.env;
const hasAvx512 = existsSync("/proc/cpuinfo") && /^flags\b.*\bavx512vl\b/m.test(readFileSync("/proc/cpuinfo", "utf8"));

test("where nothing is set but what the program chooses itself, nothing is measured", async () => {
  assert.equal(await measureSettingsCost({ PATH: environment.PATH }), undefined);
  assert.equal(await measureSettingsCost({ ...nativeDefaults(), PATH: environment.PATH }), undefined);
});

// Prescott's kernels add and multiply 4 numbers at a time, and AVX-512's 16: no neighbour's load makes up for that.
test("kernels of an older processor are told with both speeds", { skip: !hasAvx512 && "no AVX-512" }, async () => {
  const cost = await measureSettingsCost({ ...environment, OPENBLAS_CORETYPE: "Prescott" }, 1);
  assert.ok(cost);
  assert.ok(cost.speed.float32 > 0 && cost.speed.bfloat16 > 0);
  assert.match(
    settingsCostLine(cost) ?? "",
    /^OPENBLAS_CORETYPE=Prescott slows this machine's matrix products: float32 [\d,]+ GFLOP\/s, [\d,]+ without/,
  );
});

test("less than a tenth is not told, in either type", () => {
  const speed = { float32: 95, bfloat16: 200 };
  const settings = ["OPENBLAS_CORETYPE=Haswell", "OPENBLAS_L2_SIZE=512"];
  assert.equal(settingsCostLine(undefined), undefined);
  assert.equal(settingsCostLine({ settings, speed, speedWithout: { float32: 100, bfloat16: 180 } }), undefined);
  assert.equal(
    settingsCostLine({ settings, speed, speedWithout: { float32: 100, bfloat16: 1600 } }),
    "OPENBLAS_CORETYPE=Haswell OPENBLAS_L2_SIZE=512 slows this machine's matrix products: " +
      "bfloat16 200 GFLOP/s, 1,600 without",
  );
});
