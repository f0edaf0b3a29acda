// Chooses the kernels for the processor at hand, or lower ones where libtorch's own ATEN_CPU_CAPABILITY asks for them.
#include "gru_kernels.h"

#include <cstdlib>
#include <cstring>

template <class Element>
const GruKernels<Element>& gru_kernels_baseline();
template <class Element>
const GruKernels<Element>& gru_kernels_avx2();
template <class Element>
const GruKernels<Element>& gru_kernels_avx512();

namespace {

enum class Target { kBaseline, kAvx2, kAvx512 };

Target best_target() {
#ifdef GRU_X86_KERNELS
  const char* asked = std::getenv("ATEN_CPU_CAPABILITY");
  const bool up_to_avx2 = asked != nullptr && std::strcmp(asked, "avx2") == 0;
  if (asked != nullptr && std::strcmp(asked, "default") == 0) return Target::kBaseline;
  if (!up_to_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) return Target::kAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Target::kAvx2;
#endif
  return Target::kBaseline;
}

}  // namespace

template <class Element>
const GruKernels<Element>& gru_kernels() {
  static const Target target = best_target();
#ifdef GRU_X86_KERNELS
  if (target == Target::kAvx512) return gru_kernels_avx512<Element>();
  if (target == Target::kAvx2) return gru_kernels_avx2<Element>();
#endif
  return gru_kernels_baseline<Element>();
}

template const GruKernels<float>& gru_kernels<float>();
template const GruKernels<Bf16>& gru_kernels<Bf16>();
