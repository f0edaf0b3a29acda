// Chooses the kernels for the processor at hand, or lower ones where libtorch's own ATEN_CPU_CAPABILITY asks for them.
#include "kernels.h"

#include <cstdlib>
#include <cstring>

#include "amx_kernels.h"
#include "cpu_features.h"
#include "half_kernels.h"

const Kernels& kernels_baseline();
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();

namespace {

const Kernels& best_kernels() {
#ifdef X86_KERNELS
  const char* asked = std::getenv("ATEN_CPU_CAPABILITY");
  const bool up_to_avx2 = asked != nullptr && std::strcmp(asked, "avx2") == 0;
  if (asked != nullptr && std::strcmp(asked, "default") == 0) return kernels_baseline();
  if (!up_to_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) return kernels_avx512();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kernels_avx2();
#endif
  return kernels_baseline();
}

// A GRU in bfloat16 multiplies by AMX, or else in half precision, where the processor has such arithmetic.
Kernels with_own_products(Kernels chosen) {
  const HalfKernels* const half = half_kernels();
  if (set_amx_product(chosen.gru_bf16) || half == nullptr) return chosen;
  chosen.gru_bf16.panel_columns = half->columns;
  chosen.gru_bf16.multiply = half->multiply_step;
  chosen.gru_bf16.prepare = half->to_halves;
  return chosen;
}

}  // namespace

bool has_amx() {
  const char* const most = std::getenv("ONEDNN_MAX_CPU_ISA");
  const bool is_forbidden = most != nullptr && std::strncmp(most, "AVX", 3) == 0 && std::strstr(most, "AMX") == nullptr;
  return !is_forbidden && cpu_has_amx_bf16();
}

const Kernels& kernels() {
  static const Kernels best = with_own_products(best_kernels());
  return best;
}
