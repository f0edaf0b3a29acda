/**
 * What libtorch's libraries read from the environment once, when they are loaded. Apart from native.ts, so that a thread
 * can set it before it starts the worker that loads them: only the main thread's environment is the process's own.
 */
import { readFileSync } from "node:fs";

/** Sets what is unset; the user's own settings stay. */
export function setNativeDefaults(): void {
  for (const [name, value] of Object.entries(nativeDefaults())) process.env[name] ??= value;
}

/** What {@link setNativeDefaults} sets on this machine, by the variables' names. */
export function nativeDefaults(): Record<string, string> {
  const core = openblasCore();
  return {
    // Threads that spin while they wait slow a step several times over as soon as a neighbour takes a core; sleeping
    // ones cost a quiet machine little.
    OMP_WAIT_POLICY: "PASSIVE",
    // oneDNN keeps a compiled kernel for each shape it meets, 1024 of them by default, and every batch has another shape.
    ONEDNN_PRIMITIVE_CACHE_CAPACITY: "8",
    // c10d warns on standard error of every peer that it loses; those who lose it are told by an error.
    GLOG_minloglevel: "3",
    TORCH_CPP_LOG_LEVEL: "ERROR",
    // OpenBLAS falls back to kernels of 2004 on a processor younger than itself (0.3.21 of Debian 12 does on Sapphire
    // Rapids): matrix products then run at a quarter of their speed. What the processor can do is told by its flags.
    ...(core && { OPENBLAS_CORETYPE: core }),
  };
}

function openblasCore(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  const flags = cpuFlags();
  if (hasAvx512(flags)) return "SkylakeX";
  return flags.has("avx2") && flags.has("fma") ? "Haswell" : undefined;
}

/** Whether the processor has AVX-512 as libraries mean it; false where Linux does not tell. */
export function hasAvx512(flags = cpuFlags()): boolean {
  return flags.has("avx512bw") && flags.has("avx512vl");
}

function cpuFlags(): ReadonlySet<string> {
  try {
    return new Set(/^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.split(" "));
  } catch {
    return new Set();
  }
}
