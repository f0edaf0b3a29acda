/**
 * What using models, and training them, needs of a machine, checked one by one. Nothing here may throw: whatever is broken is a finding.
 *
 * Speed is measured, not guessed from names alone: libtorch's matrix product with the reference BLAS is some forty times
 * slower than with OpenBLAS, and nothing else tells.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { errorMessage } from "@deepspeech-ts/recognizer/system";
import { placeIn } from "@deepspeech-ts/toolkit/internal/training/team/place.js";
import type { Bf16Way } from "@deepspeech-ts/torch";
import { formatBytes, formatCount, formatPlural } from "./format.js";
import { measureSettingsCost, type SettingsCost, settingsCostLine } from "./kernel-settings.js";
import { measureMatrixSpeed } from "./matrix-speed.js";
import { checkProcesses } from "./sum-speed.js";

export interface Finding {
  name: string;
  /** A warning costs speed or comfort; a problem keeps the work from being done. */
  status: "ok" | "warning" | "problem";
  found: string;
  /** What to do about it. */
  remedy?: string;
}

/** Using models (bundles) takes Node and ONNX Runtime; training them, libtorch too. */
export type Level = "use" | "train";

export interface Check extends Finding {
  level: Level;
}

const OLDEST_NODE = 20;
/** Reference BLAS stays below this on any processor, a tuned one above it on any of the last ten years. */
const SLOW_GIGAFLOPS_PER_CORE = 8;
const LEAST_DISK_BYTES = 5e9;
const LEAST_MEMORY_BYTES = 3e9;
const OPENBLAS = "sudo apt-get install libopenblas0-openmp";
const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

/** @param processes how many are to be joined. Default: none */
export async function examineMachine({ processes }: { processes?: number | undefined } = {}): Promise<Check[]> {
  const settings = checkKernelSettings(await measureSettingsCost());
  const forUse = [checkNode(), checkProcessor(), checkMemory(), await checkDisk(), checkOnnxRuntime()];
  const forTraining = [...(await checkLibtorch()), ...settings, ...checkSampleCorpus()];
  const joined = processes === undefined ? undefined : await checkProcesses(processes, placeIn(process.env));
  if (joined) forTraining.push(joined);
  return [...atLevel("use", forUse), ...atLevel("train", forTraining)];
}

function atLevel(level: Level, findings: readonly Finding[]): Check[] {
  return findings.map((finding) => ({ ...finding, level }));
}

function checkNode(): Finding {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= OLDEST_NODE) return { name: "Node", status: "ok", found: node };
  const remedy = `install Node ${OLDEST_NODE} or later from https://nodejs.org`;
  return { name: "Node", status: "problem", found: `${node}, too old`, remedy };
}

/** Cores, and whether the processor multiplies bfloat16 by itself. */
function checkProcessor(): Finding {
  const features = bfloat16Features(existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "");
  const bfloat16 = features.length > 0 ? `bfloat16 by ${features.join(" and ")}` : "no bfloat16";
  const model = cpus()[0]?.model.trim() ?? process.arch;
  return {
    name: "Processor",
    status: "ok",
    found: `${model}, ${formatPlural(availableParallelism(), "core")}, ${bfloat16}`,
  };
}

/** @param cpuinfo Linux's /proc/cpuinfo */
export function bfloat16Features(cpuinfo: string): string[] {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.split(/\s+/));
  const known: [flag: string, name: string][] = [
    ["avx512_bf16", "AVX512-BF16"],
    ["amx_bf16", "AMX"],
  ];
  return known.filter(([flag]) => flags.has(flag)).map(([, name]) => name);
}

function checkMemory(): Finding {
  // A container's limit; without one, Node reports 0 or a number beyond any machine.
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const bytes = Math.min(limit, totalmem());
  const found = formatBytes(bytes);
  if (bytes >= LEAST_MEMORY_BYTES) return { name: "Memory", status: "ok", found };
  const remedy = "train with a smaller --max-batch-seconds and --cache-gigabytes 0";
  return { name: "Memory", status: "warning", found, remedy };
}

