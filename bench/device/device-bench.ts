/**
 * A device on which nothing has run yet: whether it computes what the processor does, how fast it trains by the size of
 * its batches, and how many operators and waits a step is made of. `node tools/measure-device.mjs` runs it after the set-up,
 * and the comparison with PyTorch behind it.
 *
 *     node build/bench/device/device-bench.js [--device cuda] [--small] [--json FILE]
 *
 * Ends with status 1 where the device does not agree with the processor.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { checkDevice } from "@deepspeech-ts/toolkit/acoustic-model";
import { agrees, measureParity, type Parity } from "./parity.js";
import { measureThroughput, type Profile, profileStep, type Throughput } from "./speed.js";

const SHOWN_OPERATORS = 8;

const { values } = parseArgs({
  options: {
    device: { type: "string", default: "cuda" },
    small: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const { device, small } = values;
try {
  checkDevice(device);
} catch (error) {
  console.error((error as Error).message);
  process.exit(2);
}

const percent = (share: number) => `${(100 * share).toFixed(3)}%`;
const parity: Parity[] = [];
for (const each of measureParity(device, small)) {
  parity.push(each);
  const { precision, lossError, gradientError, worst, processorError } = each;
  console.log(
    `${precision} on ${device}: loss ${percent(lossError)} and gradients ${percent(gradientError)} from the processor's in fp32 ` +
      `(the processor's own ${precision}: ${percent(processorError)}); most of it ${worst.name}, ${percent(worst.error)}` +
      `${agrees(each) ? "" : ": TOO FAR"}`,
  );
}

const throughput: Throughput[] = [];
for (const each of measureThroughput(device, small)) {
  if (typeof each === "string") console.log(each);
  else {
    throughput.push(each);
    const { precision, batch, seconds, stepMs } = each;
    const size = `${batch} × ${seconds} s`;
    console.log(
      `${precision}, ${size}: ${stepMs.toFixed(0)} ms a step, ${each.throughput.toFixed(0)} s of sound a second`,
    );
  }
}

const profiles: Profile[] = (["fp32", "bf16"] as const).map((precision) => profileStep(device, precision, small));
for (const { precision, operators, waits } of profiles) {
  const total = operators.reduce((sum, [, count]) => sum + count, 0);
  const most = operators.slice(0, SHOWN_OPERATORS).map(([name, count]) => `${name.replace("aten::", "")} ${count}`);
  console.log(`a step in ${precision}: ${total} operators, ${waits} waits; most often ${most.join(", ")}`);
}

if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ device, parity, throughput, profiles }, null, 2)}\n`);
}
if (!parity.every(agrees)) process.exitCode = 1;
