/**
 * What settings of the environment cost. OpenBLAS, oneDNN and libtorch each choose their kernels once, by the processor
 * or by a variable, and a variable that names an older processor halves a training without a word. They are heeded, as
 * all that a user sets; what they cost is measured in two short processes, with them and without.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { nativeDefaults } from "@deepspeech-ts/torch/environment";
import { formatCount } from "./format.js";
import type { MatrixSpeed } from "./matrix-speed.js";

/** Each holds the kernels to a kind of processor, or to a size of cache. */
const VARIABLES = [
  "OPENBLAS_CORETYPE",
  "OPENBLAS_L2_SIZE",
  "ATEN_CPU_CAPABILITY",
  "ONEDNN_MAX_CPU_ISA",
  "DNNL_MAX_CPU_ISA",
  "MKL_ENABLE_INSTRUCTIONS",
];
/** A smaller loss is within what measurements differ by. */
const TELLING_SHARE = 0.1;
const SCRIPT = fileURLToPath(new URL("matrix-speed-process.js", import.meta.url));

export interface SettingsCost {
  /** As `NAME=value`. */
  settings: string[];
  /** With the settings. */
  speed: MatrixSpeed;
  /** Without them. */
  speedWithout: MatrixSpeed;
}

/**
 * A setting that the program would choose itself, or has chosen, costs nothing and is not measured.
 *
 * @param environment the process's own, unless told
 * @param threads of libtorch's; default: its own choice
 * @returns undefined where none of the variables is set, or nothing could be measured
 */
export async function measureSettingsCost(
  environment: NodeJS.ProcessEnv = process.env,
  threads?: number,
): Promise<SettingsCost | undefined> {
  const chosen = nativeDefaults();
  const set = VARIABLES.filter((name) => environment[name] !== undefined && environment[name] !== chosen[name]);
  if (set.length === 0) return undefined;
  const without = Object.fromEntries(Object.entries(environment).filter(([name]) => !set.includes(name)));
  const settings = set.map((name) => `${name}=${environment[name]}`);
  const compare = async (): Promise<SettingsCost> => ({
    settings,
    speed: await measure(environment, threads),
    speedWithout: await measure(without, threads),
  });
  try {
    let cost = await compare();
    // A neighbour's burst must not be blamed on a setting: it costs if it does each time.
    for (let again = 0; again < 2 && settingsCostLine(cost); again++) {
      const next = await compare();
      cost = settingsCostLine(next) ? faster(cost, next) : next;
    }
    return cost;
  } catch {
    // A broken libtorch is told by who needs it.
    return undefined;
  }
}

/** @returns what to tell of settings that cost more than a tenth in either type; undefined where they cost less */
export function settingsCostLine(cost: SettingsCost | undefined): string | undefined {
  if (!cost) return undefined;
  const { settings, speed, speedWithout } = cost;
  const slower = (["float32", "bfloat16"] as const).filter(
    (dtype) => speed[dtype] < speedWithout[dtype] * (1 - TELLING_SHARE),
  );
  if (slower.length === 0) return undefined;
  const each = slower.map(
    (dtype) =>
      `${dtype} ${formatCount(Math.round(speed[dtype]))} GFLOP/s, ${formatCount(Math.round(speedWithout[dtype]))} without`,
  );
  return `${settings.join(" ")} slows this machine's matrix products: ${each.join("; ")}`;
}

async function measure(env: NodeJS.ProcessEnv, threads?: number): Promise<MatrixSpeed> {
  const words = [SCRIPT, ...(threads === undefined ? [] : [String(threads)])];
  const { stdout } = await promisify(execFile)(process.execPath, words, { env });
  return JSON.parse(stdout) as MatrixSpeed;
}

function faster(a: SettingsCost, b: SettingsCost): SettingsCost {
  const best = (key: "speed" | "speedWithout"): MatrixSpeed => ({
    float32: Math.max(a[key].float32, b[key].float32),
    bfloat16: Math.max(a[key].bfloat16, b[key].bfloat16),
  });
  return { settings: a.settings, speed: best("speed"), speedWithout: best("speedWithout") };
}