async function checkDisk(): Promise<Finding> {
  const folder = process.cwd();
  try {
    const { bavail, bsize } = await statfs(folder);
    const found = `${formatBytes(bavail * bsize)} free in ${folder}`;
    if (bavail * bsize >= LEAST_DISK_BYTES) return { name: "Disk", status: "ok", found };
    const remedy = "checkpoints of the full model take 230 MB a run, LibriSpeech 60 GB: free some space";
    return { name: "Disk", status: "warning", found, remedy };
  } catch (error) {
    return { name: "Disk", status: "warning", found: `unknown: ${errorMessage(error)}` };
  }
}

/** In a process of its own, where loading it can abort nothing else. */
function checkOnnxRuntime(): Finding {
  const name = "ONNX Runtime";
  const script = `const { env } = require("onnxruntime-node"); process.stdout.write(env.versions.common);`;
  const cwd = dirname(fileURLToPath(import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["-e", script], { cwd, encoding: "utf8" });
  if (status === 0) return { name, status: "ok", found: stdout };
  const [reason = "it ended early"] = /^\w*Error: .*$/m.exec(stderr) ?? [];
  const remedy = "ONNXRUNTIME_NODE_INSTALL=skip npm install brings it; it has builds for glibc, macOS and Windows";
  return { name, status: "problem", found: `cannot be loaded: ${reason}`, remedy };
}

type Torch = typeof import("@deepspeech-ts/torch");

/** The add-on, and what it says of libtorch; where it cannot be loaded, that alone. */
async function checkLibtorch(): Promise<Finding[]> {
  let torch: Torch;
  try {
    torch = await import("@deepspeech-ts/torch");
  } catch (error) {
    const remedy = "npx deepspeech-ts setup compiles it (--force --verbose shows every step)";
    return [{ name: "Native add-on", status: "problem", found: errorMessage(error), remedy }];
  }
  const libraries = sharedLibraries();
  const addon = libraries.find((path) => path.endsWith("torch.node")) ?? "loaded";
  return [
    { name: "Native add-on", status: "ok", found: addon },
    describeLibtorch(torch, libraries),
    checkBlas(torch),
    checkBf16(torch),
    checkCuda(torch),
  ];
}

/** Every library that this process has loaded, on any system. */
function sharedLibraries(): string[] {
  const report = process.report.getReport() as { sharedObjects?: string[] };
  return report.sharedObjects ?? [];
}

function describeLibtorch(torch: Torch, libraries: readonly string[]): Finding {
  const library = libraries.find((path) => /libtorch_(cpu|cuda)\b/.test(path));
  const { version, mkldnnAvailable } = torch.runtimeInfo();
  const details = [
    version,
    mkldnnAvailable ? "with oneDNN" : "without oneDNN",
    joiningOf(torch),
    ...(library ? [originOf(realpathSync(library))] : []),
  ];
  return { name: "libtorch", status: "ok", found: details.join(", ") };
}

/** What joins processes, on the processor and on cards. */
function joiningOf({ distributed }: Torch): string {
  if (!distributed.canJoin) return "without Gloo, so that no processes can be joined";
  return distributed.canJoinCards ? "with Gloo and NCCL" : "with Gloo";
}

/** @param library path of libtorch's library */
export function originOf(library: string): string {
  if (/\/Cellar\//.test(library)) return `Homebrew's (${library})`;
  if (/\/(site|dist)-packages\//.test(library)) return `PyTorch for Python's (${library})`;
  if (/^\/usr\/lib\//.test(library)) return `the system's package (${library})`;
  return `PyTorch's own build (${library})`;
}

function checkBlas(torch: Torch): Finding {
  const { blasLibrary } = torch.runtimeInfo();
  const threads = torch.numThreads();
  const speed = measureMatrixSpeed(torch, threads);
  const library = blasLibrary || "libtorch's own";
  const [float32, bfloat16] = [speed.float32, speed.bfloat16].map((gigaflops) => formatCount(Math.round(gigaflops)));
  const found = `${library}: ${float32} GFLOP/s, ${bfloat16} in bfloat16, ${formatPlural(threads, "thread")}`;
  const isReference = /\/blas\/libblas/.test(blasLibrary);
  if (!isReference && speed.float32 >= SLOW_GIGAFLOPS_PER_CORE * threads) return { name: "BLAS", status: "ok", found };
  if (isReference) {
    const remedy = `this is the reference BLAS, tens of times slower than OpenBLAS: ${OPENBLAS}`;
    return { name: "BLAS", status: "warning", found, remedy };
  }
  const remedy = "slow for so many threads: is the machine busy, or OMP_NUM_THREADS above its cores?";
  return { name: "BLAS", status: "warning", found, remedy };
}

/** How a training with --precision bf16 multiplies on this processor. */
function checkBf16({ bf16Ways }: Torch): Finding {
  const name = "bfloat16";
  try {
    const { products, convolutions, recurrences } = bf16Ways();
    const found = `matrices by ${waysLine(products)}; convolutions by ${waysLine(convolutions)}; a GRU's steps by ${waysLine(recurrences)}`;
    return { name, status: "ok", found };
  } catch (error) {
    return { name, status: "problem", found: errorMessage(error), remedy: "unset DEEPSPEECH_BF16" };
  }
}

/** @returns the way taken, and in brackets those that were slower */
export function waysLine(ways: readonly Bf16Way[]): string {
  const [taken, ...slower] = ways.map(({ way, gflops }) => {
    const name = way === "onednn" ? "oneDNN" : way;
    return gflops === undefined ? name : `${name} at ${formatCount(Math.round(gflops))} GFLOP/s`;
  });
  return slower.length === 0 ? `${taken}` : `${taken} (${slower.join(", ")})`;
}

/** Nothing where no variable holds the kernels back, or none was asked to. */
function checkKernelSettings(cost: SettingsCost | undefined): Finding[] {
  if (!cost) return [];
  const slow = settingsCostLine(cost);
  const name = "Environment";
  if (!slow) return [{ name, status: "ok", found: `${cost.settings.join(" ")}, which costs no speed` }];
  const names = cost.settings.map((setting) => setting.split("=")[0]).join(" ");
  return [{ name, status: "warning", found: slow, remedy: `unset ${names}` }];
}

/** @returns a warning where the machine has a GPU that this libtorch cannot use */
function checkCuda(torch: Torch): Finding {
  if (torch.runtimeInfo().cudaAvailable)
    return { name: "CUDA", status: "ok", found: "available: train with --device cuda" };
  if (!existsSync("/proc/driver/nvidia/version"))
    return { name: "CUDA", status: "ok", found: "no NVIDIA GPU; training runs on the CPU" };
  const remedy = "LIBTORCH_VARIANT=cuda npx deepspeech-ts setup finds or downloads one that can";
  return { name: "CUDA", status: "warning", found: "an NVIDIA GPU is here, but this libtorch cannot use it", remedy };
}

/** Nothing where this is no checkout of the repository. */
function checkSampleCorpus(): Finding[] {
  if (!existsSync(join(REPOSITORY, "sample-corpus"))) return [];
  const folder = join(REPOSITORY, "sample-corpus");
  const parts = ["train", "dev", "test"].filter((name) => !existsSync(join(folder, name)));
  if (parts.length === 0) return [{ name: "Sample corpus", status: "ok", found: folder }];
  const found = `${folder} lacks ${parts.join(", ")}`;
  const remedy = "only the quickstart needs it; git checkout -- sample-corpus brings it back";
  return [{ name: "Sample corpus", status: "warning", found, remedy }];
}
