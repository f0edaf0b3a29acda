// What the processor and its system can: sets of instructions that go together, and those that not every compiler's
// __builtin_cpu_supports knows by name.
#pragma once

// As libraries mean it: foundation, bytes and words, doublewords and quadwords, and shorter vectors.
bool cpu_has_avx512();
bool cpu_has_amx_bf16();
bool cpu_has_avx512_bf16();
bool cpu_has_avx512_fp16();
