// See cpu_features.h. The bits are those of Intel's manual (volume 2, CPUID, leaf 7; volume 1, 13.2: XCR0).
#include "cpu_features.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>

#include <cstdint>

namespace {

struct Leaf {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// All zero where the processor does not know it.
Leaf leaf(uint32_t number, uint32_t sub) {
  Leaf found;
  __get_cpuid_count(number, sub, &found.eax, &found.ebx, &found.ecx, &found.edx);
  return found;
}

bool has_bit(uint32_t bits, int index) { return (bits >> index & 1) != 0; }

// Whether the system saves these registers when it changes between programs.
bool saves(uint32_t registers) {
  if (!has_bit(leaf(1, 0).ecx, 27)) return false;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & registers) == registers;
}

constexpr uint32_t kAvx512State = 0b11100110, kTileState = 0b11 << 17;

}  // namespace

bool cpu_has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}
bool cpu_has_amx_bf16() { return has_bit(leaf(7, 0).edx, 24) && has_bit(leaf(7, 0).edx, 22) && saves(kTileState); }
bool cpu_has_avx512_bf16() { return has_bit(leaf(7, 1).eax, 5) && saves(kAvx512State); }
bool cpu_has_avx512_fp16() { return has_bit(leaf(7, 0).edx, 23) && saves(kAvx512State); }
#else
bool cpu_has_avx512() { return false; }
bool cpu_has_amx_bf16() { return false; }
bool cpu_has_avx512_bf16() { return false; }
bool cpu_has_avx512_fp16() { return false; }
#endif
