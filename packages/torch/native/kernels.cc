// Chooses the kernels for the processor at hand, or lower ones where libtorch's own ATEN_CPU_CAPABILITY asks for them.
#include "kernels.h"

#include <cstdlib>
#include <cstring>

#include "amx_kernels.h"
#include "bf16_way.h"
#include "cpu_features.h"
#include "dot_kernels.h"
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
  if (!up_to_avx2 && cpu_has_avx512()) return kernels_avx512();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kernels_avx2();
#endif
  return kernels_baseline();
}

bool set_half_product(GruKernels<Bf16>& kernels) {
  const HalfKernels* const half = half_kernels();
  if (half == nullptr) return false;
  kernels.panel_columns = half->columns;
  kernels.multiply = half->multiply_step;
  kernels.prepare = half->to_halves;
  return true;
}

// A GRU's steps in bfloat16, with their products made that way. Where it is forced on a processor that lacks it, they are tried as
// near to it as can be, or stay float32's: layers (bf16_product.cc) say so.
GruKernels<Bf16> multiplying_by(Bf16Way way) {
  GruKernels<Bf16> chosen = kernels().gru_bf16;
  if (way == Bf16Way::kOneDnn) set_amx_product(chosen) || set_dot_product(chosen, true);
  if (way == Bf16Way::kHalf) set_half_product(chosen);
  return chosen;
}

// Nothing else comes near AMX.
std::vector<Bf16Way> recurrence_candidates() {
  GruKernels<Bf16> tried = kernels().gru_bf16;
  if (set_amx_product(tried)) return {Bf16Way::kOneDnn};
  std::vector<Bf16Way> candidates;
  if (set_dot_product(tried)) candidates.push_back(Bf16Way::kOneDnn);
  if (set_half_product(tried)) candidates.push_back(Bf16Way::kHalf);
  candidates.push_back(Bf16Way::kFloat32);
  return candidates;
}

}  // namespace

bool has_amx() {
  const char* const most = std::getenv("ONEDNN_MAX_CPU_ISA");
  const bool is_forbidden = most != nullptr && std::strncmp(most, "AVX", 3) == 0 && std::strstr(most, "AMX") == nullptr;
  return !is_forbidden && cpu_has_amx_bf16();
}

const Kernels& kernels() {
  static const Kernels& best = best_kernels();
  return best;
}

const Bf16Ways& bf16_recurrence_ways() {
  static const Bf16Ways ways = [] {
    constexpr int64_t kRows = 8, kHidden = 512, kColumns = 3 * kHidden;
    const std::vector<float> states(kRows * kHidden);
    const std::vector<Bf16> weights(kHidden * kColumns);
    std::vector<float> sums(kRows * kColumns);
    return choose_way(recurrence_candidates(), 2.0 * kRows * kHidden * kColumns, [&](Bf16Way way) {
      multiplying_by(way).multiply(kRows, kColumns, kHidden, states.data(), weights.data(), sums.data(), false, false);
    });
  }();
  return ways;
}

const GruKernels<Bf16>& bf16_gru_kernels() {
  static const GruKernels<Bf16> onednn = multiplying_by(Bf16Way::kOneDnn), half = multiplying_by(Bf16Way::kHalf),
                                float32 = multiplying_by(Bf16Way::kFloat32);
  switch (way_of(Bf16Work::kRecurrences)) {
    case Bf16Way::kOneDnn: return onednn;
    case Bf16Way::kHalf: return half;
    default: return float32;
  }
}
